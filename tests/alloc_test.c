/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Each public call that takes memory, with each of its requests refused in turn: TUTTI_ENOMEMORY or
 * success, nothing half done, nothing kept. The dump takes its memory from the C library, whose
 * functions are wrapped for it (-Wl,--wrap in tests/BUILD).                                      */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tiny_world.h"
#include "tutti/core/chan.h"
#include "tutti/core/compose.h"
#include "tutti/core/defer.h"
#include "tutti/core/finish.h"
#include "tutti/core/inspect.h"
#include "tutti/core/local.h"
#include "tutti/core/loop.h"
#include "tutti/core/mem.h"
#include "tutti/core/nursery.h"
#include "tutti/core/result.h"
#include "tutti/core/scope.h"
#include "tutti/core/service.h"
#include "tutti/core/starting.h"
#include "tutti/core/stats.h"
#include "tutti/core/system.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"
#include "tutti/core/token.h"
#include "tutti/instruments/dump.h"
#include "tutti/io/signals.h"

/* Refuses one request, the n-th from when it is armed on. */
static struct refuser {
    struct tutti_pick pick;
    struct tutti_alloc alloc;
    int64_t left; /* negative: refuses nothing */
    int64_t asked, refused;
    size_t bytes;
} refuser;

static uint32_t refuse(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    (void)pick;
    assert_int_equal(choice->kind, TUTTI_CHOICE_ALLOC);
    refuser.asked++;
    if (refuser.left < 0 || refuser.left-- > 0) return 0;
    refuser.refused++;
    return 1;
}

