/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What streams in memory, staples and lockstep streams do besides what every stream does. */
#include "rehearsed.h"

#include "loose_stream.h"

#include "tutti/core/compose.h"
#include "tutti/io/lockstep.h"
#include "tutti/io/memory_stream.h"

static int ends_alone(void *arg)
{
    struct tutti_memory_sender sender;
    struct tutti_memory_receiver receiver;
    char bytes[8];
    (void)arg;
    tutti_memory_sender_init(&sender);
    tutti_memory_receiver_init(&receiver);
    tutti_check(tutti_memory_get_nowait(&sender, bytes, 8) == TUTTI_EWOULDBLOCK);
    tutti_check(tutti_memory_get_nowait(&sender, bytes, 0) == TUTTI_EINVALID);
    tutti_check(tutti_memory_get(&sender, bytes, 0) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_stream_send_all(&sender.stream, "12345", 5));
    tutti_check(tutti_memory_get_nowait(&sender, bytes, 2) == 2 && memcmp(bytes, "12", 2) == 0);
    TUTTI_TRY(tutti_stream_close(&sender.stream));
    tutti_check(tutti_memory_get(&sender, bytes, 8) == 3 && memcmp(bytes, "345", 3) == 0);
    tutti_check(tutti_memory_get(&sender, bytes, 8) == 0);
    tutti_check(tutti_memory_get_nowait(&sender, bytes, 8) == 0);

    tutti_check(tutti_memory_put(&receiver, "abc", 3) == 0);
    tutti_memory_put_eof(&receiver);
    tutti_memory_put_eof(&receiver);
    tutti_check(tutti_memory_put(&receiver, "d", 1) == TUTTI_ECLOSED);
    tutti_check(tutti_stream_receive(&receiver.stream, bytes, 8) == 3);
    tutti_check(tutti_stream_receive(&receiver.stream, bytes, 8) == 0);
    TUTTI_TRY(tutti_stream_close(&receiver.stream));
    tutti_check(tutti_memory_put(&receiver, "d", 1) == TUTTI_ECLOSED);
    tutti_stream_free(&sender.stream);
    tutti_stream_free(&receiver.stream);
    return 0;
}

struct getting {
    struct tutti_memory_sender sender;
    char bytes[4];
    int rc;
};

static int get_task(void *arg)
{
    struct getting *getting = arg;
    getting->rc = tutti_memory_get(&getting->sender, getting->bytes, 4);
    return 0;
}

/* Who waits for what is sent is woken by it, or by the end; another may not wait, too. */
static int getting_waits(void *arg)
{
    struct getting getting = {.rc = 1};
    struct tutti_nursery nursery;
    (void)arg;
    for (int round = 0; round < 2; round++) {
        tutti_memory_sender_init(&getting.sender);
        TUTTI_TRY(tutti_nursery_open(&nursery));
        TUTTI_TRY(tutti_nursery_start(&nursery, get_task, &getting));
        while (!getting.sender.buffer.readers.count)
            tutti_yield_shielded();
        tutti_check(tutti_memory_get(&getting.sender, getting.bytes, 4) == TUTTI_EBUSY);
        if (round == 0) {
            TUTTI_TRY(tutti_stream_send_all(&getting.sender.stream, "ab", 2));
        } else {
            tutti_stream_close_forcefully(&getting.sender.stream);
        }
        TUTTI_TRY(tutti_nursery_close(&nursery, 0));
        tutti_check(getting.rc == (round == 0 ? 2 : 0));
        tutti_stream_free(&getting.sender.stream);
    }
    return 0;
}

/* Who waits is woken by bytes that somebody else takes meanwhile: it goes on waiting. */
static int taken_meanwhile(void *arg)
{
    struct getting getting = {.rc = 1};
    struct tutti_nursery nursery;
    char byte;
    (void)arg;
    tutti_memory_sender_init(&getting.sender);
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, get_task, &getting));
    while (!getting.sender.buffer.readers.count)
        tutti_yield_shielded();
    TUTTI_TRY(tutti_stream_send_all(&getting.sender.stream, "a", 1));
    bool stolen = tutti_memory_get_nowait(&getting.sender, &byte, 1) == 1;
    for (int i = 0; i < 3; i++)
        tutti_yield_shielded(); /* so that it has seen that there is nothing */
    TUTTI_TRY(tutti_stream_send_all(&getting.sender.stream, "b", 1));
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(getting.rc == 1 && getting.bytes[0] == (stolen ? 'b' : 'a'));
    tutti_stream_free(&getting.sender.stream);
    return 0;
}

