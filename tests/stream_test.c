/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What io/stream.h keeps for all streams, whatever they are made of. What a stream must do itself
 * is in stream_conformance.h. */
#include "rehearsed.h"

#include "loose_stream.h"

#include "tutti/core/scope.h"

/* A call of some verb on a stream, for a task of its own. */
struct call {
    struct tutti_stream *stream;
    enum { SEND, SEND_NOTHING, WAIT_SEND, SEND_EOF, RECEIVE, WAIT_RECEIVE, CLOSE } verb;
    int rc;
    size_t sent;
};

static int do_call(struct call *call)
{
    static char byte;
    switch (call->verb) {
    case SEND:
        return tutti_stream_send_counted(call->stream, "1234", 4, &call->sent);
    case SEND_NOTHING:
        return tutti_stream_send_counted(call->stream, NULL, 0, &call->sent);
    case WAIT_SEND:
        return tutti_stream_wait_send(call->stream);
    case SEND_EOF:
        return tutti_stream_send_eof(call->stream);
    case RECEIVE:
        return tutti_stream_receive(call->stream, &byte, 1);
    case WAIT_RECEIVE:
        return tutti_stream_wait_receive(call->stream);
    default:
        return tutti_stream_close(call->stream);
    }
}

static int call_task(void *arg)
{
    struct call *call = arg;
    call->rc = do_call(call);
    return 0;
}

static int once(struct tutti_stream *stream, int verb)
{
    struct call call = {.stream = stream, .verb = verb};
    return do_call(&call);
}

enum { FIRST_VERB = SEND, LAST_VERB = WAIT_RECEIVE };

static bool same_direction(int a, int b)
{
    return (a >= RECEIVE) == (b >= RECEIVE);
}

/* Until the other task waits. */
static void settle(const struct tutti_lot *lot)
{
    while (!lot->count)
        tutti_yield_shielded();
}

/* One task a direction: whichever two calls, the second is refused and reaches no table. */
static int R59_one_task_a_direction(void *arg)
{
    (void)arg;
    for (int held = FIRST_VERB; held <= LAST_VERB; held++) {
        struct loose_stream loose;
        struct tutti_nursery nursery;
        struct call call = {.stream = &loose.stream, .verb = held};
        if (held == SEND_NOTHING) continue;
        loose_stream_init(&loose);
        loose.waits = true;
        TUTTI_TRY(tutti_nursery_open(&nursery));
        TUTTI_TRY(tutti_nursery_start(&nursery, call_task, &call));
        struct tutti_lot *lot = held >= RECEIVE ? &loose.in : &loose.out;
        settle(lot);
        int reached = loose.sends + loose.receives + loose.ends;
        loose.waits = false;
        for (int verb = FIRST_VERB; verb <= LAST_VERB; verb++) {
            int rc = once(&loose.stream, verb);
            tutti_check(rc == (same_direction(held, verb) ? TUTTI_EBUSY : 0));
            if (rc < 0) tutti_check(loose.sends + loose.receives + loose.ends == reached);
            reached = loose.sends + loose.receives + loose.ends;
        }
        tutti_waiter_wake(lot->first, 7);
        TUTTI_TRY(tutti_nursery_close(&nursery, 0));
        tutti_check(call.rc == 7);
        tutti_check(once(&loose.stream, held) != TUTTI_EBUSY);
    }
    return 0;
}

