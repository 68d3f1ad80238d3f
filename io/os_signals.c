/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals of the system, by a handler that posts to a token (io/signals.h).
 *
 * Whatever a handler may touch is static, a slot a signal, so a handler that is late finds it
 * whatever became of receiver and run. A receiver is the one of its smallest number. Its slots are
 * its own from the moment `site` is set until all handlers are out of them and it is cleared.
 *
 * A handler first counts itself in, then looks whether the slot has a token. Who closes puts the
 * former disposition back, then takes the token away, then waits until nobody is counted. So a
 * handler that finds a token leaves its mark, `arrived`, in time; and one that finds none can raise
 * its signal again, for the former disposition is there. The mark is what counts: it is cleared by
 * the post that passes the signal on, or else found by who closes. */
#define _GNU_SOURCE
#include "tutti/io/signals.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tutti/core/access.h"
#include "tutti/core/error.h"
#include "tutti/core/task.h"
#include "tutti/core/token.h"

/* Linux has signals 1 to 64, on the processors that tutti is for. */
enum { SIGNALS = 64 };
TUTTI_STATIC_ASSERT(_NSIG - 1 <= SIGNALS, "a set of signals is 64 bits");

struct receiver {
    struct tutti_token token;
    struct tutti_lot lot; /* the task that waits, if one does: then nothing is queued */
    const void *thread;   /* whose it is, see `here` */
    TUTTI_ATOMIC(uint64_t) generation; /* of the one that is or was open */
    uint64_t wanted;                   /* its signals, a bit each */
    uint64_t queued;                   /* of them, those that wait to be returned, */
    uint8_t queue[SIGNALS];            /* in their order, from `first` on, round and round */
    uint32_t first, count;
    bool open;
};

static struct slot {
    TUTTI_ATOMIC(const struct tutti_site *) site; /* where its receiver was opened; NULL: free */
    TUTTI_ATOMIC(struct tutti_token *) token;     /* its receiver's, while the handler is set */
    TUTTI_ATOMIC(uint32_t) inside;                /* handlers that are at it */
    TUTTI_ATOMIC(bool) arrived;                   /* and not passed on yet */
    struct tutti_post post;
    struct sigaction former;
    struct receiver *receiver;
    pid_t process; /* that opened it: not its children */
} slots[SIGNALS + 1];
static struct receiver receivers[SIGNALS + 1];

/* Its address is the thread's. */
static _Thread_local char here;

static uint64_t bit(int number)
{
    return UINT64_C(1) << (number - 1);
}

/* The step looks at the receiver or changes it; to the explorer that is one thing. */
static void touch(const struct receiver *receiver)
{
    tutti_access(receiver->queue, 1, true);
}

static void on_signal(int number)
{
    struct slot *slot = &slots[number];
    int saved = errno;
    atomic_fetch_add(&slot->inside, 1);
    struct tutti_token *token = atomic_load(&slot->token);
    if (token && slot->process == getpid()) {
        atomic_store(&slot->arrived, true);
        (void)!tutti_token_post(token, &slot->post, TUTTI_POST_ONCE);
    } else {
        if (token) (void)sigaction(number, &slot->former, NULL);
        raise(number); /* when this handler is done */
    }
    atomic_fetch_sub(&slot->inside, 1);
    errno = saved;
}

static void add(struct receiver *receiver, int number)
{
    if (receiver->queued & bit(number)) return;
    receiver->queued |= bit(number);
    receiver->queue[(receiver->first + receiver->count++) % SIGNALS] = (uint8_t)number;
}

static int take(struct receiver *receiver)
{
    int number = receiver->queue[receiver->first];
    receiver->first = (receiver->first + 1) % SIGNALS;
    receiver->count--;
    receiver->queued &= ~bit(number);
    return number;
}

static int pass_on(void *arg)
{
    struct slot *slot = arg;
    struct receiver *receiver = slot->receiver;
    int number = (int)(slot - slots);
    if (!atomic_exchange(&slot->arrived, false)) return 0; /* it went with the post before */
    touch(receiver);
    if (receiver->lot.first) {
        tutti_waiter_wake(receiver->lot.first, number);
    } else {
        add(receiver, number);
    }
    return 0;
}

