/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/scope.h - cancel scopes: give up on work, in time or on demand.
 *
 * A scope is a block of the caller's code, with its struct on the caller's stack. Cancelling it
 * makes every checkpoint inside it, in this task and in the tasks of nurseries opened inside it,
 * return TUTTI_ECANCELED until the block is left: cancellation is a level, not an edge. Scopes nest
 * and are left in reverse order (checked). The outermost cancelled scope absorbs the cancellation:
 * its closing returns 0 instead, and says `caught`.
 *
 * Three forms, for the same thing:
 *     rc = tutti_move_on_after(ns, fn, arg);                     a function: return from anywhere
 *     TUTTI_SCOPE(&scope, deadline_ns) { ... }                   a block: leave it as you like
 *     tutti_scope_open(&scope, deadline_ns); ... rc = tutti_scope_close(&scope, rc);
 * A scope that others are to know before it begins is made by TUTTI_SCOPE_INIT and entered later,
 * once. Asking a scope to finish, with a grace time, is in core/finish.h.                        */
#ifndef TUTTI_CORE_SCOPE_H
#define TUTTI_CORE_SCOPE_H

#include "tutti/core/event.h"

TUTTI_BEGIN

struct tutti_task;
struct tutti_nursery;

/* A place in the run's heap of deadlines. */
struct tutti_timer {
    uint32_t slot; /* of the heap, from 1; 0: not armed */
    uint8_t kind;  /* of what it is part: core's own */
    bool daemon;   /* of a daemon's: no reason to wait for it */
};

/* The first cause of a cancellation. */
struct tutti_cancel_info {
    enum tutti_cancel_why why;
    uint64_t task;                 /* who did it, or whose failure did; 0: the runtime */
    int64_t at_ns;                 /* when */
    const struct tutti_site *site; /* where; NULL: nowhere in the program */
    const char *text;              /* what tutti_scope_cancel_because was told, or NULL */
};

/* The state of a scope made by TUTTI_SCOPE_INIT. */
enum { TUTTI_SCOPE_READY = 3 };

struct tutti_scope {
    struct tutti_scope *parent;          /* the enclosing one; NULL: the run's root */
    struct tutti_scope *first, *last;    /* scopes directly inside, in order of opening */
    struct tutti_scope *next, *prev;     /* beside it */
    struct tutti_nursery *nursery;       /* of which it is the scope, or NULL */
    struct tutti_task *task;             /* who opened it */
    const struct tutti_site *site;       /* where */
    const struct tutti_site *outer_site; /* of the task's scope before it */
    struct tutti_scope *source;          /* from where it is cancelled: itself or one further out */
    int64_t deadline_ns;                 /* TUTTI_NEVER: none */
    uint64_t id, path;                   /* in the trace; across runs */
    struct tutti_cancel_info info; /* its own first cause; until then, of the asking to finish */
    struct tutti_timer timer;
    uint8_t state;        /* core's own: ready, open or closed */
    uint8_t deadline_why; /* core's own: what its deadline is, once it has passed */
    bool relative;        /* not yet entered: deadline_ns counts from the entry */
    bool cancelled;       /* it was cancelled itself; for ever */
    bool effective;       /* a checkpoint inside returns TUTTI_ECANCELED now */
    bool shield;          /* it hides cancellations, and askings to finish, from outside */
    bool internal;        /* core opened it for itself: nothing the explorer would cancel */
    bool reached;         /* a cancellation surfaced inside it */
    bool caught;          /* it absorbed a cancellation when it was closed */
    bool asked;           /* it was asked to finish itself; for ever */
    bool finishing;       /* what is inside is asked to finish, by it or from outside */
    bool soft;            /* being asked to finish cancels it */
    uint32_t offered;     /* core's own: the candidate that cancels what is inside; 0: none */
};

/* A scope that is yet to be entered: no deadline, no shield. */
#define TUTTI_SCOPE_INIT                                                                           \
    {                                                                                              \
        .deadline_ns = TUTTI_NEVER, .state = TUTTI_SCOPE_READY                                     \
    }

/* Enters a scope made by TUTTI_SCOPE_INIT; from here on it is like an opened one, and is closed
 * like one. Cancelled, shielded or given a deadline before, by whatever task, it is so from its
 * first checkpoint on. Once only: TUTTI_ESTATE when it was entered before, by this task or another
 * one. Returns 0, that, or TUTTI_ENOMEMORY (then it may be entered again). Not a checkpoint.    */
#define tutti_scope_enter(scope) tutti_scope_enter_at(scope, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_scope_enter_at(struct tutti_scope *scope,
                                                  const struct tutti_site *site);

