/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* 5,000 small programs: dpor finds every trace that there is (tests/sound.h). */
#include "sound.h"

enum { SOUND_PROGRAMS = 5000 };

#include "sound_families.h"
