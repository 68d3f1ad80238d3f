/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/virtual_clock.h"

#include "tutti/core/error.h"
#include "tutti/core/external.h"
#include "tutti/core/op.h"
#include "tutti/core/task.h"

/* ns * times / per, rounded up or down; stops at TUTTI_NEVER. times and per are small. */
static int64_t scale(int64_t ns, int64_t times, int64_t per, bool up)
{
    int64_t whole, rest = ns % per * times;
    if (__builtin_mul_overflow(ns / per, times, &whole)) return TUTTI_NEVER;
    return tutti_time_add(whole, (rest + (up ? per - 1 : 0)) / per);
}

static int64_t base_now(const struct tutti_virtual_clock *clock)
{
    return clock->base->now(clock->base);
}

int64_t tutti_virtual_clock_now(const struct tutti_virtual_clock *clock)
{
    if (!clock->times) return clock->now_ns;
    int64_t passed_ns = base_now(clock) - clock->base_ns;
    return tutti_time_add(clock->now_ns, scale(passed_ns, clock->times, clock->per, false));
}

int64_t tutti_virtual_clock_sleep(const struct tutti_virtual_clock *clock, int64_t until_ns)
{
    if (until_ns <= tutti_virtual_clock_now(clock)) return 0;
    if (!clock->times || until_ns == TUTTI_NEVER) return TUTTI_NEVER;
    /* from the last change on, so that no rounding adds up */
    int64_t whole = scale(until_ns - clock->now_ns, clock->per, clock->times, true);
    return tutti_time_add(whole, clock->base_ns - base_now(clock));
}

/* From here on it goes on from now_ns. */
static void set_now(struct tutti_virtual_clock *clock, int64_t now_ns)
{
    clock->now_ns = now_ns;
    clock->base_ns = base_now(clock);
}

int tutti_virtual_clock_jump(struct tutti_virtual_clock *clock, int64_t ns)
{
    if (ns < 0) return tutti_error(TUTTI_EINVALID, "a clock cannot jump back");
    set_now(clock, tutti_time_add(tutti_virtual_clock_now(clock), ns));
    return 0;
}

int tutti_virtual_clock_set_rate(struct tutti_virtual_clock *clock, int64_t times, int64_t per)
{
    if (times < 0 || times > TUTTI_RATE_MAX || per < 1 || per > TUTTI_RATE_MAX) {
        return tutti_error(TUTTI_EINVALID, "no rate of a clock: %lld in %lld", (long long)times,
                           (long long)per);
    }
    set_now(clock, tutti_virtual_clock_now(clock));
    clock->times = times;
    clock->per = per;
    return 0;
}

int tutti_virtual_clock_set_autojump(struct tutti_virtual_clock *clock, int64_t threshold_ns)
{
    if (threshold_ns < 0) return tutti_error(TUTTI_EINVALID, "a negative threshold");
    clock->threshold_ns = threshold_ns;
    return 0;
}

static int64_t virtual_now(struct tutti_clock *clock)
{
    return tutti_virtual_clock_now(TUTTI_CONTAINER(clock, struct tutti_virtual_clock, clock));
}

static int virtual_start(struct tutti_io *io, struct tutti_op *op)
{
    struct tutti_virtual_clock *clock = TUTTI_CONTAINER(io, struct tutti_virtual_clock, io);
    int rc = clock->base_io->start(clock->base_io, op);
    if (rc == TUTTI_IO_PENDING) clock->pending++;
    return rc;
}

static void virtual_stop(struct tutti_io *io, struct tutti_op *op)
{
    struct tutti_virtual_clock *clock = TUTTI_CONTAINER(io, struct tutti_virtual_clock, io);
    clock->base_io->stop(clock->base_io, op);
}

static void virtual_wake(struct tutti_io *io)
{
    struct tutti_virtual_clock *clock = TUTTI_CONTAINER(io, struct tutti_virtual_clock, io);
    clock->base_io->wake(clock->base_io);
}

static uint32_t virtual_end(struct tutti_io *io)
{
    struct tutti_virtual_clock *clock = TUTTI_CONTAINER(io, struct tutti_virtual_clock, io);
    clock->pending = 0;
    return clock->base_io->end ? clock->base_io->end(clock->base_io) : 0;
}

static uint32_t virtual_posts(struct tutti_io *io, const struct tutti_token *token)
{
    struct tutti_virtual_clock *clock = TUTTI_CONTAINER(io, struct tutti_virtual_clock, io);
    return clock->base_io->posts(clock->base_io, token);
}

/* Waits in the base world for sleep_ns of its time. */
static struct tutti_op *base_wait(struct tutti_virtual_clock *clock, int64_t sleep_ns)
{
    int64_t until_ns = tutti_time_add(base_now(clock), sleep_ns);
    struct tutti_op *done = clock->base_io->wait(clock->base_io, until_ns);
    for (const struct tutti_op *op = done; op; op = op->next)
        clock->pending--;
    return done;
}

static struct tutti_op *virtual_wait(struct tutti_io *io, int64_t until_ns)
{
    struct tutti_virtual_clock *clock = TUTTI_CONTAINER(io, struct tutti_virtual_clock, io);
    int64_t sleep_ns = tutti_virtual_clock_sleep(clock, until_ns);
    bool jumps = until_ns != TUTTI_NEVER && clock->threshold_ns < sleep_ns &&
                 !tutti_external_count(); /* not past what goes on outside (R48) */
    if (!jumps) {
        if (sleep_ns == TUTTI_NEVER && !clock->pending && !clock->world.outside) {
            tutti_panic("every task waits, and the virtual clock stands still: nobody is left to "
                        "move it");
        }
        return base_wait(clock, sleep_ns);
    }
    int64_t idle_ns = tutti_time_add(base_now(clock), clock->threshold_ns);
    struct tutti_op *done = base_wait(clock, clock->threshold_ns);
    bool happened = done || base_now(clock) < idle_ns; /* or it was woken: no idleness (R43) */
    if (!happened) set_now(clock, until_ns);
    return done;
}

void tutti_virtual_clock_init(struct tutti_virtual_clock *clock, const struct tutti_world *base)
{
    *clock = (struct tutti_virtual_clock){
        .world = *base,
        .clock = {virtual_now},
        .io = {virtual_start, virtual_stop, virtual_wait, virtual_wake, virtual_end,
               base->io->posts ? virtual_posts : NULL},
        .base = base->clock,
        .base_io = base->io,
        .per = 1,
        .threshold_ns = TUTTI_NEVER,
    };
    clock->world.clock = &clock->clock;
    clock->world.io = &clock->io;
    clock->base_ns = base_now(clock);
}