/* Opens a scope that cancels itself when the run's clock shows deadline_ns (TUTTI_NEVER: only on
 * demand; in the past: at once). Returns 0 or TUTTI_ENOMEMORY. Not a checkpoint.                */
#define tutti_scope_open(scope, deadline_ns) tutti_scope_open_at(scope, deadline_ns, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_scope_open_at(struct tutti_scope *scope, int64_t deadline_ns,
                                                 const struct tutti_site *site);

/* Leaves the block with the body's code `rc`; returns the code to go on with: 0 when rc was
 * TUTTI_ECANCELED and this scope absorbs it, else rc. Closing a scope that is not the task's
 * innermost panics. Not a checkpoint.                                                           */
#define tutti_scope_close(scope, rc) tutti_scope_close_at(scope, rc, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_scope_close_at(struct tutti_scope *scope, int rc,
                                                  const struct tutti_site *site);

/* Cancels: from any task of the run, any number of times; the first cause stays. Tasks that wait
 * inside are taken out of their queues before it returns. A scope that is yet to be entered will
 * be cancelled from its entry on; of a closed one only `cancelled` changes. Not a checkpoint.   */
#define tutti_scope_cancel(scope) tutti_scope_cancel_at(scope, NULL, TUTTI_HERE)
/* The same, with a text that says why. It is kept, not copied: a literal, as a rule. */
#define tutti_scope_cancel_because(scope, text) tutti_scope_cancel_at(scope, text, TUTTI_HERE)
TUTTI_API void tutti_scope_cancel_at(struct tutti_scope *scope, const char *text,
                                     const struct tutti_site *site);

/* Moves the deadline, at any time; after the scope was closed it does nothing. A past one cancels
 * at the next pass, or at the entry. Returns 0, or TUTTI_ESTATE for a scope that is yet to be
 * entered and has a relative deadline. Not a checkpoint.                                        */
#define tutti_scope_set_deadline(scope, deadline_ns)                                               \
    tutti_scope_set_deadline_at(scope, deadline_ns, TUTTI_HERE)
TUTTI_API int tutti_scope_set_deadline_at(struct tutti_scope *scope, int64_t deadline_ns,
                                          const struct tutti_site *site);
/* The same, `ns` from now on; of a scope that is yet to be entered, from its entry on. Returns 0,
 * TUTTI_EINVALID when ns is negative, or TUTTI_ESTATE for a scope that is yet to be entered and has
 * an absolute deadline. TUTTI_NEVER takes a deadline of either kind away. Not a checkpoint.     */
#define tutti_scope_set_relative_deadline(scope, ns)                                               \
    tutti_scope_set_relative_deadline_at(scope, ns, TUTTI_HERE)
TUTTI_API int tutti_scope_set_relative_deadline_at(struct tutti_scope *scope, int64_t ns,
                                                   const struct tutti_site *site);
/* Its deadline, in *deadline_ns as a time, or in *ns from now on (less than 0 when it has passed);
 * TUTTI_NEVER: none. Before the entry only the kind that was set can be read: else they return
 * TUTTI_ESTATE. Not checkpoints.                                                                */