/* What a close discards is not received; a put that came just before it is not lost in a wait. */
static int receive_task(void *arg)
{
    struct tutti_memory_receiver *receiver = arg;
    char byte;
    int rc = tutti_stream_receive(&receiver->stream, &byte, 1);
    tutti_check(rc == TUTTI_ECLOSED);
    return 0;
}

static int closed_after_put(void *arg)
{
    struct tutti_memory_receiver receiver;
    struct tutti_nursery nursery;
    (void)arg;
    tutti_memory_receiver_init(&receiver);
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, receive_task, &receiver));
    while (!receiver.buffer.readers.count)
        tutti_yield_shielded();
    tutti_check(tutti_memory_put(&receiver, "x", 1) == 0);
    tutti_stream_close_forcefully(&receiver.stream);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_stream_free(&receiver.stream);
    return 0;
}

static int pumping(void *arg)
{
    struct tutti_memory_sender from;
    struct tutti_memory_receiver to;
    char bytes[8];
    (void)arg;
    tutti_memory_sender_init(&from);
    tutti_memory_receiver_init(&to);
    tutti_check(tutti_memory_pump(&from, &to, 9) == 0);
    TUTTI_TRY(tutti_stream_send_all(&from.stream, "12345", 5));
    tutti_check(tutti_memory_pump(&from, &to, 0) == 0);
    tutti_check(tutti_memory_pump(&from, &to, 2) == 1 && to.buffer.count == 2);
    TUTTI_TRY(tutti_stream_close(&from.stream));
    tutti_check(tutti_memory_pump(&from, &to, 9) == 1 && to.buffer.count == 5);
    tutti_check(tutti_memory_pump(&from, &to, 9) == 1 && tutti_memory_pump(&from, &to, 9) == 0);
    tutti_check(tutti_stream_receive(&to.stream, bytes, 8) == 5);
    tutti_check(memcmp(bytes, "12345", 5) == 0);
    tutti_check(tutti_stream_receive(&to.stream, bytes, 8) == 0);
    TUTTI_TRY(tutti_stream_close(&to.stream));
    tutti_check(tutti_memory_pump(&from, &to, 9) == TUTTI_EBROKEN);
    tutti_stream_free(&from.stream);
    tutti_stream_free(&to.stream);
    return 0;
}

static int slowly(struct tutti_memory_sender *sender)
{
    int rc;
    while ((rc = tutti_memory_pump(sender, sender->hook_arg, 1)) == 1)
        TUTTI_TRY(tutti_sleep(TUTTI_S));
    return rc;
}

static int send_and_close(void *arg)
{
    struct tutti_memory_pair *pair = arg;
    TUTTI_TRY(tutti_stream_send_all(&pair->a.stream, "12345", 5));
    tutti_check(tutti_now() == 5 * TUTTI_S);
    return tutti_stream_close(&pair->a.stream);
}

static int receive_by_the_clock(void *arg)
{
    struct tutti_memory_pair *pair = arg;
    char bytes[8];
    for (int i = 0; i <= 5; i++) {
        int n = tutti_stream_receive(&pair->b.stream, bytes, 8);
        tutti_check(n == (i < 5) && tutti_now() == i * TUTTI_S);
        if (n) tutti_check(bytes[0] == '1' + i);
    }
    return 0;
}

/* A hook that lets a byte through each second. */
static int T80_slow_pump(void *arg)
{
    struct tutti_memory_pair pair;
    (void)arg;
    tutti_memory_pair_init(&pair);
    pair.to_b.sender.send_hook = slowly;
    struct tutti_branch both[] = {TUTTI_BRANCH(send_and_close, &pair),
                                  TUTTI_BRANCH(receive_by_the_clock, &pair)};
    int rc = tutti_gather(both, 2);
    tutti_stream_free(&pair.a.stream);
    tutti_stream_free(&pair.b.stream);
    return rc;
}

/* The other hooks: called when they should be, and their errors are the call's. */
static int closes;