/* Closing wakes who waits, and closes whatever comes of it. */
static int R59_closing_wakes(void *arg)
{
    struct loose_stream loose;
    struct tutti_nursery nursery;
    struct call send = {.stream = &loose.stream, .verb = SEND};
    struct call receive = {.stream = &loose.stream, .verb = RECEIVE};
    (void)arg;
    loose_stream_init(&loose);
    loose.waits = true;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, call_task, &send));
    TUTTI_TRY(tutti_nursery_start(&nursery, call_task, &receive));
    settle(&loose.out);
    settle(&loose.in);
    loose.waits = false;
    tutti_check(tutti_stream_is_open(&loose.stream));
    tutti_check(tutti_stream_close(&loose.stream) == 0);
    tutti_check(!tutti_stream_is_open(&loose.stream));
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(send.rc == TUTTI_ECLOSED && send.sent == 2);
    tutti_check(receive.rc == TUTTI_ECLOSED);
    for (int verb = FIRST_VERB; verb <= LAST_VERB; verb++)
        tutti_check(once(&loose.stream, verb) == TUTTI_ECLOSED);
    tutti_check(tutti_stream_close(&loose.stream) == 0);
    tutti_stream_close_forcefully(&loose.stream);
    tutti_check(loose.goodbyes == 1 && loose.closes == 1 && loose.frees == 0);
    tutti_stream_free(&loose.stream);
    tutti_check(loose.closes == 1 && loose.frees == 1);
    return 0;
}

static int close_it(void *arg)
{
    return tutti_stream_close(arg);
}

/* Cancelled before or while it says goodbye, or when the goodbye fails: it is closed. */
static int R59_closing_always_closes(void *arg)
{
    struct loose_stream loose;
    (void)arg;
    loose_stream_init(&loose);
    tutti_check(tutti_move_on_after(0, close_it, &loose.stream) == 0);
    tutti_check(loose.closes == 1);

    loose_stream_init(&loose);
    loose.waits = true;
    tutti_check(tutti_fail_after(TUTTI_S, close_it, &loose.stream) == TUTTI_ETOOSLOW);
    tutti_check(loose.goodbyes == 1 && loose.closes == 1);

    loose_stream_init(&loose);
    loose.result = TUTTI_EBROKEN;
    tutti_check(tutti_stream_close(&loose.stream) == TUTTI_EBROKEN);
    tutti_check(loose.closes == 1 && tutti_stream_close(&loose.stream) == 0);
    return 0;
}

/* Somebody loses patience with a task that closes: that one's call is over, and well. */
static int R59_closing_forcefully_while_closing(void *arg)
{
    struct loose_stream loose;
    struct tutti_nursery nursery;
    struct call close = {.stream = &loose.stream, .verb = CLOSE};
    (void)arg;
    loose_stream_init(&loose);
    loose.waits = true;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, call_task, &close));
    settle(&loose.out);
    tutti_check(once(&loose.stream, SEND) == TUTTI_ECLOSED && once(&loose.stream, CLOSE) == 0);
    tutti_check(loose.closes == 0);
    tutti_stream_close_forcefully(&loose.stream);
    tutti_check(loose.closes == 1);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(close.rc == 0 && loose.closes == 1);
    return 0;
}

/* The memory goes when the last call that uses it has returned. */
static int freed_when_nobody_is_inside(void *arg)
{
    struct loose_stream loose;
    struct tutti_nursery nursery;
    struct call receive = {.stream = &loose.stream, .verb = RECEIVE};
    (void)arg;
    loose_stream_init(&loose);
    loose.waits = true;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, call_task, &receive));
    settle(&loose.in);
    tutti_stream_free(&loose.stream);
    tutti_check(loose.closes == 1 && loose.frees == 0);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(receive.rc == TUTTI_ECLOSED && loose.frees == 1);
    tutti_stream_free(NULL);
    return 0;
}

