/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/finish.h - ask for an end before cancelling: soft cancellation.
 *
 * A scope can be asked to finish, with a grace time. What is inside learns of it and brings its
 * work to a good end; what has not ended when the grace time is over is cancelled. Asking is a
 * level that goes down the tree of scopes, and stops at shields, as a cancellation does. It ends no
 * wait by itself, except inside scopes that opted in: a soft scope is cancelled, with
 * TUTTI_CANCEL_FINISH, as soon as what it is inside of is asked to finish. So "wait for the next
 * client" stands in a soft scope and "serve this client" does not.
 *
 * Exactly: tutti_scope_finish(scope, grace_ns) sets scope->asked and moves scope's deadline to
 * grace_ns from now, unless it is earlier already. scope->finishing holds when the scope was asked
 * or, unless it is shielded, when the scope around it is finishing. A soft scope that becomes
 * finishing, or a finishing one that becomes soft, is cancelled at once. There is no way back: an
 * asked scope stays asked, a scope that was ended so stays cancelled. A deadline that was moved by
 * asking cancels with TUTTI_CANCEL_GRACE in the name of who asked; setting it anew, to give more
 * time, makes it an ordinary deadline.                                                           */
#ifndef TUTTI_CORE_FINISH_H
#define TUTTI_CORE_FINISH_H

#include "tutti/core/scope.h"

TUTTI_BEGIN

/* Asks what is inside an open scope to finish within grace_ns (0: it is cancelled at the next pass;
 * TUTTI_NEVER: it is never cancelled for that). From any task, any number of times: the first asker
 * is who asked, and the earliest deadline holds. Tasks that wait in soft scopes inside are taken
 * out of their queues before it returns. Asking a closed or cancelled scope does nothing. Returns
 * 0, TUTTI_EINVALID when grace_ns is negative, or TUTTI_ESTATE when the scope is yet to be entered.
 * Not a checkpoint.                                                                             */
#define tutti_scope_finish(scope, grace_ns) tutti_scope_finish_at(scope, grace_ns, TUTTI_HERE)
/* The same for all members of a nursery. */
#define tutti_nursery_finish(nursery, grace_ns)                                                    \
    tutti_scope_finish_at(&(nursery)->scope, grace_ns, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_scope_finish_at(struct tutti_scope *scope, int64_t grace_ns,
                                                   const struct tutti_site *site);

/* Opts in, or out again: being asked to finish cancels this scope. Before its entry or while it is
 * open. Not a checkpoint.                                                                       */
#define tutti_scope_set_soft(scope, soft) tutti_scope_set_soft_at(scope, soft, TUTTI_HERE)
TUTTI_API void tutti_scope_set_soft_at(struct tutti_scope *scope, bool soft,
                                       const struct tutti_site *site);

/* Is the calling task asked to finish? Not a checkpoint. */
#define tutti_finishing() tutti_finishing_at(TUTTI_HERE)
TUTTI_API bool tutti_finishing_at(const struct tutti_site *site);

/* Runs fn(arg) in a soft scope. Returns what fn returned, or 0 when it was ended because it was
 * asked to finish (tutti_finishing() tells). As much a checkpoint as fn is. TUTTI_EINVALID when fn
 * is NULL, TUTTI_ENOMEMORY.                                                                     */
#define tutti_until_finish(fn, arg) tutti_until_finish_at(fn, arg, TUTTI_HERE)
TUTTI_SCHEDULES TUTTI_MUST_USE int tutti_until_finish_at(int (*fn)(void *arg), void *arg,
                                                         const struct tutti_site *site);

TUTTI_END
#endif
