/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/loop.h"

#include "tutti/core/run_priv.h"

int tutti_loop_open(struct tutti_loop **loop, const struct tutti_world *world,
                    int (*main)(void *arg), void *arg)
{
    if (!loop || !world) return TUTTI_EINVALID;
    struct tutti_alloc *alloc = world->alloc ? world->alloc : os_alloc_default();
    struct tutti_loop *made = alloc->resize(alloc, NULL, 0, sizeof *made);
    if (!made) return TUTTI_ENOMEMORY;
    *made = (struct tutti_loop){.run = {.embedded = true, .between = true}};
    int rc = run_begin(&made->run, &made->world, world, main, arg);
    if (rc < 0) {
        (void)alloc->resize(alloc, made, sizeof *made, 0);
        return rc;
    }
    *loop = made;
    return 0;
}

/* Something has happened between two steps: the host is to make one. */
void run_nudge(struct run *run)
{
    struct tutti_io *io = run->world->io;
    run->asleep = false; /* once is enough */
    io->wake(io);
}

static void require_between_steps(const struct tutti_loop *loop)
{
    if (run_current != &loop->run || loop->run.current) {
        tutti_panic("a loop is used in another thread than its own, or in a task");
    }
}

/* In how many ns the next step is due. */
static int64_t timeout(struct run *run)
{
    if (run->ready.first || run->incoming.first) return 0;
    int64_t until_ns = idle_or_timer(run);
    if (until_ns == TUTTI_NEVER) return TUTTI_NEVER;
    int64_t now_ns = run_now(run);
    return until_ns > now_ns ? until_ns - now_ns : 0;
}

int tutti_loop_step(struct tutti_loop *loop, int64_t *timeout_ns)
{
    struct run *run = &loop->run;
    struct tutti_sink *sink = run->world->sink;
    require_between_steps(loop);
    run->between = run->asleep = run->passed = false;
    *timeout_ns = 0;
    if (!run->over) {
        run->now_known = false;
        choose_wait(run, run_now(run));
        idle_look(run);
    }
    enum run_turn turn = run_turn(run);
    run->between = true;
    run->now_known = false;
    if (turn == RUN_ENDED || run->over || !run->living) return TUTTI_LOOP_ENDED;
    *timeout_ns = timeout(run);
    if (*timeout_ns > 0) {
        if (run->events && sink->idle) sink->idle(sink);
        run->asleep = true;
    }
    return TUTTI_LOOP_MORE;
}

int tutti_loop_close(struct tutti_loop *loop)
{
    struct run *run = &loop->run;
    struct tutti_alloc *alloc = run->world->alloc;
    require_between_steps(loop);
    if (run->living) {
        run_fail(run, TUTTI_OUTCOME_ABANDONED, TUTTI_EABANDONED, NULL,
                 "the loop was closed before its run had ended");
    }
    run_end(run);
    int code = run->code;
    (void)alloc->resize(alloc, loop, sizeof *loop, 0);
    return code;
}
