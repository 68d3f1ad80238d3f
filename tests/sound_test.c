/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* 500 small programs: dpor finds every trace that there is (tests/sound.h). */
#include "sound.h"

enum { SOUND_PROGRAMS = 500 };

#include "sound_families.h"
