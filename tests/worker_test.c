/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Worker threads, and names looked up in them: in the real world, since the threads are the
 * system's. Nothing depends on how fast anything is: what is to be under way says so, and what is
 * to wait waits for a semaphore. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "real_run.h"

#include "tutti/core/nursery.h"
#include "tutti/io/address_text.h"
#include "tutti/io/listener.h"
#include "tutti/io/resolve.h"
#include "tutti/io/tcp_connect.h"
#include "tutti/io/worker.h"
#include "tutti/sim/sim_world.h"
#include "tutti/sim/virtual_clock.h"

static atomic_int running, most, finished, drops;
static sem_t gate, dropped;

static void begin(void)
{
    running = most = finished = drops = 0;
    sem_init(&gate, 0, 0);
    sem_init(&dropped, 0, 0);
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) < 0 && errno == EINTR)
        continue;
}

/* Goes on when the gate lets it. */
static int through_gate(void *arg)
{
    int now = atomic_fetch_add(&running, 1) + 1, before = most;
    while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
        continue;
    wait_for(&gate);
    atomic_fetch_sub(&running, 1);
    atomic_fetch_add(&finished, 1);
    return *(int *)arg;
}

static void drop(void *arg)
{
    (void)arg;
    atomic_fetch_add(&drops, 1);
    sem_post(&dropped);
}

static int until_running(int count)
{
    while (most < count)
        TUTTI_TRY(tutti_sleep(TUTTI_MS / 10));
    return 0;
}

static int give_back(void *arg)
{
    return *(int *)arg;
}

static int results_come_back(void *arg)
{
    static const int results[] = {0, 7, INT32_MAX, -EIO, TUTTI_ECANCELED, INT32_MIN};
    (void)arg;
    begin();
    for (int i = 0; i < 6; i++) {
        int result = results[i];
        tutti_check(tutti_worker_call(give_back, &result) == result);
        tutti_check(tutti_worker_call_abandonable(give_back, &result, drop) == result);
    }
    tutti_check(drops == 0);
    tutti_check(tutti_worker_call(NULL, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_worker_call_abandonable(NULL, NULL, drop) == TUTTI_EINVALID && drops == 1);
    return 0;
}

/* A worker is another thread, with no signal of its own. */
static int look_around(void *arg)
{
    pthread_t *thread = arg;
    sigset_t blocked;
    *thread = pthread_self();
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    return sigismember(&blocked, SIGTERM) + sigismember(&blocked, SIGUSR1);
}

static int another_thread(void *arg)
{
    pthread_t thread;
    (void)arg;
    tutti_check(tutti_worker_call(look_around, &thread) == 2);
    tutti_check(!pthread_equal(thread, pthread_self()));
    return 0;
}

struct call {
    int value, rc;
    bool abandonable, done;
    struct tutti_scope scope;
    int after; /* what the next checkpoint said */
};

static int call_task(void *arg)
{
    struct call *call = arg;
    TUTTI_TRY(tutti_scope_enter(&call->scope));
    call->rc = call->abandonable ? tutti_worker_call_abandonable(through_gate, &call->value, drop)
                                 : tutti_worker_call(through_gate, &call->value);
    call->after = tutti_checkpoint();
    call->done = true;
    return tutti_scope_close(&call->scope, call->after);
}

/* As many at once as there may be workers; the others wait, and can be cancelled without having
 * been called. */
enum { CALLS = 3 * TUTTI_WORKERS_MAX };
static int bounded(void *arg)
{
    static struct call calls[CALLS];
    struct tutti_nursery nursery;
    (void)arg;
    begin();
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < CALLS; i++) {
        calls[i] = (struct call){.value = i, .scope = TUTTI_SCOPE_INIT, .abandonable = i % 2};
        TUTTI_TRY(tutti_nursery_start(&nursery, call_task, &calls[i]));
    }
    TUTTI_TRY(until_running(TUTTI_WORKERS_MAX));
    for (int i = CALLS - 4; i < CALLS; i++) {
        tutti_scope_cancel(&calls[i].scope);
        while (!calls[i].done)
            TUTTI_TRY(tutti_checkpoint());
        tutti_check(calls[i].rc == TUTTI_ECANCELED);
    }
    tutti_check(drops == 2 && finished == 0);
    for (int i = 0; i < CALLS; i++)
        sem_post(&gate);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    for (int i = 0; i < CALLS - 4; i++)
        tutti_check(calls[i].done && calls[i].rc == i && calls[i].after == 0);
    tutti_check(most == TUTTI_WORKERS_MAX && finished == CALLS - 4 && drops == 2);
    return 0;
}

