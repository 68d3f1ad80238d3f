/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "track_load.h"

void TRACK_LOAD(volatile long *words, size_t count, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        for (size_t at = 0; at < count; at++)
            words[at] += 1;
    }
}
