/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals that the program raises itself, under many schedules. What comes from other threads and
 * processes is in signals_real_test.c. */
#define _GNU_SOURCE
#include <signal.h>

#include "rehearsed.h"

#include "tutti/core/finish.h"
#include "tutti/core/service.h"
#include "tutti/core/sync.h"
#include "tutti/io/signals.h"

enum { FORMER_MAX = 8 };

/* What the handlers saw that were there before any receiver. */
static volatile int former[FORMER_MAX], former_count;
static const int both[] = {SIGUSR1, SIGUSR2};

static void note_former(int number)
{
    tutti_check(former_count < FORMER_MAX);
    former[former_count++] = number;
}

static void begin(void)
{
    signal(SIGUSR1, note_former);
    signal(SIGUSR2, note_former);
    former_count = 0;
}

static bool handled_by(int number, void (*handler)(int number))
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == handler;
}

static bool all_former(void)
{
    return handled_by(SIGUSR1, note_former) && handled_by(SIGUSR2, note_former);
}

static int next(void *arg)
{
    return tutti_signals_next((struct tutti_signals *)arg);
}

/* Several of a kind are one, in the order of the first ones; then there is nothing. */
static int T84_raised_before_reading(void *arg)
{
    struct tutti_signals signals;
    (void)arg;
    begin();
    TUTTI_TRY(tutti_signals_open(&signals, both, 2));
    errno = ENOTTY;
    for (int i = 0; i < 5; i++)
        raise(SIGUSR1);
    raise(SIGUSR2);
    raise(SIGUSR1);
    tutti_check(errno == ENOTTY);
    tutti_check(tutti_signals_next(&signals) == SIGUSR1);
    tutti_check(tutti_signals_next(&signals) == SIGUSR2);
    tutti_check(tutti_signals_next_nowait(&signals) == TUTTI_EWOULDBLOCK);
    tutti_check(tutti_move_on_after(TUTTI_S, next, &signals) == 0 && tutti_now() == TUTTI_S);
    tutti_signals_close(&signals);
    tutti_check(former_count == 0 && all_former());
    return 0;
}

/* Also when they were queued meanwhile; nowait takes the same, and they are counted. */
static int T84_raised_again_while_queued(void *arg)
{
    struct tutti_signals signals;
    (void)arg;
    begin();
    TUTTI_TRY(tutti_signals_open(&signals, both, 2));
    for (int i = 0; i < 3; i++) {
        raise(i == 1 ? SIGUSR2 : SIGUSR1);
        TUTTI_TRY(tutti_sleep(1));
    }
    struct tutti_signals_stats stats = tutti_signals_statistics(&signals);
    tutti_check(stats.pending == 2 && stats.waiting == 0);
    tutti_check(tutti_signals_next_nowait(&signals) == SIGUSR1);
    tutti_check(tutti_signals_statistics(&signals).pending == 1);
    tutti_check(tutti_signals_next_nowait(&signals) == SIGUSR2);
    tutti_check(tutti_signals_next_nowait(&signals) == TUTTI_EWOULDBLOCK);
    tutti_signals_close(&signals);
    tutti_check(former_count == 0);
    return 0;
}

/* Each one is raised again as soon as it is read, and both have their turns. */
static int T84_two_alternate(void *arg)
{
    struct tutti_signals signals;
    (void)arg;
    begin();
    TUTTI_TRY(tutti_signals_open(&signals, both, 2));
    raise(SIGUSR2);
    raise(SIGUSR1);
    for (int i = 0; i < 20; i++) {
        int number = tutti_signals_next(&signals);
        tutti_check(number == (i % 2 ? SIGUSR1 : SIGUSR2));
        raise(number);
    }
    tutti_signals_close(&signals);
    tutti_check(former_count == 2);
    return 0;
}

/* What was not read goes to the former handlers, in its order: seen by the run or not yet. */
static int T84_close_raises_again(void *arg)
{
    struct tutti_signals signals;
    (void)arg;
    for (int seen = 0; seen <= 2; seen++) {
        begin();
        TUTTI_TRY(tutti_signals_open(&signals, both, 2));
        raise(SIGUSR2);
        if (seen == 1) TUTTI_TRY(tutti_sleep(1));
        raise(SIGUSR1);
        raise(SIGUSR2);
        if (seen == 2) TUTTI_TRY(tutti_sleep(1));
        tutti_check(former_count == 0);
        tutti_signals_close(&signals);
        tutti_check(former_count == 2 && former[0] == SIGUSR2 && former[1] == SIGUSR1);
        tutti_check(all_former());
        raise(SIGUSR1);
        tutti_check(former_count == 3);
    }
    return 0;
}

