/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/base.h - the few compiler facts every other header needs.
 *
 * All use of GNU attributes and extensions is behind the macros of this file, so that another
 * compiler is a change here and nowhere else.                                                */
#ifndef TUTTI_CORE_BASE_H
#define TUTTI_CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TUTTI_VERSION "0.1.0"

#ifdef __cplusplus
#define TUTTI_BEGIN         extern "C" {
#define TUTTI_END           }
#define TUTTI_STATIC_ASSERT static_assert
#define TUTTI_ATOMIC(type)  type /* of the same size; C++ leaves it alone */
#else
#define TUTTI_BEGIN
#define TUTTI_END
#define TUTTI_STATIC_ASSERT _Static_assert
#define TUTTI_ATOMIC(type)  _Atomic(type)
#endif

/* The library is built with hidden visibility; this marks what users may call. */
#define TUTTI_API      __attribute__((visibility("default")))
#define TUTTI_MUST_USE __attribute__((warn_unused_result))
#define TUTTI_NORETURN __attribute__((noreturn))
/* An address on the stack that the calling function stands on. */
#define TUTTI_FRAME ((const char *)__builtin_frame_address(0))
/* A thread-local that needs no call to find, in a shared library either. */
#define TUTTI_FAST_TLS            __attribute__((tls_model("initial-exec")))
#define TUTTI_COLD                __attribute__((cold, noinline))
#define TUTTI_NOINLINE            __attribute__((noinline))
#define TUTTI_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define TUTTI_CLEANUP(function)   __attribute__((cleanup(function)))

/* What a public function may do to the calling task. Each one statically does or does not:
 *   TUTTI_CHECKPOINT  other tasks may run, and TUTTI_ECANCELED may come back;
 *   TUTTI_SCHEDULES   other tasks may run, but it is never the source of a cancellation;
 *   TUTTI_CANCELS     TUTTI_ECANCELED may come back; other tasks run only if it does.
 * A function without a mark never lets another task run.                                     */
#define TUTTI_CHECKPOINT TUTTI_API TUTTI_MUST_USE
#define TUTTI_SCHEDULES  TUTTI_API
#define TUTTI_CANCELS    TUTTI_API TUTTI_MUST_USE

#define TUTTI_LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define TUTTI_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
/* Has the line of the cache at this address fetched, a pointer or a number; any will do. (Without
 * the asm gcc leaves out functions that do nothing else.)                                        */
#define TUTTI_FETCH(address)                                                                       \
    do {                                                                                           \
        __builtin_prefetch((const void *)(uintptr_t)(address));                                    \
        __asm__ volatile("");                                                                      \
    } while (0)

/* The struct of which `pointer` points to `member`. */
#define TUTTI_CONTAINER(pointer, type, member)                                                     \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* A place in the user's source. Always static: events and errors keep pointers to it. */
struct tutti_site {
    const char *file;
    uint32_t line;
    const char *function;
};

/* The place where this macro is written. (The pointer in between: clang 14 makes the static all
 * zeros when its address is taken directly inside the initializer of a struct.)                 */
#define TUTTI_HERE                                                                                 \
    (__extension__({                                                                               \
        static const struct tutti_site tutti_here_ = {__FILE__, __LINE__, __func__};               \
        const struct tutti_site *tutti_here_p_ = &tutti_here_;                                     \
        tutti_here_p_;                                                                             \
    }))

/* "No deadline", and the largest time there is: times saturate here. */
#define TUTTI_NEVER INT64_MAX
/* An effective deadline that has passed because the scope is cancelled. */
#define TUTTI_ALREADY INT64_MIN

#define TUTTI_US INT64_C(1000)
#define TUTTI_MS INT64_C(1000000)
#define TUTTI_S  INT64_C(1000000000)

#endif
