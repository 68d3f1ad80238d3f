/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The block form of nurseries, and what becomes of a failure that nobody asks for.
 *
 * A block has no value, and may be left by a return: so its failure is kept with the task until
 * tutti_nursery_result takes it. What is left of these when the task ends is how it ends. */
#include "tutti/core/held_priv.h"
#include "tutti/core/nursery.h"

/* Among what the task has to give back before it ends. */
struct unread {
    struct tutti_held held;
    const struct tutti_nursery *of; /* NULL: it is gone, nobody will ask */
    struct tutti_error *record;
};

static void unread_lost(struct tutti_held *held)
{
    struct unread *unread = TUTTI_CONTAINER(held, struct unread, held);
    unread->record->next = run_current->unread;
    run_current->unread = unread->record; /* the latest was lost first: in order again */
    mem_give(run_current, unread, NULL);
}

static struct unread *find(const struct tutti_task *task, const struct tutti_nursery *nursery)
{
    for (struct tutti_held *held = task->holdings; held; held = held->next) {
        struct unread *unread = TUTTI_CONTAINER(held, struct unread, held);
        if (held->lost == unread_lost && unread->of == nursery) return unread;
    }
    return NULL;
}

static void keep(struct run *run, const struct tutti_nursery *nursery)
{
    struct tutti_task *task = run->current;
    if (nursery->result >= 0 || nursery->result == TUTTI_ECANCELED) return;
    const struct tutti_site *site = nursery->scope.site;
    struct tutti_error *record = error_take(run, task, nursery->result, site);
    struct unread *unread = record ? mem_take(run, sizeof *unread, NULL) : NULL;
    if (!unread) {
        error_drop(run, record);
        EMIT(run, WARN, .code = TUTTI_WARN_DROPPED, .task = task->id,
             .name = "no memory to keep a nursery block's failure", .site = site);
        return;
    }
    *unread = (struct unread){.of = nursery, .record = record};
    held_take(&unread->held, task, unread_lost, site);
}

struct tutti_nursery *tutti_nursery_block_begin(struct tutti_nursery *nursery,
                                                const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct unread *unread = find(run->current, nursery);
    if (unread) unread->of = NULL; /* that one is gone */
    int rc = tutti_nursery_open_at(nursery, NULL, site);
    nursery->result = rc;
    if (rc >= 0) return nursery;
    nursery->scope.site = site;
    keep(run, nursery);
    return NULL;
}

void tutti_nursery_block_end(struct tutti_nursery **nursery)
{
    if (!*nursery) return;
    struct tutti_nursery *leaving = *nursery;
    *nursery = NULL;
    leaving->result = tutti_nursery_close_at(leaving, leaving->body, leaving->scope.site);
    keep(run_current, leaving);
}

int tutti_nursery_result_at(const struct tutti_nursery *nursery, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_task *task = run->current;
    struct unread *unread = find(task, nursery);
    if (unread) {
        error_drop(run, task->error);
        task->error = unread->record;
        held_drop(&unread->held);
        mem_give(run, unread, NULL);
    }
    return nursery->result;
}

/* The task ends with rc, and failures of its blocks that it did not ask for: no error is lost. */
int block_unread(struct run *run, struct tutti_task *task, int rc)
{
    bool cancelled = rc == TUTTI_ECANCELED;
    struct tutti_error *first =
        rc < 0 && !cancelled ? error_take(run, task, rc, task->started) : NULL;
    while (run->unread) {
        struct tutti_error *error = run->unread;
        run->unread = error->next;
        error->next = NULL;
        EMIT(run, WARN, .code = TUTTI_WARN_UNREAD, .task = task->id,
             .name = "nobody asked for a nursery block's failure: its task ends with it",
             .site = error->site);
        if (rc < 0 && rc != TUTTI_ECANCELED) {
            error_also(run, first, error, NULL);
        } else {
            first = error;
            rc = error->code;
        }
    }
    if (first) first->cancelled_too |= cancelled;
    error_drop(run, task->error);
    task->error = first;
    return rc;
}