/* Ignored before: ignored again, and the process lives. */
static int T84_ignored_before(void *arg)
{
    struct tutti_signals signals;
    (void)arg;
    begin();
    signal(SIGUSR1, SIG_IGN);
    TUTTI_TRY(tutti_signals_open(&signals, both, 1));
    raise(SIGUSR1);
    tutti_signals_close(&signals);
    tutti_check(handled_by(SIGUSR1, SIG_IGN) && former_count == 0);
    return 0;
}

/* What cannot be received: nothing is changed, and the record says why. */
static int T84_bad_numbers(void *arg)
{
    static const int bad[] = {0,       -1,      65,      INT32_MAX, INT32_MIN, 32,
                              SIGKILL, SIGSTOP, SIGSEGV, SIGBUS,    SIGFPE,    SIGILL};
    struct tutti_signals signals;
    (void)arg;
    begin();
    tutti_check(tutti_signals_open(&signals, both, 0) == TUTTI_EINVALID);
    tutti_check(tutti_signals_open(&signals, NULL, 2) == TUTTI_EINVALID);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const int numbers[] = {SIGUSR1, bad[i], SIGUSR2};
        tutti_check(tutti_signals_open(&signals, numbers, 3) == TUTTI_EINVALID);
        tutti_check(strstr(tutti_error_record(TUTTI_EINVALID)->message, "cannot be received"));
        tutti_check(tutti_signals_next(&signals) == TUTTI_ECLOSED && all_former());
    }
    return 0;
}

/* One receiver a signal; another one of others is fine, and a number may be there twice. */
static int T84_one_receiver_a_signal(void *arg)
{
    static const int others[] = {SIGHUP, SIGUSR2, SIGURG};
    static const int twice[] = {SIGUSR2, SIGUSR2};
    struct tutti_signals one, two, three;
    struct sigaction now;
    (void)arg;
    begin();
    TUTTI_TRY(tutti_signals_open(&one, twice, 2));
    tutti_check(sigaction(SIGUSR2, NULL, &now) == 0);
    tutti_check((now.sa_flags & SA_RESTART) && (now.sa_flags & SA_ONSTACK));
    tutti_check(tutti_signals_open(&two, others, 3) == TUTTI_EBUSY);
    tutti_check(strstr(tutti_error_record(TUTTI_EBUSY)->message, "SIGUSR2"));
    tutti_check(strstr(tutti_error_record(TUTTI_EBUSY)->message, "signals_test.c:"));
    tutti_check(handled_by(SIGHUP, SIG_DFL) && handled_by(SIGURG, SIG_DFL));
    tutti_check(tutti_signals_open(&two, both, 1) == 0);
    raise(SIGUSR1);
    raise(SIGUSR2);
    three = one; /* a copy is as good */
    tutti_check(tutti_signals_next(&three) == SIGUSR2 && tutti_signals_next(&two) == SIGUSR1);
    tutti_signals_close(&one);
    tutti_check(tutti_signals_next(&three) == TUTTI_ECLOSED && handled_by(SIGUSR2, note_former));
    TUTTI_TRY(tutti_signals_open(&one, others, 3));
    tutti_signals_close(&one);
    TUTTI_TRY(tutti_signals_open(&one, twice, 2));
    tutti_signals_close(&three); /* of the one before: nothing to close */
    raise(SIGUSR2);
    tutti_check(tutti_signals_next(&one) == SIGUSR2);
    tutti_signals_close(&two);
    tutti_signals_close(&one);
    tutti_check(all_former() && handled_by(SIGHUP, SIG_DFL) && former_count == 0);
    return 0;
}

struct reader {
    struct tutti_signals signals;
    struct tutti_scope scope;
    int rc;
};

static int read_one(void *arg)
{
    struct reader *reader = *(struct reader **)arg;
    TUTTI_TRY(tutti_scope_open(&reader->scope, TUTTI_NEVER));
    reader->rc = tutti_signals_next(&reader->signals);
    return tutti_scope_close(&reader->scope, reader->rc < 0 ? reader->rc : 0);
}

