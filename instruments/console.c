/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The run's side of a console: a sink whose mask is empty until somebody connects. A signal handler
 * sets the mask (the kernel sends the signal for a connection, the thread that serves the socket
 * for a request), so a run that nobody looks at makes no check of its own. From then on the sink
 * counts what each task does, and at the next event of any task answers what is asked. */
#include "tutti/instruments/console.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "tutti/instruments/console_priv.h"
#include "tutti/instruments/os_sampler_priv.h"
#include "tutti/instruments/tee.h"

#define LISTENS_TO                                                                                 \
    (TUTTI_EVENT_BIT(TASK_RUN) | TUTTI_EVENT_BIT(TASK_STOP) | TUTTI_EVENT_BIT(TASK_READY) |        \
     TUTTI_EVENT_BIT(TASK_EXIT) | TUTTI_EVENT_BIT(LOOP_WOKE))

struct tutti_console {
    struct tutti_tee tee;
    struct tutti_sink sink;
    struct tutti_io *io;
    struct door *door;
    struct idmap tallies;     /* id of a task -> struct console_tally */
    _Atomic uint64_t running; /* id of the task whose step it is; 0: nobody's, or not known */
    int64_t began_ns;
};

static struct console_tally *tally_of(struct tutti_console *console, uint64_t task)
{
    struct console_tally *tally = idmap_get(&console->tallies, task);
    if (tally) return tally;
    tally = calloc(1, sizeof *tally);
    if (!tally || idmap_set(&console->tallies, task, tally)) return tally;
    free(tally);
    return NULL;
}

static void forget_all(struct tutti_console *console)
{
    for (size_t i = 0; i < console->tallies.size; i++)
        free(console->tallies.slots[i].value);
    idmap_free(&console->tallies);
    console->tallies = (struct idmap){.slots = NULL};
    atomic_store(&console->running, 0);
}

static void end_step(struct tutti_console *console, uint64_t task)
{
    if (atomic_load(&console->running) != task) return;
    struct console_tally *tally = tally_of(console, task);
    if (tally) tally->busy_ns += sampler_now_ns() - console->began_ns;
    atomic_store(&console->running, 0);
}

static void count(struct tutti_console *console, const struct tutti_trace_event *event)
{
    struct console_tally *tally;
    switch (event->kind) {
    case TUTTI_EVENT_TASK_RUN:
        atomic_store(&console->running, event->task);
        console->began_ns = sampler_now_ns();
        break;
    case TUTTI_EVENT_TASK_STOP:
        end_step(console, event->task);
        break;
    case TUTTI_EVENT_TASK_READY:
        tally = event->code == TUTTI_READY_YIELD ? NULL : tally_of(console, event->task);
        if (tally) tally->wakes++;
        break;
    case TUTTI_EVENT_TASK_EXIT:
        atomic_store(&console->running, 0);
        free(idmap_get(&console->tallies, event->task));
        idmap_remove(&console->tallies, event->task);
        break;
    default:
        break;
    }
}

static void answer(struct tutti_console *console)
{
    struct console_answer *answer;
    struct console_request request = door_begin(console->door, &answer);
    if (request.what == CONSOLE_TASKS) {
        int64_t began_ns = sampler_now_ns();
        if (!console_rows(&answer->text, &console->tallies, request.each)) {
            tutti_text_free(&answer->text);
        }
        answer->cost_ns = sampler_now_ns() - began_ns;
    } else if (request.what == CONSOLE_STACK) {
        struct tutti_task_view view;
        const struct tutti_task *task = tutti_inspect_find(request.task);
        answer->found = task != NULL;
        if (task) {
            tutti_inspect_task(task, &view);
            answer->count = unwind_walk(view.sp, true, answer->frames, TUTTI_BACKTRACE_MAX);
        }
    }
    door_answered(console->door);
}

static int on_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct tutti_console *console = TUTTI_CONTAINER(sink, struct tutti_console, sink);
    bool between = event->kind == TUTTI_EVENT_TASK_RUN || event->kind == TUTTI_EVENT_LOOP_WOKE;
    if (between && door_is_wanted(console->door)) answer(console);
    count(console, event);
    if (!between || door_is_watched(console->door)) return 0;
    forget_all(console);
    sink->mask = 0;
    /* Settles the tee's mask. Nobody listens to the last event of this sink's. */
    (void)!tutti_tee_remove(&console->tee, sink);
    (void)!tutti_tee_add(&console->tee, sink);
    return 0;
}

/* The tee may be at work, its mask about to be made anew: then what is set here is lost, and the
 * thread, which gets no answer, sends the signal again.                                          */
static void on_signal(void *context)
{
    struct tutti_console *console = context;
    console->sink.mask = LISTENS_TO;
    console->tee.sink.mask |= LISTENS_TO;
    tutti_sink_changed();
}

static void wake(void *context)
{
    struct tutti_console *console = context;
    console->io->wake(console->io);
}

static uint64_t running(void *context)
{
    struct tutti_console *console = context;
    return atomic_load(&console->running);
}

struct tutti_console *tutti_console_open(const struct tutti_world *world, struct tutti_world *mine)
{
    struct tutti_console *console = calloc(1, sizeof *console);
    const struct door_calls calls = {on_signal, wake, running, console};
    *mine = *world;
    if (!console || world->error < 0 || !world->io) goto without;
    console->sink.event = on_event;
    console->io = world->io;
    tutti_tee_init(&console->tee);
    if (world->sink && tutti_tee_add(&console->tee, world->sink) < 0) goto without;
    if (tutti_tee_add(&console->tee, &console->sink) < 0) goto without;
    console->door = door_open(&calls);
    if (!console->door) goto without;
    mine->sink = &console->tee.sink;
    return console;
without:
    free(console);
    return NULL;
}

void tutti_console_close(struct tutti_console *console)
{
    if (!console) return;
    door_close(console->door);
    forget_all(console);
    free(console);
}

int tutti_console_run(const struct tutti_world *world, int (*main)(void *arg), void *arg)
{
    struct tutti_world mine;
    if (!world) return tutti_run(world, main, arg);
    struct tutti_console *console = tutti_console_open(world, &mine);
    int rc = tutti_run(&mine, main, arg);
    tutti_console_close(console);
    return rc;
}