/* Cancelled while it runs: the call waits for it, and has its result. */
static int R55_cancelled_and_waited_for(void *arg)
{
    struct call call = {.value = 5, .scope = TUTTI_SCOPE_INIT};
    struct tutti_nursery nursery;
    (void)arg;
    begin();
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, call_task, &call));
    TUTTI_TRY(until_running(1));
    tutti_scope_cancel(&call.scope);
    for (int i = 0; i < 10; i++)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(!call.done);
    sem_post(&gate);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(call.rc == 5 && call.after == TUTTI_ECANCELED && finished == 1);
    return 0;
}

/* Cancelled while it runs, and not waited for: what it was given is dropped when it is done. */
static int abandoned(void *arg)
{
    static struct call call;
    struct tutti_nursery nursery;
    (void)arg;
    begin();
    call = (struct call){.value = 5, .scope = TUTTI_SCOPE_INIT, .abandonable = true};
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, call_task, &call));
    TUTTI_TRY(until_running(1));
    tutti_scope_cancel(&call.scope);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(call.rc == TUTTI_ECANCELED && finished == 0 && drops == 0);
    sem_post(&gate);
    wait_for(&dropped);
    tutti_check(finished == 1 && drops == 1);
    return 0;
}

/* What was abandoned has its thread until it is done: the next call waits for one of these. */
static int R56_abandoned_keep_their_threads(void *arg)
{
    static struct call calls[TUTTI_WORKERS_MAX + 1];
    struct call *last = &calls[TUTTI_WORKERS_MAX];
    struct tutti_nursery nursery;
    (void)arg;
    begin();
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < TUTTI_WORKERS_MAX; i++) {
        calls[i] = (struct call){.value = i, .scope = TUTTI_SCOPE_INIT, .abandonable = true};
        TUTTI_TRY(tutti_nursery_start(&nursery, call_task, &calls[i]));
    }
    TUTTI_TRY(until_running(TUTTI_WORKERS_MAX));
    for (int i = 0; i < TUTTI_WORKERS_MAX; i++)
        tutti_scope_cancel(&calls[i].scope);
    *last = (struct call){.value = 77, .scope = TUTTI_SCOPE_INIT, .abandonable = true};
    TUTTI_TRY(tutti_nursery_start(&nursery, call_task, last));
    TUTTI_TRY(tutti_sleep(5 * TUTTI_MS)); /* time enough to begin, if it could */
    tutti_check(calls[0].done && running == TUTTI_WORKERS_MAX && !last->done);
    sem_post(&gate); /* one of them comes to its end, and its thread goes on to the next call */
    wait_for(&dropped);
    while (running < TUTTI_WORKERS_MAX)
        TUTTI_TRY(tutti_sleep(TUTTI_MS / 10));
    for (int i = 0; i < TUTTI_WORKERS_MAX; i++)
        sem_post(&gate);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(last->rc == 77 && most == TUTTI_WORKERS_MAX);
    for (int i = 1; i < TUTTI_WORKERS_MAX; i++)
        wait_for(&dropped);
    return 0;
}