static int wait_until_read(const struct reader *reader)
{
    while (!tutti_signals_statistics(&reader->signals).waiting)
        TUTTI_TRY(tutti_sleep(1));
    return 0;
}

/* A second task is refused while one waits; the one that waits is told of the end. Closed it stays
 * closed, and closing again is no error. */
static int T84_second_task_and_closing(void *arg)
{
    struct reader reader = {.rc = 1}, *p = &reader;
    struct tutti_nursery nursery;
    (void)arg;
    begin();
    TUTTI_TRY(tutti_signals_open(&reader.signals, both, 2));
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start_copy(&nursery, read_one, &p, sizeof p));
    TUTTI_TRY(wait_until_read(&reader));
    tutti_check(tutti_signals_next(&reader.signals) == TUTTI_EBUSY);
    tutti_check(tutti_signals_next_nowait(&reader.signals) == TUTTI_EBUSY);
    tutti_signals_close(&reader.signals);
    tutti_check(tutti_nursery_close(&nursery, 0) == TUTTI_ECLOSED && reader.rc == TUTTI_ECLOSED);
    tutti_check(tutti_signals_next(&reader.signals) == TUTTI_ECLOSED);
    tutti_check(tutti_signals_next_nowait(&reader.signals) == TUTTI_ECLOSED);
    tutti_check(tutti_signals_statistics(&reader.signals).waiting == 0);
    tutti_signals_close(&reader.signals);
    tutti_check(former_count == 0 && all_former());
    return 0;
}

/* Cancelled before: it takes nothing. Not cancelled, with one there: others run all the same. */
static int T84_cancelled_takes_nothing(void *arg)
{
    struct reader reader = {.rc = 1};
    (void)arg;
    begin();
    TUTTI_TRY(tutti_signals_open(&reader.signals, both, 2));
    raise(SIGUSR1);
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(tutti_scope_open(&reader.scope, TUTTI_NEVER));
    tutti_scope_cancel(&reader.scope);
    reader.rc = tutti_signals_next(&reader.signals);
    TUTTI_TRY(tutti_scope_close(&reader.scope, reader.rc));
    tutti_check(reader.rc == TUTTI_ECANCELED);
    tutti_check(tutti_signals_next(&reader.signals) == SIGUSR1);
    tutti_signals_close(&reader.signals);
    return 0;
}

static int raise_both(void *arg)
{
    (void)arg;
    raise(SIGUSR1);
    TUTTI_TRY(tutti_checkpoint());
    raise(SIGUSR2);
    return 0;
}

/* One reads, one raises, and either may be called off: each signal that was raised is returned or
 * raised again, and that once. */
static int R58_read_or_raised_again(void *arg)
{
    struct reader reader = {.rc = 0}, *p = &reader;
    struct tutti_nursery nursery;
    int counts[2] = {0, 0};
    (void)arg;
    begin();
    TUTTI_TRY(tutti_signals_open(&reader.signals, both, 2));
    TUTTI_TRY(tutti_nursery_open(&nursery));
    int rc = tutti_nursery_start_copy(&nursery, read_one, &p, sizeof p);
    if (rc == 0) rc = raise_both(NULL);
    rc = tutti_nursery_close(&nursery, rc);
    tutti_signals_close(&reader.signals);
    if (reader.rc > 0) counts[reader.rc == SIGUSR2]++;
    for (int i = 0; i < former_count; i++)
        counts[former[i] == SIGUSR2]++;
    tutti_check(counts[0] == 1 && counts[1] == (rc == 0));
    tutti_check(all_former());
    return rc;
}

struct meanwhile {
    struct tutti_signals signals;
    int counts[2];
};

static int read_all(void *arg)
{
    struct meanwhile *meanwhile = *(struct meanwhile **)arg;
    struct tutti_scope scope;
    int rc;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    while ((rc = tutti_signals_next(&meanwhile->signals)) > 0)
        meanwhile->counts[rc == SIGUSR2]++;
    return tutti_scope_close(&scope, rc == TUTTI_ECLOSED ? 0 : rc);
}