/* The receiver with its token: nothing calls pass_on any more. */
static void closed(struct tutti_token *token, bool dropped)
{
    struct receiver *receiver = TUTTI_CONTAINER(token, struct receiver, token);
    uint64_t wanted = receiver->wanted;
    uint8_t left[SIGNALS];
    uint32_t count = 0;
    if (!dropped) touch(receiver);
    receiver->open = false;
    if (!dropped && receiver->lot.first) tutti_waiter_wake(receiver->lot.first, TUTTI_ECLOSED);
    for (int number = 1; number <= SIGNALS; number++) {
        struct slot *slot = &slots[number];
        if (!(wanted & bit(number))) continue;
        (void)sigaction(number, &slot->former, NULL);
        atomic_store(&slot->token, NULL);
        while (atomic_load(&slot->inside))
            sched_yield(); /* to the thread whose handler it is; it waits for nothing */
        if (atomic_exchange(&slot->arrived, false)) add(receiver, number);
    }
    while (receiver->count > 0 && !dropped)
        left[count++] = (uint8_t)take(receiver);
    for (int number = 1; number <= SIGNALS; number++) {
        if (wanted & bit(number)) atomic_store(&slots[number].site, NULL);
    }
    for (uint32_t i = 0; i < count; i++)
        raise(left[i]);
}

static void name_of(int number, char *text, size_t size)
{
    const char *name = sigabbrev_np(number);
    snprintf(text, size, name ? "signal %d (SIG%s)" : "signal %d", number, name ? name : "");
}

static int refused(int number, const char *why, const struct tutti_site *site)
{
    char name[48];
    name_of(number, name, sizeof name);
    return tutti_error_at(site, false, TUTTI_EINVALID, "%s cannot be received: %s", name, why);
}

/* Their set, if all of them can be received. */
static int read_numbers(const int *numbers, uint32_t count, uint64_t *wanted,
                        const struct tutti_site *site)
{
    *wanted = 0;
    if (!numbers || !count) {
        return tutti_error_at(site, false, TUTTI_EINVALID,
                              "there is no signal to receive: name one");
    }
    for (uint32_t i = 0; i < count; i++) {
        int number = numbers[i];
        struct sigaction now;
        switch (number) {
        case SIGKILL:
        case SIGSTOP:
            return refused(number, "nothing can handle it", site);
        case SIGSEGV:
        case SIGBUS:
        case SIGFPE:
        case SIGILL:
            return refused(number, "it tells of a fault, which cannot be dealt with later", site);
        default:
            if (number < 1 || number > SIGNALS || sigaction(number, NULL, &now) < 0) {
                return refused(number, "there is no such signal", site);
            }
            *wanted |= bit(number);
        }
    }
    return 0;
}

static void let_go(uint64_t wanted)
{
    for (int number = 1; number <= SIGNALS; number++) {
        if (wanted & bit(number)) atomic_store(&slots[number].site, NULL);
    }
}

/* Makes all these slots the caller's, or none. Other threads may try the same. */
static int reserve(uint64_t wanted, const struct tutti_site *site)
{
    for (int number = 1; number <= SIGNALS; number++) {
        const struct tutti_site *other = NULL;
        if (!(wanted & bit(number))) continue;
        if (atomic_compare_exchange_strong(&slots[number].site, &other, site)) continue;
        char name[48];
        name_of(number, name, sizeof name);
        let_go(wanted & (bit(number) - 1));
        return tutti_error_at(site, false, TUTTI_EBUSY,
                              "%s has a receiver already, which was opened at %s:%u", name,
                              other->file, other->line);
    }
    return 0;
}