static void *resize(struct tutti_alloc *alloc, void *old, size_t old_size, size_t size)
{
    (void)alloc;
    refuser.bytes = refuser.bytes - (old ? old_size : 0) + size;
    if (size > 0) return realloc(old, size);
    free(old);
    return NULL;
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int nothing_in(struct tutti_nursery *nursery, void *arg)
{
    (void)nursery, (void)arg;
    return 0;
}

static int is_ready(struct tutti_starting *starting, void *arg)
{
    (void)arg;
    return tutti_started(starting, 0);
}

/* What a call is given; each probe makes the one call and undoes it if it succeeded. */
struct probe {
    struct tutti_nursery *nursery;
    struct tutti_scope scope;
    struct tutti_nursery own;
    struct tutti_result result;
    struct tutti_token token;
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
};

static const struct tutti_local variable = {"variable", NULL};

static int start(struct probe *probe)
{
    return tutti_nursery_start(probe->nursery, nothing, NULL);
}

static int start_copy(struct probe *probe)
{
    int numbers[4] = {0};
    return tutti_nursery_start_copy(probe->nursery, nothing, numbers, sizeof numbers);
}

static int start_named(struct probe *probe)
{
    return tutti_nursery_start_named(probe->nursery, "named", nothing, NULL);
}

static int start_wait(struct probe *probe)
{
    return tutti_nursery_start_wait(probe->nursery, nothing, NULL);
}

static int start_ready(struct probe *probe)
{
    return tutti_nursery_start_ready(probe->nursery, is_ready, NULL, NULL);
}

static int start_service(struct probe *probe)
{
    return tutti_nursery_start_service(probe->nursery, nothing, NULL);
}

static int start_result(struct probe *probe)
{
    return tutti_nursery_start_result(probe->nursery, &probe->result, nothing, NULL);
}

static int start_system(struct probe *probe)
{
    (void)probe;
    return tutti_system_start(nothing, NULL);
}

static int open_nursery(struct probe *probe)
{
    TUTTI_TRY(tutti_nursery_open(&probe->own));
    return tutti_nursery_close(&probe->own, 0);
}

static int run_nursery(struct probe *probe)
{
    (void)probe;
    return tutti_nursery_run(nothing_in, NULL);
}

static int block_nursery(struct probe *probe)
{
    int rounds = 0;
    TUTTI_NURSERY(&probe->own)
    {
        rounds++;
    }
    int rc = tutti_nursery_result(&probe->own);
    tutti_check(rounds == (rc == 0));
    return rc;
}

static int open_scope(struct probe *probe)
{
    TUTTI_TRY(tutti_scope_open(&probe->scope, 1000));
    return tutti_scope_close(&probe->scope, 0);
}

static int enter_scope(struct probe *probe)
{
    probe->scope = (struct tutti_scope)TUTTI_SCOPE_INIT;
    TUTTI_TRY(tutti_scope_set_relative_deadline(&probe->scope, 1000));
    int rc = tutti_scope_enter(&probe->scope);
    if (rc == TUTTI_ENOMEMORY) TUTTI_TRY(tutti_scope_enter(&probe->scope)); /* it may be again */
    int closed = tutti_scope_close(&probe->scope, 0);
    return rc < 0 ? rc : closed;
}

static int move_on(struct probe *probe)
{
    (void)probe;
    return tutti_move_on_after(1000, nothing, NULL);
}

static int until_finish(struct probe *probe)
{
    (void)probe;
    return tutti_until_finish(nothing, NULL);
}

static int gather(struct probe *probe)
{
    struct tutti_branch branches[2] = {TUTTI_BRANCH(nothing, NULL), TUTTI_BRANCH(nothing, NULL)};
    (void)probe;
    return tutti_gather(branches, 2);
}

static int race(struct probe *probe)
{
    struct tutti_branch branches[2] = {TUTTI_BRANCH(nothing, NULL), TUTTI_BRANCH(nothing, NULL)};
    uint32_t winner;
    (void)probe;
    return tutti_race(branches, 2, &winner);
}

static int defer(struct probe *probe)
{
    (void)probe;
    return tutti_defer(nothing, NULL);
}

static int set_local(struct probe *probe)
{
    int rc = tutti_local_set(&variable, probe);
    tutti_check((tutti_local_get(&variable) == probe) == (rc == 0));
    return rc;
}

static int set_run_local(struct probe *probe)
{
    int rc = tutti_run_local_set(&variable, probe);
    tutti_check((tutti_run_local_get(&variable) == probe) == (rc == 0));
    return rc;
}

static int open_token(struct probe *probe)
{
    struct tutti_post post = {.fn = nothing};
    int rc = tutti_token_open(&probe->token, "token");
    tutti_check(tutti_token_post(&probe->token, &post, 0) == (rc < 0 ? TUTTI_ERUNFINISHED : 0));
    tutti_token_close(&probe->token);
    return rc;
}

/* Refused, the handlers are as they were. */
static int receive_signals(struct probe *probe)
{
    static const int numbers[] = {SIGUSR1, SIGUSR2};
    struct tutti_signals signals;
    struct sigaction now;
    (void)probe;
    int rc = tutti_signals_open(&signals, numbers, 2);
    tutti_check(sigaction(SIGUSR2, NULL, &now) == 0 && (now.sa_handler == SIG_DFL) == (rc < 0));
    if (rc < 0) tutti_check(tutti_signals_next_nowait(&signals) == TUTTI_ECLOSED);
    tutti_signals_close(&signals);
    return rc;
}

static int open_channel(struct probe *probe)
{
    struct tutti_chan_sender *sender = &probe->sender;
    struct tutti_chan_receiver *receiver = &probe->receiver;
    int item = 1, rc = tutti_chan_open(sender, receiver, "chan", sizeof item, TUTTI_CHAN_UNBOUNDED);
    if (rc < 0) {
        tutti_check(!sender->chan && !receiver->chan);
        return rc;
    }
    for (int i = 0; i < 40 && rc == 0; i++) {
        size_t used = tutti_chan_statistics(sender->chan).used;
        rc = i % 2 ? tutti_chan_send(sender, &item) : tutti_chan_send_nowait(sender, &item);
        tutti_check(tutti_chan_statistics(sender->chan).used == used + (rc == 0));
    }
    tutti_chan_close_send(sender);
    tutti_chan_close_receive(receiver);
    return rc;
}

static int take_memory(struct probe *probe)
{
    void *memory = tutti_malloc(100);
    (void)probe;
    if (!memory) return TUTTI_ENOMEMORY;
    tutti_free(memory);
    return 0;
}

/* A record is a luxury: without memory for it the code goes on alone. */
static int make_error(struct probe *probe)
{
    (void)probe;
    int rc = tutti_error(-5, "an error");
    tutti_check(rc == -5);
    return tutti_error_record(-5) ? 0 : TUTTI_ENOMEMORY;
}

static const struct {
    const char *name;
    int (*call)(struct probe *probe);
} probes[] = {
    {"start", start},
    {"start_copy", start_copy},
    {"start_named", start_named},
    {"start_wait", start_wait},
    {"start_ready", start_ready},
    {"start_service", start_service},
    {"start_result", start_result},
    {"start_system", start_system},
    {"open_nursery", open_nursery},
    {"run_nursery", run_nursery},
    {"block_nursery", block_nursery},
    {"open_scope", open_scope},
    {"enter_scope", enter_scope},
    {"move_on", move_on},
    {"until_finish", until_finish},
    {"gather", gather},
    {"race", race},
    {"defer", defer},
    {"set_local", set_local},
    {"set_run_local", set_run_local},
    {"open_token", open_token},
    {"receive_signals", receive_signals},
    {"open_channel", open_channel},
    {"take_memory", take_memory},
    {"make_error", make_error},
};

/* One probe, in the midst of so many scopes: whatever reserves room for a timer is in one of the
 * rounds the one that has to ask for more. */
static struct round {
    size_t probe;
    int scopes;
    int64_t refuses;
    int code;
} turn;

static int probe_body(struct tutti_nursery *nursery, void *arg)
{
    static struct probe probe; /* what it starts outlives this function */
    struct tutti_task_view before, after;
    struct tutti_run_now now = tutti_run_statistics(), then;
    (void)arg;
    probe = (struct probe){.nursery = nursery};
    tutti_inspect_task(tutti_task_self(), &before);
    refuser.left = turn.refuses;
    refuser.asked = refuser.refused = 0;
    turn.code = probes[turn.probe].call(&probe);
    refuser.left = -1;
    if (turn.code == 0) return 0;
    tutti_inspect_task(tutti_task_self(), &after);
    then = tutti_run_statistics();
    tutti_check(turn.code == TUTTI_ENOMEMORY && refuser.refused == 1);
    tutti_check(then.tasks_living == now.tasks_living && then.deadline_ns == now.deadline_ns);
    tutti_check(after.scopes == before.scopes && after.deadline_ns == before.deadline_ns);
    tutti_check(!nursery->children && !nursery->pending && !nursery->services);
    /* and with memory it works */
    return probes[turn.probe].call(&probe);
}

static int in_scopes(void *arg)
{
    struct tutti_scope scope;
    if (turn.scopes == 0) return tutti_nursery_run(probe_body, arg);
    turn.scopes--;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    return tutti_scope_close(&scope, in_scopes(arg));
}

/* Returns whether there was a request to refuse. */
static bool probe_once(size_t probe, int scopes, int64_t refuses, bool step)
{
    struct tiny_world tiny;
    struct tutti_options options = {.quiet = true};
    tiny_world_init(&tiny);
    refuser.pick =
        (struct tutti_pick){.mask = 1u << TUTTI_CHOICE_ALLOC, .step = step, .pick = refuse};
    refuser.alloc.resize = resize;
    refuser.left = -1;
    tiny.world.pick = &refuser.pick;
    tiny.world.alloc = &refuser.alloc;
    tiny.world.options = &options;
    turn = (struct round){.probe = probe, .scopes = scopes, .refuses = refuses};
    int rc = tutti_run(&tiny.world, in_scopes, NULL);
    if (rc < 0 || refuser.bytes) {
        struct tutti_run_stats stats;
        tutti_run_last(&stats);
        fail_msg("%s, request %lld, %d scopes: %s; %zu bytes", probes[probe].name,
                 (long long)refuses, scopes, stats.message, refuser.bytes);
    }
    return turn.code < 0 || refuser.refused;
}

static void each_call(void **state)
{
    (void)state;
    for (size_t probe = 0; probe < sizeof probes / sizeof *probes; probe++) {
        int refused = 0;
        for (int scopes = 8; scopes < 16; scopes++) {
            for (int step = 0; step < 2; step++) {
                for (int64_t n = 0; probe_once(probe, scopes, n, step); n++)
                    refused++;
            }
        }
        if (!refused) fail_msg("%s took no memory", probes[probe].name);
    }
}

/* A loop: its own struct, and all that a run takes to begin. */
static void *scarce_resize(struct tutti_alloc *alloc, void *old, size_t old_size, size_t size)
{
    (void)alloc;
    if (size > 0 && refuser.left-- <= 0) return NULL;
    return resize(alloc, old, old_size, size);
}

static void loops(void **state)
{
    struct tutti_alloc alloc = {scarce_resize};
    struct tutti_options options = {.quiet = true};
    struct tiny_world tiny;
    int rc = TUTTI_ENOMEMORY;
    (void)state;
    tiny_world_init(&tiny);
    tiny.world.alloc = &alloc;
    tiny.world.options = &options;
    for (int n = 0; rc < 0; n++) {
        struct tutti_loop *loop = NULL;
        int64_t timeout_ns;
        refuser.left = n;
        rc = tutti_loop_open(&loop, &tiny.world, nothing, NULL);
        assert_true((rc == 0) == (loop != NULL));
        if (rc == 0) {
            while (tutti_loop_step(loop, &timeout_ns) == TUTTI_LOOP_MORE) {
            }
            rc = tutti_loop_close(loop);
        }
        assert_true(rc == 0 || rc == TUTTI_ENOMEMORY);
        assert_int_equal(refuser.bytes, 0);
        assert_true(n < 20);
    }
}

/* The dump: of the C library's memory. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static int dump_left = -1; /* negative: nothing is refused */

static bool refuses_now(void)
{
    if (dump_left < 0) return false;
    return dump_left-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return refuses_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refuses_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return refuses_now() ? NULL : __real_realloc(old, size);
}

static int sleeps(void *arg)
{
    (void)arg;
    return tutti_sleep(10);
}

static int dump_body(struct tutti_nursery *nursery, void *arg)
{
    int refused = 0, rc = TUTTI_ENOMEMORY;
    (void)arg;
    for (int i = 0; i < 40; i++) {
        TUTTI_TRY(tutti_nursery_start_named(nursery, i % 2 ? "odd" : "even", sleeps, NULL));
    }
    TUTTI_TRY(tutti_sleep(1));
    for (int n = 0; rc < 0 && n < 100; n++) {
        struct tutti_text text = {0};
        dump_left = n;
        rc = tutti_dump(&text);
        if (dump_left < 0) refused++;
        dump_left = -1;
        tutti_check(rc == 0 || rc == TUTTI_ENOMEMORY);
        tutti_check(rc < 0 || strstr(text.bytes, "tutti: 41 tasks"));
        tutti_text_free(&text);
    }
    tutti_check(rc == 0 && refused > 3);
    return 0;
}

static int dumps_main(void *arg)
{
    return tutti_nursery_run(dump_body, arg);
}

static void dumps(void **state)
{
    struct tiny_world tiny;
    (void)state;
    tiny_world_init(&tiny);
    assert_int_equal(tutti_run(&tiny.world, dumps_main, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_call), cmocka_unit_test(loops),
                                       cmocka_unit_test(dumps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