static int fail_send(struct tutti_memory_sender *sender)
{
    (void)sender;
    return -EIO;
}

static int fail_receive(struct tutti_memory_receiver *receiver)
{
    (void)receiver;
    return -ENODEV;
}

static void count_close(struct tutti_memory_sender *sender)
{
    (void)sender;
    closes++;
}

static void count_close_too(struct tutti_memory_receiver *receiver)
{
    (void)receiver;
    closes += 10;
}

static int fill(struct tutti_memory_receiver *receiver)
{
    return tutti_memory_put(receiver, "hook", 4);
}

static int hooks(void *arg)
{
    struct tutti_memory_pipe pipe;
    size_t sent;
    char bytes[8];
    (void)arg;
    closes = 0;
    tutti_memory_pipe_init(&pipe);
    pipe.sender.send_hook = pipe.sender.wait_send_hook = fail_send;
    pipe.receiver.receive_hook = fail_receive;
    pipe.sender.close_hook = count_close;
    pipe.receiver.close_hook = count_close_too;
    tutti_check(tutti_stream_send_counted(&pipe.sender.stream, "x", 1, &sent) == -EIO && sent == 1);
    tutti_check(tutti_stream_wait_send(&pipe.sender.stream) == -EIO);
    tutti_check(tutti_stream_receive(&pipe.receiver.stream, bytes, 8) == -ENODEV);
    tutti_check(tutti_stream_wait_receive(&pipe.receiver.stream) == -ENODEV);
    pipe.receiver.receive_hook = fill;
    tutti_check(tutti_stream_receive(&pipe.receiver.stream, bytes, 8) == 4);
    tutti_check(memcmp(bytes, "hook", 4) == 0);
    tutti_stream_free(&pipe.sender.stream);
    tutti_check(closes == 1);
    tutti_stream_free(&pipe.receiver.stream);
    tutti_check(closes == 11);
    return 0;
}

/* Many sizes, in and out of step: the buffer moves, grows, and loses nothing. */
static int buffers(void *arg)
{
    static char data[3000], out[3000];
    struct tutti_memory_pipe pipe;
    size_t sent = 0, got = 0;
    (void)arg;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 31 + i / 256);
    tutti_memory_pipe_init(&pipe);
    for (size_t turn = 0; got < sizeof data; turn++) {
        size_t n = turn * 97 % 300;
        if (n > sizeof data - sent) n = sizeof data - sent;
        TUTTI_TRY(tutti_stream_send_all(&pipe.sender.stream, data + sent, n));
        sent += n;
        if (turn % 3 == 0 || got == sent) continue;
        int rc = tutti_stream_receive(&pipe.receiver.stream, out + got, turn * 41 % 200 + 1);
        TUTTI_TRY(rc);
        got += (size_t)rc;
    }
    tutti_check(memcmp(data, out, sizeof data) == 0);
    tutti_stream_free(&pipe.sender.stream);
    tutti_stream_free(&pipe.receiver.stream);
    return 0;
}

/* A staple closes both of its halves, and frees them, whatever they say to it. */
static int staple_with_a_bad_half(void *arg)
{
    struct tutti_lockstep_pipe there, back;
    struct tutti_staple staple;
    char byte;
    (void)arg;
    tutti_lockstep_pipe_init(&there);
    tutti_lockstep_pipe_init(&back);
    tutti_staple_init(&staple, &there.sender, &back.receiver);
    tutti_stream_close_forcefully(&there.sender);
    tutti_check(tutti_stream_send_all(&staple.stream, "x", 1) == TUTTI_ECLOSED);
    tutti_check(tutti_stream_close(&staple.stream) == 0);
    tutti_check(!tutti_stream_is_open(&back.receiver));
    tutti_check(tutti_stream_receive(&there.receiver, &byte, 1) == 0);
    tutti_check(tutti_stream_send_all(&back.sender, "x", 1) == TUTTI_EBROKEN);
    tutti_stream_free(&staple.stream);
    tutti_staple_init(&staple, &back.receiver, &there.sender); /* the wrong way round */
    tutti_check(tutti_stream_send_all(&staple.stream, "x", 1) == TUTTI_ECLOSED);
    tutti_stream_free(&staple.stream);
    return 0;
}