static int cancelled_before(void *arg)
{
    struct tutti_scope scope;
    int value = 1;
    (void)arg;
    begin();
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    int rc = tutti_worker_call(through_gate, &value);
    tutti_check(rc == TUTTI_ECANCELED);
    rc = tutti_worker_call_abandonable(through_gate, &value, drop);
    tutti_check(rc == TUTTI_ECANCELED && drops == 1);
    tutti_check(tutti_scope_close(&scope, rc) == 0 && most == 0);
    return 0;
}

/* A run that is over does not leave before what uses its tasks' memory is; what can be abandoned,
 * it does not wait for. */
static struct call lost[2];
static atomic_bool lost_finished; /* the one that is waited for */

static int lost_through_gate(void *arg)
{
    int rc = through_gate(arg);
    lost_finished = true;
    return rc;
}

static int lost_task(void *arg)
{
    struct call *call = arg;
    call->rc = tutti_worker_call(lost_through_gate, &call->value);
    return call->rc;
}

static int fails_meanwhile(void *arg)
{
    struct tutti_nursery nursery;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < 2; i++) {
        lost[i] = (struct call){.value = i, .scope = TUTTI_SCOPE_INIT, .abandonable = i == 1};
        TUTTI_TRY(tutti_nursery_start(&nursery, i ? call_task : lost_task, &lost[i]));
    }
    TUTTI_TRY(until_running(2));
    sem_post(&gate);
    sem_post(&gate);
    tutti_check(!"this run ends here");
    return tutti_nursery_close(&nursery, 0);
}

static void run_that_fails(void **state)
{
    struct tutti_world world = *tutti_world_real();
    const struct tutti_options quiet = {.quiet = true};
    (void)state;
    begin();
    world.options = &quiet;
    assert_int_equal(tutti_run(&world, fails_meanwhile, NULL), TUTTI_ECHECK);
    assert_true(lost_finished);
    wait_for(&dropped);
    assert_int_equal(finished, 2);
    assert_int_equal(drops, 1);
}

/* Longer than any step of the run, so that a clock that does not wait for it would be seen. */
static int compute(void *arg)
{
    (void)poll(NULL, 0, 20);
    *(bool *)arg = true;
    return 0;
}

static int compute_task(void *arg)
{
    return tutti_worker_call(compute, arg);
}

static int sleep_meanwhile(void *arg)
{
    struct tutti_nursery nursery;
    bool computed = false;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, compute_task, &computed));
    TUTTI_TRY(tutti_sleep(1000 * TUTTI_S));
    tutti_check(computed && tutti_now() >= 1000 * TUTTI_S);
    return tutti_nursery_close(&nursery, 0);
}

/* Time that jumps when all wait does not jump past a worker that works. */
static void R48_no_jump_past_workers(void **state)
{
    struct tutti_virtual_clock clock;
    (void)state;
    tutti_virtual_clock_init(&clock, tutti_world_real());
    assert_int_equal(tutti_virtual_clock_set_autojump(&clock, 0), 0);
    assert_int_equal(tutti_run(&clock.world, sleep_meanwhile, NULL), 0);
}

static int call_in_child(void *arg)
{
    int value = 3;
    (void)arg;
    return tutti_worker_call(give_back, &value);
}

/* A child of fork() has none of the threads, and starts its own. */
static void forked(void **state)
{
    int status;
    (void)state;
    assert_int_equal(tutti_run(tutti_world_real(), call_in_child, NULL), 3);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(60);
        _exit(tutti_run(tutti_world_real(), call_in_child, NULL));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
}

static int no_workers(void *arg)
{
    int value = 1;
    (void)arg;
    tutti_check(tutti_worker_call(give_back, &value) == TUTTI_EUNSUPPORTED);
    tutti_check(tutti_worker_call_abandonable(give_back, &value, drop) == TUTTI_EUNSUPPORTED);
    tutti_check(drops == 1);
    return 0;
}

static void in_the_simulator(void **state)
{
    struct tutti_sim_world sim;
    (void)state;
    begin();
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    assert_int_equal(tutti_run(&sim.world, no_workers, NULL), 0);
    tutti_sim_world_close(&sim);
}