int tutti_signals_open_at(struct tutti_signals *signals, const int *numbers, uint32_t count,
                          const struct tutti_site *site)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
    uint64_t wanted;
    *signals = (struct tutti_signals){.index = 0};
    int rc = read_numbers(numbers, count, &wanted, site);
    if (rc < 0) return rc;
    uint32_t index = (uint32_t)__builtin_ctzll(wanted) + 1;
    struct receiver *receiver = &receivers[index];
    rc = reserve(wanted, site);
    if (rc < 0) return rc;
    receiver->token.closed = closed;
    rc = tutti_token_open_at(&receiver->token, "signals", site);
    if (rc < 0) {
        let_go(wanted);
        return rc;
    }
    tutti_lot_init_at(&receiver->lot, "signals", site);
    receiver->thread = &here;
    receiver->wanted = wanted;
    receiver->queued = 0;
    receiver->first = receiver->count = 0;
    receiver->open = true;
    *signals = (struct tutti_signals){.generation = atomic_fetch_add(&receiver->generation, 1) + 1,
                                      .index = index};
    sigfillset(&action.sa_mask); /* one handler at a time: alternate stacks are small */
    for (int number = 1; number <= SIGNALS; number++) {
        struct slot *slot = &slots[number];
        if (!(wanted & bit(number))) continue;
        slot->post = (struct tutti_post){.fn = pass_on, .arg = slot};
        slot->receiver = receiver;
        slot->process = getpid();
        (void)sigaction(number, NULL, &slot->former);
        atomic_store(&slot->arrived, false);
        atomic_store(&slot->token, &receiver->token);
        rc = sigaction(number, &action, NULL);
        TUTTI_ASSERT(rc == 0); /* it could be asked for */
    }
    return 0;
}

/* The receiver, or why it is none. */
static int find(const struct tutti_signals *signals, struct receiver **receiver)
{
    struct receiver *found = &receivers[signals->index <= SIGNALS ? signals->index : 0];
    *receiver = NULL;
    if (!signals->index || atomic_load(&found->generation) != signals->generation)
        return TUTTI_ECLOSED;
    if (found->thread != &here) return found->open ? TUTTI_ESTATE : TUTTI_ECLOSED;
    touch(found);
    if (!found->open) return TUTTI_ECLOSED;
    *receiver = found;
    return 0;
}

static void need_task(const char *function, const struct tutti_site *site)
{
    if (!tutti_in_task()) tutti_panic_at(site, "%s is called outside a task", function);
}

static int fail(int rc, const struct tutti_site *site)
{
    const char *text = rc == TUTTI_ECLOSED  ? "the receiver of signals is closed"
                       : rc == TUTTI_ESTATE ? "the receiver of signals is of another thread's run"
                                            : "another task is waiting for these signals";
    return tutti_error_at(site, false, rc, "%s", text);
}

/* The receiver, for a call that takes from it; or the error of that call. */
static int find_free(const struct tutti_signals *signals, struct receiver **receiver,
                     const char *function, const struct tutti_site *site)
{
    need_task(function, site);
    int rc = find(signals, receiver);
    if (rc == 0 && (*receiver)->lot.count) rc = TUTTI_EBUSY;
    return rc < 0 ? fail(rc, site) : 0;
}

int tutti_signals_next_nowait_at(const struct tutti_signals *signals, const struct tutti_site *site)
{
    struct receiver *receiver;
    int rc = find_free(signals, &receiver, "tutti_signals_next_nowait", site);
    if (rc < 0) return rc;
    return receiver->count ? take(receiver) : TUTTI_EWOULDBLOCK;
}

int tutti_signals_next_at(const struct tutti_signals *signals, const struct tutti_site *site)
{
    struct receiver *receiver;
    int rc = find_free(signals, &receiver, "tutti_signals_next", site);
    if (rc < 0) return rc;
    rc = tutti_checkpoint_if_cancelled_at(site);
    if (rc < 0) return rc;
    if (receiver->count) {
        rc = take(receiver);
        tutti_yield_shielded_at(site);
        return rc;
    }
    rc = tutti_lot_park_at(&receiver->lot, "signals.next", site);
    return rc == TUTTI_ECLOSED ? fail(rc, site) : rc;
}

struct tutti_signals_stats tutti_signals_statistics(const struct tutti_signals *signals)
{
    struct receiver *receiver;
    if (find(signals, &receiver) < 0) return (struct tutti_signals_stats){.pending = 0};
    return (struct tutti_signals_stats){receiver->count, receiver->lot.count};
}

void tutti_signals_close_at(const struct tutti_signals *signals, const struct tutti_site *site)
{
    struct receiver *receiver;
    need_task("tutti_signals_close", site);
    int rc = find(signals, &receiver);
    if (rc == TUTTI_ESTATE) {
        tutti_panic_at(site, "a receiver of signals is closed by another thread than its run's");
    }
    if (rc < 0) {
        tutti_yield_shielded_at(site);
        return;
    }
    receiver->open = false;
    if (receiver->lot.first) tutti_waiter_wake_at(receiver->lot.first, TUTTI_ECLOSED, site);
    tutti_token_close_at(&receiver->token, site);
}