#define tutti_scope_deadline(scope, deadline_ns)                                                   \
    tutti_scope_deadline_at(scope, deadline_ns, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_scope_deadline_at(const struct tutti_scope *scope,
                                                     int64_t *deadline_ns,
                                                     const struct tutti_site *site);
#define tutti_scope_relative_deadline(scope, ns)                                                   \
    tutti_scope_relative_deadline_at(scope, ns, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_scope_relative_deadline_at(const struct tutti_scope *scope,
                                                              int64_t *ns,
                                                              const struct tutti_site *site);
/* Is its deadline yet to be counted from the entry? */
static inline bool tutti_scope_is_relative(const struct tutti_scope *scope)
{
    return scope->relative;
}

/* Shields the inside from cancellations from outside, or no longer. Its own cancellation and those
 * of scopes inside it still work. Before the entry too. Not a checkpoint.                       */
#define tutti_scope_set_shield(scope, shield) tutti_scope_set_shield_at(scope, shield, TUTTI_HERE)
TUTTI_API void tutti_scope_set_shield_at(struct tutti_scope *scope, bool shield,
                                         const struct tutti_site *site);

/* Was it cancelled itself, by whatever cause? Looks at no clock: a deadline that has passed counts
 * from the pass that notices it.                                                                */
TUTTI_API bool tutti_scope_called(const struct tutti_scope *scope);

/* Did it absorb a cancellation? After it was closed. */
static inline bool tutti_scope_caught(const struct tutti_scope *scope)
{
    return scope->caught;
}

/* Why code inside the scope is cancelled: the first cause of all that hold, its own or that of a
 * scope further out. Of a closed scope, its own. NULL: it is not. Valid while the scope is what it
 * is now. Not a checkpoint.                                                                     */
TUTTI_API const struct tutti_cancel_info *tutti_scope_reason(const struct tutti_scope *scope);
/* Why is the calling task cancelled? NULL: it is not. Not a checkpoint. */
#define tutti_cancel_reason() tutti_cancel_reason_at(TUTTI_HERE)
TUTTI_API const struct tutti_cancel_info *tutti_cancel_reason_at(const struct tutti_site *site);
/* Writes a reason as text ("call of task #3 at 2000 ns, proxy.c:17: the client left") into
 * `buffer`, always NUL-terminated; returns the length the whole has. Not a checkpoint.          */
TUTTI_API size_t tutti_cancel_print(const struct tutti_cancel_info *info, char *buffer,
                                    size_t size);

/* The earliest deadline that applies to the calling task, up to the first shield: TUTTI_ALREADY
 * when it is cancelled, TUTTI_NEVER when there is none. Does not look at the clock.             */
#define tutti_effective_deadline() tutti_effective_deadline_at(TUTTI_HERE)
TUTTI_API int64_t tutti_effective_deadline_at(const struct tutti_site *site);

/* Runs fn(arg) in a scope that ends ns from now (or at deadline_ns). Returns what fn returned; when
 * the scope caught a cancellation, 0 (move on) or TUTTI_ETOOSLOW (fail). The shielded forms hide
 * cancellations from outside, for cleanup that has to wait for something. TUTTI_EINVALID when fn is
 * NULL or ns negative, TUTTI_ENOMEMORY. As much a checkpoint as fn is.                          */
#define tutti_move_on_after(ns, fn, arg)                                                           \
    tutti_scope_run(TUTTI_SCOPE_RELATIVE, ns, fn, arg, TUTTI_HERE)
#define tutti_move_on_at(deadline_ns, fn, arg) tutti_scope_run(0, deadline_ns, fn, arg, TUTTI_HERE)
#define tutti_fail_after(ns, fn, arg)                                                              \
    tutti_scope_run(TUTTI_SCOPE_FAIL | TUTTI_SCOPE_RELATIVE, ns, fn, arg, TUTTI_HERE)
#define tutti_fail_at(deadline_ns, fn, arg)                                                        \
    tutti_scope_run(TUTTI_SCOPE_FAIL, deadline_ns, fn, arg, TUTTI_HERE)
#define tutti_move_on_after_shielded(ns, fn, arg)                                                  \
    tutti_scope_run(TUTTI_SCOPE_RELATIVE | TUTTI_SCOPE_SHIELD, ns, fn, arg, TUTTI_HERE)
#define tutti_fail_after_shielded(ns, fn, arg)                                                     \
    tutti_scope_run(TUTTI_SCOPE_FAIL | TUTTI_SCOPE_RELATIVE | TUTTI_SCOPE_SHIELD, ns, fn, arg,     \
                    TUTTI_HERE)
/* `how` of tutti_scope_run. */
enum { TUTTI_SCOPE_FAIL = 1, TUTTI_SCOPE_RELATIVE = 2, TUTTI_SCOPE_SHIELD = 4 };
TUTTI_SCHEDULES TUTTI_MUST_USE int tutti_scope_run(unsigned how, int64_t time_ns,
                                                   int (*fn)(void *arg), void *arg,
                                                   const struct tutti_site *site);

/* A block in a scope: `struct tutti_scope s; TUTTI_SCOPE(&s, deadline_ns) { ... }`, left by its
 * end, break, goto or return. It is skipped when it cannot be opened (tutti_scope_opened(&s) says
 * so). A `return rc` inside returns the body's own code even if the scope absorbs it.           */
#define TUTTI_SCOPE(scope, deadline_ns)                                                            \
    for (struct tutti_scope * tutti_block_ TUTTI_CLEANUP(tutti_scope_block_end) =                  \
             tutti_scope_block_begin(scope, deadline_ns, TUTTI_HERE);                              \
         tutti_block_; tutti_scope_block_end(&tutti_block_))
TUTTI_API struct tutti_scope *tutti_scope_block_begin(struct tutti_scope *scope,
                                                      int64_t deadline_ns,
                                                      const struct tutti_site *site);
TUTTI_API void tutti_scope_block_end(struct tutti_scope **scope);

/* Was it opened (and perhaps closed since)? */
static inline bool tutti_scope_opened(const struct tutti_scope *scope)
{
    return scope->state != 0 && scope->state != TUTTI_SCOPE_READY;
}

TUTTI_END
#endif
