/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/nursery.h - start tasks, and wait for all of them.
 *
 * A nursery is a block that ends when its body and every task started in it have ended. The first
 * failure, of the body or of a child, cancels the rest; its code is what the nursery returns, and
 * the records of all later failures hang below its record. The struct is on the stack of the task
 * that opened it, so children may point into that stack.
 *
 * Three forms, for the same thing:
 *     rc = tutti_nursery_run(body, arg);                         a function: return from anywhere
 *     TUTTI_NURSERY(&nursery) { ... }                            a block: leave it as you like
 *     tutti_nursery_open(&nursery); ... rc = tutti_nursery_close(&nursery, rc);                 */
#ifndef TUTTI_CORE_NURSERY_H
#define TUTTI_CORE_NURSERY_H

#include "tutti/core/park.h"
#include "tutti/core/scope.h"

TUTTI_BEGIN

struct tutti_error;

struct tutti_nursery {
    struct tutti_scope scope;        /* cancelled by the first failure; yours to cancel too */
    struct tutti_object object;      /* in traces and reports */
    struct tutti_task *task;         /* who opened it */
    struct tutti_nursery *outer;     /* the task's nursery around it */
    struct tutti_task *first, *last; /* its children, in order of starting */
    uint32_t children;               /* how many are alive */
    uint32_t services;               /* so many of them are services (core/service.h) */
    uint32_t pending;                /* places taken for children that are still being started */
    uint32_t max_tasks;              /* at most so many besides services; 0: any number */
    struct tutti_service *service;   /* the service started last */
    struct tutti_park *join;         /* the opener's wait at the end, or NULL */
    struct tutti_error *error;       /* the first failure's record, the later ones below it */
    int code;                        /* the first failure's code, 0 so far */
    int body;                        /* block form: the body's code; set it before leaving */
    int result;                      /* after closing: what tutti_nursery_result says */
    bool cancelled;                  /* some member ended by cancellation */
    bool daemon;                     /* tasks started in it are daemons */
    bool stopping;                   /* only services are left, and they are being ended */
    bool loose;                      /* core's own: it is joined by more than its children's ends */
    struct tutti_lot room;           /* who waits for a place; in use if there is a max_tasks */
};

/* Opens a nursery, named for traces and reports (the name is kept). Returns 0 or
 * TUTTI_ENOMEMORY. Not a checkpoint.                                                            */
#define tutti_nursery_open(nursery)             tutti_nursery_open_at(nursery, NULL, TUTTI_HERE)
#define tutti_nursery_open_named(nursery, name) tutti_nursery_open_at(nursery, name, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_nursery_open_at(struct tutti_nursery *nursery, const char *name,
                                                   const struct tutti_site *site);

