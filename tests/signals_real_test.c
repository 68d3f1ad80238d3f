/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals from other threads, from the system and in other processes: in the real world, since all
 * of these are the system's. Nothing depends on how fast anything is. What a program raises itself
 * is in signals_test.c. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "real_run.h"
#include "tutti/io/signals.h"

enum { THREADS = 3, ROUNDS = 40 };

/* What arrived of each thread's signal, whoever was told. */
static atomic_int arrived[THREADS], formerly;
static atomic_bool enough;

static void former(int number)
{
    atomic_fetch_add(&formerly, 1);
    atomic_fetch_add(&arrived[number - SIGRTMIN], 1);
}

struct raiser {
    pthread_t thread;
    int number, raised;
};

/* Raises its signal again whenever the one before has arrived: one that is lost hangs it. */
static void *raise_many(void *arg)
{
    struct raiser *raiser = arg;
    do {
        if (raiser->raised++ % 2) {
            raise(raiser->number);
        } else {
            kill(getpid(), raiser->number); /* in any thread */
        }
        while (atomic_load(&arrived[raiser->number - SIGRTMIN]) < raiser->raised)
            sched_yield();
    } while (!atomic_load(&enough));
    return NULL;
}

/* Receives some, and closes; then the former handlers are to get the next one. */
static int one_round(const int *numbers, int count)
{
    struct tutti_signals signals;
    TUTTI_TRY(tutti_signals_open(&signals, numbers, THREADS));
    for (int i = 0; i < count; i++) {
        int number = tutti_signals_next(&signals);
        if (number < 0) return number;
        atomic_fetch_add(&arrived[number - SIGRTMIN], 1);
    }
    tutti_signals_close(&signals);
    int before = atomic_load(&formerly);
    while (atomic_load(&formerly) == before)
        TUTTI_TRY(tutti_checkpoint());
    return 0;
}

/* Receivers come and go while three threads raise signals: each arrives once, here or there. */
static int R58_from_threads(void *arg)
{
    struct raiser raisers[THREADS];
    int numbers[THREADS], received = 0, raised = 0;
    (void)arg;
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = SIGRTMIN + i;
        raisers[i] = (struct raiser){.number = numbers[i]};
        signal(numbers[i], former);
        tutti_check(pthread_create(&raisers[i].thread, NULL, raise_many, &raisers[i]) == 0);
    }
    for (int round = 0; round < ROUNDS; round++) {
        TUTTI_TRY(one_round(numbers, round % 5));
        received += round % 5;
    }
    atomic_store(&enough, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(raisers[i].thread, NULL);
        tutti_check(arrived[i] == raisers[i].raised);
        raised += raisers[i].raised;
        signal(numbers[i], SIG_DFL);
    }
    tutti_check(received + formerly == raised);
    return 0;
}

/* A run that sleeps is woken. */
static int wakes_a_sleeping_run(void *arg)
{
    static const int numbers[] = {SIGALRM};
    struct itimerval soon = {.it_value = {.tv_usec = 1000}};
    struct tutti_signals signals;
    (void)arg;
    TUTTI_TRY(tutti_signals_open(&signals, numbers, 1));
    for (int i = 0; i < 3; i++) {
        tutti_check(setitimer(ITIMER_REAL, &soon, NULL) == 0);
        tutti_check(tutti_signals_next(&signals) == SIGALRM);
    }
    tutti_signals_close(&signals);
    return 0;
}

/* A child that did not exec yet: its signal does to it what it did before, and is not this run's.
 */
static int not_for_children(void *arg)
{
    static const int numbers[] = {SIGUSR1};
    struct tutti_signals signals;
    int status = 0;
    (void)arg;
    TUTTI_TRY(tutti_signals_open(&signals, numbers, 1));
    pid_t child = fork();
    if (child == 0) {
        raise(SIGUSR1);
        _exit(0);
    }
    tutti_check(child > 0 && waitpid(child, &status, 0) == child);
    tutti_check(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_signals_statistics(&signals).pending == 0);
    raise(SIGUSR1);
    tutti_check(tutti_signals_next(&signals) == SIGUSR1);
    tutti_signals_close(&signals);
    return 0;
}

struct other {
    const struct tutti_signals *signals;
    int busy, next, nowait, own, rc;
};

static int in_another_run(void *arg)
{
    static const int taken[] = {SIGUSR1}, free_one[] = {SIGUSR2};
    struct other *other = arg;
    struct tutti_signals signals;
    other->busy = tutti_signals_open(&signals, taken, 1);
    other->next = tutti_signals_next(other->signals);
    other->nowait = tutti_signals_next_nowait(other->signals);
    TUTTI_TRY(tutti_signals_open(&signals, free_one, 1));
    kill(getpid(), SIGUSR2);
    other->own = tutti_signals_next(&signals);
    tutti_signals_close(&signals);
    return 0;
}

static void *another_thread(void *arg)
{
    struct other *other = arg;
    other->rc = tutti_run(tutti_world_real(), in_another_run, other);
    return NULL;
}

/* Two runs, a receiver each; one has no business with the other's. */
static int T84_wrong_thread(void *arg)
{
    static const int numbers[] = {SIGUSR1};
    struct tutti_signals signals;
    struct other other = {.signals = &signals};
    pthread_t thread;
    (void)arg;
    TUTTI_TRY(tutti_signals_open(&signals, numbers, 1));
    tutti_check(pthread_create(&thread, NULL, another_thread, &other) == 0);
    pthread_join(thread, NULL);
    tutti_check(other.rc == 0 && other.busy == TUTTI_EBUSY && other.own == SIGUSR2);
    tutti_check(other.next == TUTTI_ESTATE && other.nowait == TUTTI_ESTATE);
    kill(getpid(), SIGUSR1);
    tutti_check(tutti_signals_next(&signals) == SIGUSR1);
    tutti_signals_close(&signals);
    return 0;
}

static int leave_it_pending(void *arg)
{
    static const int numbers[] = {SIGTERM};
    struct tutti_signals signals;
    (void)arg;
    TUTTI_TRY(tutti_signals_open(&signals, numbers, 1));
    raise(SIGTERM);
    tutti_signals_close(&signals);
    return 0;
}

/* What nobody read ends the process after all, if that is what it did before. In a child, before
 * this process has a real world. */
static void R58_default_after_all(void **state)
{
    int status = 0;
    (void)state;
    pid_t child = fork();
    if (child == 0) _exit(tutti_run(tutti_world_real(), leave_it_pending, NULL) < 0);
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R58_default_after_all),
        REAL(R58_from_threads),
        REAL(wakes_a_sleeping_run),
        REAL(not_for_children),
        REAL(T84_wrong_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