/* The same with a receiver that is closed while signals come and are read. */
static int R58_closed_meanwhile(void *arg)
{
    struct meanwhile meanwhile = {.counts = {0, 0}}, *p = &meanwhile;
    struct tutti_nursery nursery;
    (void)arg;
    begin();
    TUTTI_TRY(tutti_signals_open(&meanwhile.signals, both, 2));
    TUTTI_TRY(tutti_nursery_open(&nursery));
    int rc = tutti_nursery_start_copy(&nursery, read_all, &p, sizeof p);
    if (rc == 0) rc = tutti_nursery_start(&nursery, raise_both, NULL);
    tutti_yield_shielded();
    tutti_signals_close(&meanwhile.signals);
    tutti_check(all_former());
    rc = tutti_nursery_close(&nursery, rc);
    for (int i = 0; i < former_count; i++)
        meanwhile.counts[former[i] == SIGUSR2]++;
    tutti_check(meanwhile.counts[0] == 1 && meanwhile.counts[1] == 1);
    return rc;
}

struct server {
    struct tutti_scope scope;
    int loads;
    bool asked;
};

static int obey(void *arg)
{
    struct server *server = arg;
    struct tutti_signals signals;
    int number;
    TUTTI_TRY(tutti_signals_open(&signals, both, 2));
    while ((number = tutti_signals_next(&signals)) > 0) {
        if (number == SIGUSR1) server->loads++;
        if (number == SIGUSR2) TUTTI_TRY(tutti_scope_finish(&server->scope, 5));
    }
    tutti_signals_close(&signals);
    return number;
}

static int serve(struct tutti_nursery *nursery, void *arg)
{
    struct server *server = arg;
    TUTTI_TRY(tutti_nursery_start_service(nursery, obey, server));
    TUTTI_TRY(tutti_sleep(1));
    raise(SIGUSR1);
    TUTTI_TRY(tutti_sleep(1));
    raise(SIGUSR2);
    int rc = tutti_sleep_forever();
    server->asked = tutti_finishing();
    raise(SIGUSR2);
    return rc;
}

/* As the guide has it: one signal to load, one to finish, in a service that closes the receiver. */
static int service_of_a_server(void *arg)
{
    struct server server = {.scope = TUTTI_SCOPE_INIT};
    (void)arg;
    begin();
    TUTTI_TRY(tutti_scope_enter(&server.scope));
    int rc = tutti_scope_close(&server.scope, tutti_nursery_run(serve, &server));
    tutti_check(rc == 0 && server.loads == 1 && server.asked);
    tutti_check(tutti_now() == 7 && all_former() && former_count <= 1);
    return 0;
}

/* A receiver is left open, and the run's end closes it: each run looks at the one before. */
static bool was_left_open;
static int R58_left_open(void *arg)
{
    struct tutti_signals signals;
    (void)arg;
    if (was_left_open) {
        tutti_check(former_count == 2 && former[0] == SIGUSR1 && former[1] == SIGUSR2);
        tutti_check(all_former());
    }
    begin();
    was_left_open = true;
    TUTTI_TRY(tutti_signals_open(&signals, both, 2));
    raise(SIGUSR1);
    TUTTI_TRY(tutti_checkpoint());
    raise(SIGUSR2);
    return 0;
}

/* So does a deadlock; but nothing is raised that could end the process before it is reported. */
static bool was_dropped;
static int deadlocked(void *arg)
{
    struct tutti_signals signals;
    struct tutti_event never;
    (void)arg;
    if (was_dropped) tutti_check(former_count == 0 && all_former());
    begin();
    was_dropped = true;
    tutti_event_init(&never, "never");
    TUTTI_TRY(tutti_signals_open(&signals, both, 2));
    raise(SIGUSR2);
    return tutti_event_wait(&never);
}

REHEARSE_MAIN(REHEARSED(T84_raised_before_reading), REHEARSED(T84_raised_again_while_queued),
              REHEARSED(T84_two_alternate), REHEARSED(T84_close_raises_again),
              REHEARSED(T84_ignored_before), REHEARSED(T84_bad_numbers),
              REHEARSED(T84_one_receiver_a_signal), REHEARSED(T84_second_task_and_closing),
              REHEARSED(T84_cancelled_takes_nothing),
              REHEARSED_ALL(R58_read_or_raised_again, 1, 61),
              REHEARSED_ALL(R58_closed_meanwhile, 1, 4614), REHEARSED(service_of_a_server),
              REHEARSED(R58_left_open), REHEARSED_ENDS(deadlocked, TUTTI_VERDICT_DEADLOCK))
