/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/sanitize_priv.h - telling AddressSanitizer and valgrind about stacks they did not make.
 *
 * All of it is nothing in a plain build. Not a public header.                                   */
#ifndef TUTTI_CORE_SANITIZE_PRIV_H
#define TUTTI_CORE_SANITIZE_PRIV_H

#include "tutti/core/base.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZE_ADDRESS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZE_ADDRESS 1
#endif
#endif

#ifdef SANITIZE_ADDRESS
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif

/* Memory that will be used as a stack again: frames that were dropped left red zones in it. */
static inline void sanitize_stack_reset(void *low, size_t size)
{
#ifdef SANITIZE_ADDRESS
    __asan_unpoison_memory_region(low, size);
#endif
    (void)low, (void)size;
}

/* Memory that is used as a stack from now on. */
static inline void sanitize_stack_new(void *low, void *high)
{
#ifdef VALGRIND_STACK_REGISTER
    (void)VALGRIND_STACK_REGISTER(low, high);
#endif
    (void)low, (void)high;
}

/* Does this run in valgrind, which complains at length of system calls it does not know? */
static inline bool sanitize_valgrind(void)
{
#ifdef RUNNING_ON_VALGRIND
    return RUNNING_ON_VALGRIND != 0;
#else
    return false;
#endif
}

/* Around a switch of stacks. `fake` keeps the left stack's shadow; NULL: it will not come back. */
static inline void sanitize_switch_begin(void **fake, const void *low, size_t size)
{
#ifdef SANITIZE_ADDRESS
    __sanitizer_start_switch_fiber(fake, low, size);
#endif
    (void)fake, (void)low, (void)size;
}

static inline void sanitize_switch_end(void *fake, const void **low, size_t *size)
{
#ifdef SANITIZE_ADDRESS
    __sanitizer_finish_switch_fiber(fake, low, size);
#endif
    (void)fake, (void)low, (void)size;
}

#endif