/* What a nursery can be besides. All-zero means: as tutti_nursery_open makes it. */
struct tutti_nursery_options {
    const char *name;   /* for traces and reports; kept, not copied */
    uint32_t max_tasks; /* bounded: at most so many tasks at a time; 0: any number */
    bool daemon;        /* tasks started in it are daemons (tutti_task_set_daemon) */
};
/* The same, with options (NULL: all zero). They are not needed afterwards. */
#define tutti_nursery_open_with(nursery, options)                                                  \
    tutti_nursery_open_with_at(nursery, options, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_nursery_open_with_at(struct tutti_nursery *nursery,
                                                        const struct tutti_nursery_options *options,
                                                        const struct tutti_site *site);

/* Ends the body with its code `rc`, waits for all children, and returns the merged code: the first
 * failure's, else TUTTI_ECANCELED if a cancellation from outside passes through, else rc. Other
 * tasks run; waiting here is never itself a cancellation.                                       */
#define tutti_nursery_close(nursery, rc) tutti_nursery_close_at(nursery, rc, TUTTI_HERE)
TUTTI_SCHEDULES TUTTI_MUST_USE int tutti_nursery_close_at(struct tutti_nursery *nursery, int rc,
                                                          const struct tutti_site *site);

/* Runs body(nursery, arg) in a nursery of its own and closes it. */
#define tutti_nursery_run(body, arg) tutti_nursery_run_at(body, arg, #body, TUTTI_HERE)
TUTTI_SCHEDULES TUTTI_MUST_USE int
tutti_nursery_run_at(int (*body)(struct tutti_nursery *nursery, void *arg), void *arg,
                     const char *name, const struct tutti_site *site);

/* The same with options; without a name in them it is the body's. */
#define tutti_nursery_run_with(options, body, arg)                                                 \
    tutti_nursery_run_with_at(options, body, arg, #body, TUTTI_HERE)
TUTTI_SCHEDULES TUTTI_MUST_USE int
tutti_nursery_run_with_at(const struct tutti_nursery_options *options,
                          int (*body)(struct tutti_nursery *nursery, void *arg), void *arg,
                          const char *name, const struct tutti_site *site);

/* Starts fn(arg) as a task of the nursery; it runs later. It is inside the scopes around the
 * nursery, not those around this call. Any task may call it while the nursery is open. `arg` must
 * outlive the task: the stack of the nursery's opener does. A negative result of fn is a failure.
 * Returns 0, TUTTI_ECLOSED (the nursery has closed), TUTTI_EINVALID (fn is NULL), TUTTI_ENOMEMORY,
 * or TUTTI_EWOULDBLOCK (it is bounded and full, or tasks wait for a place). Not a checkpoint.   */
#define tutti_nursery_start(nursery, fn, arg)                                                      \
    tutti_nursery_start_at(nursery, #fn, false, fn, arg, 0, TUTTI_HERE)
/* The same, with a name that is copied (TUTTI_NAME_MAX bytes of it). */
#define tutti_nursery_start_named(nursery, name, fn, arg)                                          \
    tutti_nursery_start_at(nursery, name, true, fn, arg, 0, TUTTI_HERE)
/* The same; the task gets a copy of `size` bytes at `arg`, which is its own: at most TUTTI_COPY_MAX
 * (else TUTTI_EINVALID), aligned for any type.                                                  */
#define tutti_nursery_start_copy(nursery, fn, arg, size)                                           \
    tutti_nursery_start_at(nursery, #fn, false, fn, arg, size, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_nursery_start_at(struct tutti_nursery *nursery, const char *name,
                                                    bool name_copied, int (*fn)(void *arg),
                                                    void *arg, size_t copy_size,
                                                    const struct tutti_site *site);

/* The same, of a bounded nursery that is full: waits for a place, first come first served. Who
 * waits keeps the nursery open. TUTTI_ECANCELED: nothing was started.                           */
#define tutti_nursery_start_wait(nursery, fn, arg)                                                 \
    tutti_nursery_start_wait_at(nursery, #fn, false, fn, arg, 0, TUTTI_HERE)
#define tutti_nursery_start_wait_copy(nursery, fn, arg, size)                                      \
    tutti_nursery_start_wait_at(nursery, #fn, false, fn, arg, size, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_nursery_start_wait_at(struct tutti_nursery *nursery, const char *name,
                                                 bool name_copied, int (*fn)(void *arg), void *arg,
                                                 size_t copy_size, const struct tutti_site *site);

/* Cancels the nursery's scope. Not a checkpoint. */
#define tutti_nursery_cancel(nursery) tutti_scope_cancel(&(nursery)->scope)

/* A block with a nursery: `struct tutti_nursery n; TUTTI_NURSERY(&n) { ... }`, left by its end,
 * break, goto or return; it waits for the children on every way out. Skipped when it cannot be
 * opened. Afterwards tutti_nursery_result(&n) is the merged code; set n.body before leaving if the
 * body itself failed. A failure that the task does not ask for by tutti_nursery_result, because it
 * left by a return, say, is not lost: a `warn` event tells, and the task ends with it.          */
#define TUTTI_NURSERY(nursery)                                                                     \
    for (struct tutti_nursery * tutti_block_ TUTTI_CLEANUP(tutti_nursery_block_end) =              \
             tutti_nursery_block_begin(nursery, TUTTI_HERE);                                       \
         tutti_block_; tutti_nursery_block_end(&tutti_block_))
TUTTI_API struct tutti_nursery *tutti_nursery_block_begin(struct tutti_nursery *nursery,
                                                          const struct tutti_site *site);
TUTTI_SCHEDULES void tutti_nursery_block_end(struct tutti_nursery **nursery);

/* What a closed nursery returned; of a block, for the task that left it, which has asked then: the
 * failure is its to handle, and its record the task's. Not a checkpoint. */
#define tutti_nursery_result(nursery) tutti_nursery_result_at(nursery, TUTTI_HERE)
TUTTI_API int tutti_nursery_result_at(const struct tutti_nursery *nursery,
                                      const struct tutti_site *site);

TUTTI_END
#endif
