/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Streams in memory under every schedule with one cancellation: what the sender says it sent is
 * what the receiver got, or could have got. The counts of runs are exact. */
#include "rehearsed.h"

#include "tutti/core/scope.h"
#include "tutti/io/lockstep.h"
#include "tutti/io/memory_stream.h"

/* One way from `from` to `to`; sent and received are counted. */
struct traffic {
    struct tutti_stream *from, *to;
    size_t sent, received;
    char bytes[16];
    bool end;
};

static int send_pieces(void *arg)
{
    static const char *const pieces[] = {"ab", "cde"};
    struct traffic *traffic = arg;
    for (int i = 0; i < 2; i++) {
        size_t sent;
        int rc = tutti_stream_send_counted(traffic->from, pieces[i], strlen(pieces[i]), &sent);
        traffic->sent += sent;
        tutti_check(sent <= strlen(pieces[i]) && (rc < 0 || sent == strlen(pieces[i])));
        if (rc < 0) return rc;
    }
    return 0;
}

static int receive_pieces(void *arg)
{
    struct traffic *traffic = arg;
    int rc;
    while ((rc = tutti_stream_receive(traffic->to, traffic->bytes + traffic->received, 3)) > 0)
        traffic->received += (size_t)rc;
    traffic->end = rc == 0;
    return rc;
}

/* Each side may be cancelled, and closes its end whatever happened. */
static int sender(void *arg)
{
    struct traffic *traffic = arg;
    int rc = tutti_move_on_at(TUTTI_NEVER, send_pieces, arg);
    tutti_stream_close_forcefully(traffic->from);
    tutti_check(rc == 0 || rc == TUTTI_EBROKEN);
    return 0;
}

static int receiver(void *arg)
{
    struct traffic *traffic = arg;
    int rc = tutti_move_on_at(TUTTI_NEVER, receive_pieces, arg);
    tutti_stream_close_forcefully(traffic->to);
    tutti_check(rc == 0);
    return 0;
}

static int traffic_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, sender, arg));
    return tutti_nursery_start(nursery, receiver, arg);
}

static int run_traffic(struct traffic *traffic)
{
    int rc = tutti_nursery_run(traffic_body, traffic);
    tutti_check(traffic->received <= traffic->sent);
    tutti_check(memcmp(traffic->bytes, "abcde", traffic->received) == 0);
    if (traffic->end) tutti_check(traffic->received == traffic->sent);
    tutti_stream_free(traffic->from);
    tutti_stream_free(traffic->to);
    return rc;
}

static int lockstep_counts(void *arg)
{
    struct tutti_lockstep_pipe pipe;
    (void)arg;
    tutti_lockstep_pipe_init(&pipe);
    struct traffic traffic = {.from = &pipe.sender, .to = &pipe.receiver};
    int rc = run_traffic(&traffic);
    tutti_check(traffic.sent == traffic.received);
    return rc;
}

static int memory_counts(void *arg)
{
    struct tutti_memory_pipe pipe;
    (void)arg;
    tutti_memory_pipe_init(&pipe);
    struct traffic traffic = {.from = &pipe.sender.stream, .to = &pipe.receiver.stream};
    return run_traffic(&traffic);
}

/* A third task closes an end, at any time. */
static int closer(void *arg)
{
    int rc = tutti_stream_close(arg);
    return rc;
}

struct closing {
    struct traffic traffic;
    struct tutti_stream *closed;
};

static int sender_or_closed(void *arg)
{
    struct traffic *traffic = arg;
    int rc = send_pieces(traffic);
    tutti_check(rc == 0 || rc == TUTTI_EBROKEN || rc == TUTTI_ECLOSED);
    return tutti_stream_close(traffic->from);
}

static int receiver_or_closed(void *arg)
{
    struct traffic *traffic = arg;
    int rc = receive_pieces(traffic);
    tutti_check(rc == 0 || rc == TUTTI_ECLOSED);
    return tutti_stream_close(traffic->to);
}

static int closing_body(struct tutti_nursery *nursery, void *arg)
{
    struct closing *closing = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, sender_or_closed, &closing->traffic));
    TUTTI_TRY(tutti_nursery_start(nursery, receiver_or_closed, &closing->traffic));
    return tutti_nursery_start(nursery, closer, closing->closed);
}

static int run_closing(struct closing *closing)
{
    const struct traffic *traffic = &closing->traffic;
    int rc = tutti_nursery_run(closing_body, closing);
    tutti_check(traffic->received <= traffic->sent);
    tutti_check(memcmp(traffic->bytes, "abcde", traffic->received) == 0);
    if (traffic->end) tutti_check(traffic->received == traffic->sent);
    tutti_stream_free(traffic->from);
    tutti_stream_free(traffic->to);
    return rc;
}

static int lockstep_closing(bool sends)
{
    struct tutti_lockstep_pipe pipe;
    tutti_lockstep_pipe_init(&pipe);
    struct closing closing = {{.from = &pipe.sender, .to = &pipe.receiver},
                              sends ? &pipe.sender : &pipe.receiver};
    int rc = run_closing(&closing);
    tutti_check(closing.traffic.sent == closing.traffic.received);
    return rc;
}

static int lockstep_sender_closed(void *arg)
{
    (void)arg;
    return lockstep_closing(true);
}

static int lockstep_receiver_closed(void *arg)
{
    (void)arg;
    return lockstep_closing(false);
}

static int memory_closing(bool sends)
{
    struct tutti_memory_pipe pipe;
    tutti_memory_pipe_init(&pipe);
    struct closing closing = {{.from = &pipe.sender.stream, .to = &pipe.receiver.stream},
                              sends ? &pipe.sender.stream : &pipe.receiver.stream};
    return run_closing(&closing);
}

static int memory_sender_closed(void *arg)
{
    (void)arg;
    return memory_closing(true);
}

static int memory_receiver_closed(void *arg)
{
    (void)arg;
    return memory_closing(false);
}

REHEARSE_MAIN(REHEARSED_ALL(lockstep_counts, 1, 83), REHEARSED_ALL(memory_counts, 1, 139),
              REHEARSED_ALL(lockstep_sender_closed, 0, 1272),
              REHEARSED_ALL(lockstep_receiver_closed, 0, 834),
              REHEARSED_ALL(memory_sender_closed, 0, 2241),
              REHEARSED_ALL(memory_receiver_closed, 0, 1572))
