/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A supervisor of a changing set of workers, and three ways to bring them to an end:
 *   propagate  a worker that fails ends the others, and its error comes out: nursery's own way;
 *   drain      workers finish the job they have, within a grace time, and take no further one;
 *   kill all   what they do is cancelled now.
 * The supervisor is a task with a nursery; whoever has its channel sends it orders.              */
#include "tutti/core/chan.h"
#include "tutti/core/error.h"
#include "tutti/core/finish.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

enum order { ADD, ADD_BROKEN, REMOVE_FIRST, DRAIN, KILL_ALL };
enum { WORKERS_MAX = 4 };

struct worker {
    struct tutti_scope scope; /* ends this one alone */
    bool broken;
    int jobs; /* done */
};

struct supervisor {
    struct tutti_chan_receiver orders;
    int64_t job_ns, grace_ns;
    struct worker workers[WORKERS_MAX];
    int count;
};

/* Where the next job comes from: here, it comes after 10 ns. */
static int wait_for_job(void *arg)
{
    (void)arg;
    return tutti_sleep(10);
}

static int do_job(struct supervisor *supervisor, struct worker *worker)
{
    int rc = tutti_sleep(supervisor->job_ns);
    worker->jobs += rc == 0;
    return rc;
}

struct work {
    struct supervisor *supervisor;
    struct worker *worker;
};

static int work(void *arg)
{
    const struct work *work = arg;
    struct worker *worker = work->worker;
    int rc = tutti_scope_enter(&worker->scope);
    if (rc < 0) return rc;
    while (rc >= 0 && !tutti_finishing()) {
        rc = tutti_until_finish(wait_for_job, NULL); /* may be ended at once */
        if (rc < 0 || tutti_finishing()) break;
        rc = worker->broken ? tutti_error(TUTTI_EBROKEN, "a job broke the worker")
                            : do_job(work->supervisor, worker);
    }
    return tutti_scope_close(&worker->scope, rc);
}

static int add_worker(struct supervisor *supervisor, struct tutti_nursery *nursery, bool broken)
{
    struct worker *worker = &supervisor->workers[supervisor->count++];
    struct work given = {supervisor, worker};
    *worker = (struct worker){.scope = TUTTI_SCOPE_INIT, .broken = broken};
    return tutti_nursery_start_copy(nursery, work, &given, sizeof given);
}

static int supervise(struct tutti_nursery *nursery, void *arg)
{
    struct supervisor *supervisor = arg;
    enum order order;
    for (;;) {
        TUTTI_TRY(tutti_chan_receive(&supervisor->orders, &order));
        switch (order) {
        case ADD:
        case ADD_BROKEN:
            TUTTI_TRY(add_worker(supervisor, nursery, order == ADD_BROKEN));
            break;
        case REMOVE_FIRST:
            tutti_scope_cancel_because(&supervisor->workers[0].scope, "removed");
            break;
        case DRAIN:
            return tutti_nursery_finish(nursery, supervisor->grace_ns);
        case KILL_ALL:
            tutti_nursery_cancel(nursery);
            return 0;
        }
    }
}

/* The tests: a script of orders with pauses. */
struct script {
    struct supervisor supervisor;
    struct tutti_chan_sender sender;
    const enum order *orders;
    int count;
    int64_t pause_ns;
};

static int send_orders(void *arg)
{
    struct script *script = *(struct script **)arg;
    for (int i = 0; i < script->count; i++) {
        enum order order = script->orders[i];
        if (order >= REMOVE_FIRST) TUTTI_TRY(tutti_sleep(script->pause_ns));
        TUTTI_TRY(tutti_chan_send(&script->sender, &order));
    }
    return 0;
}

static int both(struct tutti_nursery *nursery, void *arg)
{
    struct script *script = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, send_orders, &arg, sizeof arg));
    return tutti_nursery_run(supervise, &script->supervisor);
}

static int run_script(struct script *script)
{
    struct tutti_chan_receiver *orders = &script->supervisor.orders;
    TUTTI_TRY(tutti_chan_open(&script->sender, orders, "orders", sizeof(enum order), 0));
    int rc = tutti_nursery_run(both, script);
    tutti_chan_close_send(&script->sender);
    tutti_chan_close_receive(orders);
    return rc;
}

static int propagate(void *arg)
{
    static const enum order orders[] = {ADD, ADD_BROKEN, ADD, DRAIN};
    struct script script = {.supervisor = {.job_ns = 500 * TUTTI_MS},
                            .orders = orders,
                            .count = 4,
                            .pause_ns = 50 * TUTTI_MS};
    const struct worker *workers = script.supervisor.workers;
    (void)arg;
    int rc = run_script(&script);
    tutti_check(rc == TUTTI_EBROKEN || workers[1].scope.cancelled); /* or it never got to fail */
    const struct tutti_error *error = tutti_error_record(TUTTI_EBROKEN);
    tutti_check(rc == 0 || (error && error->task_name[0] == 'w')); /* it says which task it was */
    tutti_check(workers[0].jobs == 0);
    return 0;
}

static int drain(void *arg)
{
    static const enum order orders[] = {ADD, ADD, REMOVE_FIRST, DRAIN};
    struct script script = {.supervisor = {.job_ns = 300 * TUTTI_MS, .grace_ns = 10 * TUTTI_S},
                            .orders = orders,
                            .count = 4,
                            .pause_ns = 5 * TUTTI_MS};
    const struct worker *workers = script.supervisor.workers;
    (void)arg;
    TUTTI_TRY(run_script(&script));
    tutti_check(workers[0].jobs == 0 && workers[0].scope.caught);
    tutti_check(workers[1].jobs == 1 || workers[1].scope.caught); /* the one it had */
    return 0;
}

static int drain_too_slow(void *arg)
{
    static const enum order orders[] = {ADD, DRAIN};
    struct script script = {.supervisor = {.job_ns = TUTTI_S, .grace_ns = 10 * TUTTI_MS},
                            .orders = orders,
                            .count = 2,
                            .pause_ns = 5 * TUTTI_MS};
    (void)arg;
    int64_t start_ns = tutti_now();
    TUTTI_TRY(run_script(&script));
    tutti_check(script.supervisor.workers[0].jobs == 0);
    tutti_check(tutti_now() - start_ns < TUTTI_S);
    return 0;
}

static int kill_all(void *arg)
{
    static const enum order orders[] = {ADD, ADD, ADD, KILL_ALL};
    struct script script = {.supervisor = {.job_ns = 30 * TUTTI_S},
                            .orders = orders,
                            .count = 4,
                            .pause_ns = 5 * TUTTI_MS};
    (void)arg;
    TUTTI_TRY(run_script(&script));
    for (int i = 0; i < 3; i++)
        tutti_check(script.supervisor.workers[i].jobs == 0);
    return 0;
}

const struct tutti_test tutti_tests[] = {
    {"propagate", propagate, "a worker's failure ends the others and comes out"},
    {"drain", drain, "workers finish the job they have; one was removed before"},
    {"drain_too_slow", drain_too_slow, "the grace time is over: what is left is cancelled"},
    {"kill_all", kill_all, "everything is cancelled now"},
    {NULL, NULL, NULL},
};