/* Broken stays broken, that direction; what this side's closing breaks is closed. */
static int R60_broken_stays_broken(void *arg)
{
    struct loose_stream loose;
    (void)arg;
    for (int verb = FIRST_VERB; verb <= LAST_VERB; verb++) {
        if (verb == SEND_NOTHING) continue;
        loose_stream_init(&loose);
        loose.result = TUTTI_EBROKEN;
        tutti_check(once(&loose.stream, verb) == TUTTI_EBROKEN);
        loose.result = 0;
        int reached = loose.sends + loose.receives + loose.ends;
        for (int next = FIRST_VERB; next <= LAST_VERB; next++) {
            if (!same_direction(verb, next)) continue;
            tutti_check(once(&loose.stream, next) == TUTTI_EBROKEN);
            tutti_check(loose.sends + loose.receives + loose.ends == reached);
        }
        tutti_check(once(&loose.stream, verb >= RECEIVE ? SEND : RECEIVE) == 0);
        tutti_check(tutti_stream_close(&loose.stream) == 0);
        tutti_check(once(&loose.stream, verb) == TUTTI_ECLOSED);
    }
    return 0;
}

/* A stream of streams breaks when its own closing closes what is inside: to who calls it, it is
 * closed. */
static int R60_own_closing_is_no_break(void *arg)
{
    struct loose_stream loose;
    struct tutti_nursery nursery;
    struct call receive = {.stream = &loose.stream, .verb = RECEIVE};
    (void)arg;
    loose_stream_init(&loose);
    loose.waits = true;
    loose.closing = TUTTI_EBROKEN;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, call_task, &receive));
    settle(&loose.in);
    tutti_stream_close_forcefully(&loose.stream);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(receive.rc == TUTTI_ECLOSED);
    return 0;
}

/* The end is told once, and known once; sending after it is an error. */
static int ends_are_for_ever(void *arg)
{
    struct loose_stream loose;
    (void)arg;
    loose_stream_init(&loose);
    loose.result = TUTTI_EBROKEN;
    tutti_check(once(&loose.stream, SEND_EOF) == TUTTI_EBROKEN);
    tutti_check(once(&loose.stream, SEND_EOF) == TUTTI_EBROKEN && loose.ends == 1);
    loose_stream_init(&loose);
    for (int i = 0; i < 2; i++) {
        tutti_check(once(&loose.stream, SEND_EOF) == 0 && loose.ends == 1);
        tutti_check(once(&loose.stream, RECEIVE) == 0 && loose.receives == 1);
    }
    loose.result = 1;
    tutti_check(once(&loose.stream, WAIT_RECEIVE) == 0);
    for (int verb = SEND; verb <= WAIT_SEND; verb++)
        tutti_check(once(&loose.stream, verb) == TUTTI_ECLOSED);
    return 0;
}

static const struct tutti_stream_kind nothing_kind = {.name = "rock", .close = loose_close};

static int bad_streams(void *arg)
{
    struct loose_stream loose;
    struct tutti_stream zeros = {.kind = NULL};
    char byte;
    (void)arg;
    for (int verb = FIRST_VERB; verb <= CLOSE; verb++) {
        tutti_check(once(NULL, verb) == TUTTI_EINVALID);
        tutti_check(once(&zeros, verb) == TUTTI_EINVALID);
    }
    tutti_stream_close_forcefully(NULL);
    tutti_stream_free(&zeros);
    tutti_check(!tutti_stream_is_open(NULL) && !tutti_stream_is_open(&zeros));
    loose_stream_init(&loose);
    tutti_check(tutti_stream_receive(&loose.stream, &byte, 0) == TUTTI_EINVALID);
    loose.stream.kind = &nothing_kind;
    for (int verb = FIRST_VERB; verb <= LAST_VERB; verb++)
        tutti_check(once(&loose.stream, verb) == TUTTI_EUNSUPPORTED);
    tutti_check(once(&loose.stream, CLOSE) == 0 && loose.closes == 1);
    return 0;
}

REHEARSE_MAIN(REHEARSED(R59_one_task_a_direction), REHEARSED(R59_closing_wakes),
              REHEARSED(R59_closing_always_closes), REHEARSED(R59_closing_forcefully_while_closing),
              REHEARSED(freed_when_nobody_is_inside), REHEARSED(R60_broken_stays_broken),
              REHEARSED(R60_own_closing_is_no_break), REHEARSED(ends_are_for_ever),
              REHEARSED(bad_streams))
