/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/async.h - functions that promise to be checkpoints.
 *
 * Whoever calls a function that may wait relies on it: each call that succeeds lets other tasks run
 * and notices a cancellation (Trio's rule for its own functions). A function that sometimes returns
 * early, from a cache say, breaks it where no reader looks: a loop around it is never cancelled.
 * TUTTI_ASYNC as the first line of such a function has its calls looked at while somebody audits
 * (instruments/audit.h, `tutti explore --audit`); else it costs a test.
 *
 *     static int cache_get(struct cache *cache, int key)
 *     {
 *         TUTTI_ASYNC;
 *         ...
 *
 * For functions that return int, once in each, on x86-64 and AArch64. The result is seen by
 * returning through code of tutti's: the cleanup of TUTTI_ASYNC, which runs last, puts that code's
 * address in the place of the caller's. So a call is not seen if the compiler aligns the function's
 * whole stack frame anew (locals of more than 16 bytes' alignment), and it must not be audited
 * where the processor guards return addresses (shadow stacks).                                  */
#ifndef TUTTI_CORE_ASYNC_H
#define TUTTI_CORE_ASYNC_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* A call of an audited function, on its own stack. */
struct tutti_async {
    void **back;               /* where its return address is; NULL: nobody audits */
    uint64_t cancel, schedule; /* the task's points when it began */
    const struct tutti_site *site;
    int never; /* 0 */
};

/* The calling function's calls are audited. (The label's address in a static variable keeps
 * compilers from inlining the function, whose frame would be its caller's then. The return that
 * never happens keeps them from leaving the result out because callers know it.)                */
#define TUTTI_ASYNC                                                                                \
    __extension__ static const void *const tutti_async_start_ __attribute__((used)) =              \
        &&tutti_async_label_;                                                                      \
    tutti_async_label_:                                                                            \
    __attribute__((unused));                                                                       \
    struct tutti_async tutti_async_ __attribute__((unused)) TUTTI_CLEANUP(tutti_async_leave) =     \
        tutti_async_enter(TUTTI_HERE, (void **)__builtin_frame_address(0));                        \
    if (TUTTI_UNLIKELY(tutti_async_.never)) return tutti_async_.never

/* Core's own: the begin of an audited call and its end. Neither is a checkpoint. */
TUTTI_API struct tutti_async tutti_async_enter(const struct tutti_site *site, void **frame);
TUTTI_API void tutti_async_leave(struct tutti_async *call);

TUTTI_END
#endif