/* A system without /etc/hosts knows not even this name. */
static bool localhost_known;

static void look_for_localhost(void)
{
    struct addrinfo *found = NULL;
    localhost_known = getaddrinfo("localhost", NULL, NULL, &found) == 0;
    if (!localhost_known) print_message("not run by name: this system has no localhost\n");
    if (found) freeaddrinfo(found);
}

/* The system's own names. */
static int localhost(void *arg)
{
    struct tutti_address found[8];
    (void)arg;
    if (!localhost_known) return 0;
    int count = tutti_resolve("localhost", 7, found, 8);
    TUTTI_TRY(count);
    tutti_check(count > 0);
    for (int i = 0; i < count; i++) {
        struct tutti_address expected = tutti_address_loopback(found[i].family, 7);
        if (found[i].family == TUTTI_FAMILY_IPV6) {
            tutti_check(tutti_address_equal(&found[i], &expected));
        } else {
            tutti_check(found[i].ip[0] == 127 && found[i].port == 7);
        }
    }
    tutti_check(tutti_resolve("localhost", 7, found, 1) == 1);
    return 0;
}

static int look_up(void *arg)
{
    struct tutti_address found[8];
    (void)arg;
    return tutti_resolve("no-such-name.invalid", 7, found, 8);
}

/* However long somebody else takes to answer; whether anybody does depends on the machine. What is
 * given up goes on, descriptors and all: so this is the last one, and these are not counted. */
static int give_up_again_and_again(void *arg)
{
    (void)arg;
    for (int i = 0; i < 50; i++) {
        int rc = tutti_move_on_after(i * TUTTI_US * 10, look_up, NULL);
        tutti_check(rc == 0 || rc == TUTTI_ENONAME || rc == TUTTI_ENAMESERVICE);
    }
    return 0;
}

static void look_up_and_give_up(void **state)
{
    (void)state;
    assert_int_equal(tutti_run(tutti_world_real(), give_up_again_and_again, NULL), 0);
}

/* By name to a listener of our own, and to a port where nobody listens. */
static int connect_by_name(void *arg)
{
    struct tutti_socket_listener listener;
    struct tutti_socket_stream stream;
    struct tutti_address here = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    union tutti_accepted accepted;
    char byte;
    (void)arg;
    if (!localhost_known) return 0;
    TUTTI_TRY(tutti_listen(&listener, &here, NULL));
    TUTTI_TRY(tutti_socket_address(&listener.socket, &here));
    TUTTI_TRY(tutti_tcp_connect(&stream, "localhost", here.port));
    TUTTI_TRY(tutti_listener_accept(&listener.listener, &accepted));
    TUTTI_TRY(tutti_stream_send_all(&stream.stream, "x", 1));
    tutti_check(tutti_stream_receive(&accepted.stream, &byte, 1) == 1 && byte == 'x');
    tutti_stream_free(&stream.stream);
    tutti_stream_free(&accepted.stream);
    tutti_listener_close(&listener.listener);
    int rc = tutti_tcp_connect(&stream, "127.0.0.1", here.port);
    const struct tutti_error *error = tutti_error_record(rc);
    tutti_check(rc == -ECONNREFUSED && error && error->suppressed && !error->suppressed->next);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {REAL(results_come_back),
                                       REAL(another_thread),
                                       REAL(bounded),
                                       REAL(R55_cancelled_and_waited_for),
                                       REAL(abandoned),
                                       REAL(R56_abandoned_keep_their_threads),
                                       REAL(cancelled_before),
                                       cmocka_unit_test(run_that_fails),
                                       cmocka_unit_test(R48_no_jump_past_workers),
                                       cmocka_unit_test(forked),
                                       cmocka_unit_test(in_the_simulator),
                                       REAL(localhost),
                                       REAL(connect_by_name),
                                       cmocka_unit_test(look_up_and_give_up)};
    look_for_localhost();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
