/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/track_names.h - included before everything else in tracked objects (-include): what they call
 * by these names is sim/track's, also where the compiler makes the call by itself. It says so to
 * the assembler, because a macro does not reach calls that are nowhere in the source. clang's own
 * assembler takes it for none of them at -O0 (it does from -O1 on): -fno-integrated-as has another
 * one do it. What is left is listed as unseen.                                                   */
#ifndef TUTTI_SIM_TRACK_NAMES_H
#define TUTTI_SIM_TRACK_NAMES_H

/* TUTTI_TRACK_NAME(name): one function of the C library that is seen. */
#define TUTTI_TRACK_NAMES                                                                          \
    TUTTI_TRACK_NAME(memcpy) \
    TUTTI_TRACK_NAME(memmove) \
    TUTTI_TRACK_NAME(memset) \
    TUTTI_TRACK_NAME(memcmp) \
    TUTTI_TRACK_NAME(memchr) \
    TUTTI_TRACK_NAME(strlen) \
    TUTTI_TRACK_NAME(strnlen) \
    TUTTI_TRACK_NAME(strcpy) \
    TUTTI_TRACK_NAME(strncpy) \
    TUTTI_TRACK_NAME(strcat) \
    TUTTI_TRACK_NAME(strncat) \
    TUTTI_TRACK_NAME(strcmp) \
    TUTTI_TRACK_NAME(strncmp) \
    TUTTI_TRACK_NAME(strchr) \
    TUTTI_TRACK_NAME(strrchr) \
    TUTTI_TRACK_NAME(strstr) \
    TUTTI_TRACK_NAME(stpcpy) \
    TUTTI_TRACK_NAME(bcmp)

#define TUTTI_TRACK_NAME(name) __asm__(".set " #name ", tutti_track_" #name);
TUTTI_TRACK_NAMES
#undef TUTTI_TRACK_NAME

#endif
