/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A run inside the event loop of libuv: the host's callbacks and the run's tasks take turns on one
 * thread, and none of them waits for the other. All there is to it is `step`, called when the time
 * that it asked for is up, and when the world's descriptor is readable. */
#define _DEFAULT_SOURCE /* uv.h needs types that C11 alone does not have */
#include <stdio.h>
#include <uv.h>

#include "tutti/core/error.h"
#include "tutti/core/loop.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/io/real.h"

struct host {
    struct tutti_loop *loop;
    uv_poll_t readable; /* the world has something */
    uv_timer_t due;     /* a step is due */
    uv_timer_t tick;    /* what the host does besides */
    struct tutti_event third_tick;
    int ticks, naps, result;
};

/* A task that only wants to know what time it is. */
static int nap(void *arg)
{
    struct host *host = *(struct host **)arg;
    for (int i = 0; i < 5; i++) {
        TUTTI_TRY(tutti_sleep(2 * TUTTI_MS));
        host->naps++;
    }
    return 0;
}

/* A task that waits for something that a callback of the host's does. */
static int wait_for_ticks(void *arg)
{
    struct host *host = *(struct host **)arg;
    TUTTI_TRY(tutti_event_wait(&host->third_tick));
    printf("the host has ticked %d times\n", host->ticks);
    return 0;
}

static int both(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, nap, &arg, sizeof arg));
    return tutti_nursery_start_copy(nursery, wait_for_ticks, &arg, sizeof arg);
}

static int app(void *arg)
{
    struct host *host = arg;
    tutti_event_init(&host->third_tick, "third tick");
    return tutti_nursery_run(both, arg);
}

static void close_all(struct host *host)
{
    host->result = tutti_loop_close(host->loop);
    uv_close((uv_handle_t *)&host->readable, NULL);
    uv_close((uv_handle_t *)&host->due, NULL);
    uv_close((uv_handle_t *)&host->tick, NULL);
}

static void on_due(uv_timer_t *timer);

static void step(struct host *host)
{
    int64_t timeout_ns;
    if (tutti_loop_step(host->loop, &timeout_ns) == TUTTI_LOOP_ENDED) {
        close_all(host);
    } else if (timeout_ns == TUTTI_NEVER) {
        uv_timer_stop(&host->due);
    } else { /* rounded up: a step that comes too early would only have to come again */
        uint64_t ms = (uint64_t)(timeout_ns / TUTTI_MS) + (timeout_ns % TUTTI_MS != 0);
        uv_update_time(host->due.loop);
        uv_timer_start(&host->due, on_due, ms, 0);
    }
}

static void on_due(uv_timer_t *timer)
{
    step(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    step(poll->data);
}

/* Nothing here knows when the run wants to be stepped: setting the event sees to that. */
static void on_tick(uv_timer_t *timer)
{
    struct host *host = timer->data;
    if (++host->ticks == 3) tutti_event_set(&host->third_tick);
}

int main(void)
{
    static struct host host;
    uv_loop_t uv;
    if (uv_loop_init(&uv) < 0) return 1;
    int rc = tutti_loop_open(&host.loop, tutti_world_real(), app, &host);
    if (rc < 0) {
        fprintf(stderr, "%s\n", tutti_error_text(rc));
        return 1;
    }
    uv_poll_init(&uv, &host.readable, tutti_world_real_descriptor());
    uv_timer_init(&uv, &host.due);
    uv_timer_init(&uv, &host.tick);
    host.readable.data = host.due.data = host.tick.data = &host;
    uv_poll_start(&host.readable, UV_READABLE, on_readable);
    uv_timer_start(&host.due, on_due, 0, 0);
    uv_timer_start(&host.tick, on_tick, 5, 5);
    uv_run(&uv, UV_RUN_DEFAULT);
    uv_loop_close(&uv);
    printf("the run returned %d after %d naps\n", host.result, host.naps);
    return host.result == 0 && host.naps == 5 && host.ticks >= 3 ? 0 : 1;
}