/* The second half hears a goodbye although the first one's failed. */
static int staple_closes_both(void *arg)
{
    struct loose_stream out, in;
    struct tutti_staple staple;
    (void)arg;
    loose_stream_init(&out);
    loose_stream_init(&in);
    tutti_staple_init(&staple, &out.stream, &in.stream);
    out.result = TUTTI_EBROKEN;
    tutti_check(tutti_stream_close(&staple.stream) == TUTTI_EBROKEN);
    tutti_check(out.goodbyes == 1 && in.goodbyes == 1 && out.closes == 1 && in.closes == 1);
    tutti_stream_free(&staple.stream);
    tutti_check(out.frees == 1 && in.frees == 1);
    return 0;
}

/* Nobody will receive: a send would not wait, it would fail at once. */
static int wait_send_task(void *arg)
{
    return tutti_stream_wait_send(arg);
}

static int lockstep_receiver_goes(void *arg)
{
    struct tutti_lockstep_pipe pipe;
    struct tutti_nursery nursery;
    (void)arg;
    tutti_lockstep_pipe_init(&pipe);
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, wait_send_task, &pipe.sender));
    while (!pipe.to_send.count)
        tutti_yield_shielded();
    tutti_stream_close_forcefully(&pipe.receiver);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    TUTTI_TRY(tutti_stream_wait_send(&pipe.sender));
    tutti_check(tutti_stream_send_all(&pipe.sender, "x", 1) == TUTTI_EBROKEN);
    return 0;
}

/* An end that cannot do something says so. */
static int one_way_only(void *arg)
{
    struct tutti_lockstep_pipe pipe;
    char byte;
    (void)arg;
    tutti_lockstep_pipe_init(&pipe);
    tutti_check(tutti_stream_receive(&pipe.sender, &byte, 1) == TUTTI_EUNSUPPORTED);
    tutti_check(tutti_stream_wait_receive(&pipe.sender) == TUTTI_EUNSUPPORTED);
    tutti_check(tutti_stream_send_eof(&pipe.sender) == TUTTI_EUNSUPPORTED);
    tutti_check(tutti_stream_send_all(&pipe.receiver, "x", 1) == TUTTI_EUNSUPPORTED);
    tutti_check(tutti_stream_wait_send(&pipe.receiver) == TUTTI_EUNSUPPORTED);
    return 0;
}

/* Every request for memory fails once: nothing is lost without an error, nothing is left. */
static int without_memory(void *arg)
{
    struct tutti_memory_pipe pipe;
    char bytes[8];
    (void)arg;
    tutti_memory_pipe_init(&pipe);
    int rc = tutti_stream_send_all(&pipe.sender.stream, "1234", 4);
    tutti_stream_close_forcefully(&pipe.sender.stream);
    int n = tutti_stream_receive(&pipe.receiver.stream, bytes, 8);
    tutti_check(rc == 0 || rc == TUTTI_ENOMEMORY);
    tutti_check(rc == 0 ? n == 4 : n == 0 || n == 4);
    tutti_stream_free(&pipe.sender.stream);
    tutti_stream_free(&pipe.receiver.stream);
    return n < 0 ? n : 0;
}

static void memory_fails(void **state)
{
    struct tutti_sim_world sim;
    int failures = 0;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    for (uint64_t at = 1;; at++) {
        tutti_sim_world_reset(&sim);
        sim.arena.fail_at = at;
        int rc = tutti_run(&sim.world, without_memory, NULL);
        if (sim.arena.calls < at) break;
        assert_true(rc == 0 || rc == TUTTI_ENOMEMORY);
        failures++;
    }
    assert_true(failures >= 2);
    tutti_sim_world_close(&sim);
}

REHEARSE_MAIN(REHEARSED(ends_alone), REHEARSED(getting_waits), REHEARSED(taken_meanwhile),
              REHEARSED(closed_after_put), REHEARSED(staple_closes_both),
              REHEARSED(lockstep_receiver_goes), REHEARSED(pumping), REHEARSED(T80_slow_pump),
              REHEARSED(hooks), REHEARSED_PLAIN(buffers), REHEARSED(staple_with_a_bad_half),
              REHEARSED(one_way_only), cmocka_unit_test(memory_fails))
