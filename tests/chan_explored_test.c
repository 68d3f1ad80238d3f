/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Channels in small configurations, under every schedule with at most one cancellation: each item
 * is delivered exactly once, or it is still its owner's: the sender, the buffer, who discards. The
 * counts of runs are exact: a change of what a call does between two checkpoints changes them. */
#include "rehearsed.h"

#include "tutti/core/chan.h"

/* Items are bits. What send said was sent was taken, or discarded, or is left; nothing else was. */
struct pipe {
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    int sent, taken, discarded, next;
};

static void note_discard(void *item, void *arg)
{
    struct pipe *pipe = arg;
    tutti_check(!((pipe->discarded | pipe->taken) & *(int *)item));
    pipe->discarded |= *(int *)item;
}

static int open_pipe(struct pipe *pipe, size_t capacity)
{
    *pipe = (struct pipe){.sent = 0};
    TUTTI_TRY(tutti_chan_open(&pipe->sender, &pipe->receiver, "pipe", sizeof(int), capacity));
    return tutti_chan_set_discard(pipe->sender.chan, note_discard, pipe);
}

static void take(struct pipe *pipe, int item)
{
    tutti_check(!((pipe->discarded | pipe->taken) & item));
    pipe->taken |= item;
}

/* All handles are closed: every item that was sent was taken or discarded, and no other. */
static int closed_pipe(struct pipe *pipe, int rc)
{
    tutti_chan_close_send(&pipe->sender);
    tutti_chan_close_receive(&pipe->receiver);
    tutti_check((pipe->taken | pipe->discarded) == pipe->sent);
    tutti_check(pipe->sender.waiting == 0 && pipe->receiver.waiting == 0);
    return rc;
}

static int send_two(void *arg)
{
    struct pipe *pipe = arg;
    int rc = 0;
    for (int i = 0; i < 2 && rc == 0; i++) {
        int item = 1 << pipe->next++;
        rc = tutti_chan_send(&pipe->sender, &item);
        if (rc == 0) pipe->sent |= item;
    }
    return rc == TUTTI_EBROKEN ? 0 : rc;
}

static int take_all(void *arg)
{
    struct pipe *pipe = arg;
    int item, rc;
    while ((rc = tutti_chan_receive(&pipe->receiver, &item)) == 0)
        take(pipe, item);
    return rc == TUTTI_EEOF ? 0 : rc;
}

static int take_batches(void *arg)
{
    struct pipe *pipe = arg;
    int items[2], rc;
    while ((rc = tutti_chan_receive_batch(&pipe->receiver, items, 2)) > 0) {
        for (int i = 0; i < rc; i++)
            take(pipe, items[i]);
    }
    return rc == TUTTI_EEOF ? 0 : rc;
}

static int sender(void *arg)
{
    struct pipe *pipe = arg;
    int rc = tutti_move_on_at(TUTTI_NEVER, send_two, arg);
    tutti_chan_close_send(&pipe->sender);
    return rc;
}

static int pipe_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, take_all, arg));
    return tutti_nursery_start(nursery, sender, arg);
}

/* The sender may be cancelled: what it did not send is its own. */
static int pipe_of(size_t capacity)
{
    struct pipe pipe;
    TUTTI_TRY(open_pipe(&pipe, capacity));
    int rc = tutti_nursery_run(pipe_body, &pipe);
    tutti_check(pipe.taken == pipe.sent);
    return closed_pipe(&pipe, rc);
}

static int chan_0(void *arg)
{
    (void)arg;
    return pipe_of(0);
}

static int chan_1(void *arg)
{
    (void)arg;
    return pipe_of(1);
}

static int chan_2(void *arg)
{
    (void)arg;
    return pipe_of(2);
}

/* Either may be cancelled. A receiver that is leaves what it did not take to be discarded. */
static int receiver(void *arg)
{
    struct pipe *pipe = arg;
    int rc = tutti_move_on_at(TUTTI_NEVER, take_all, arg);
    tutti_chan_close_receive(&pipe->receiver);
    return rc;
}

static int batch_receiver(void *arg)
{
    struct pipe *pipe = arg;
    int rc = tutti_move_on_at(TUTTI_NEVER, take_batches, arg);
    tutti_chan_close_receive(&pipe->receiver);
    return rc;
}

static int both_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, receiver, arg));
    return tutti_nursery_start(nursery, sender, arg);
}

static int batch_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, batch_receiver, arg));
    return tutti_nursery_start(nursery, sender, arg);
}

static int both_of(size_t capacity, int (*body)(struct tutti_nursery *nursery, void *arg))
{
    struct pipe pipe;
    TUTTI_TRY(open_pipe(&pipe, capacity));
    return closed_pipe(&pipe, tutti_nursery_run(body, &pipe));
}

static int both_0(void *arg)
{
    (void)arg;
    return both_of(0, both_body);
}

static int both_1(void *arg)
{
    (void)arg;
    return both_of(1, both_body);
}

static int both_2(void *arg)
{
    (void)arg;
    return both_of(2, both_body);
}

static int batch_2(void *arg)
{
    (void)arg;
    return both_of(2, batch_body);
}

static int unbounded(void *arg)
{
    (void)arg;
    return both_of(TUTTI_CHAN_UNBOUNDED, both_body);
}

/* Dropping the oldest: the sender never waits, whoever comes when. */
static int drop_oldest(void *arg)
{
    struct pipe pipe;
    (void)arg;
    TUTTI_TRY(open_pipe(&pipe, 1));
    TUTTI_TRY(tutti_chan_set_drop_oldest(pipe.sender.chan, true));
    return closed_pipe(&pipe, tutti_nursery_run(both_body, &pipe));
}

/* The capacity changes while they are at it. */
static int resizing_body(struct tutti_nursery *nursery, void *arg)
{
    struct pipe *pipe = arg;
    struct tutti_chan_sender mine;
    TUTTI_TRY(tutti_chan_clone_send(&mine, &pipe->sender));
    TUTTI_TRY(both_body(nursery, arg));
    int rc = tutti_checkpoint();
    if (rc == 0) rc = tutti_chan_set_capacity(mine.chan, 2);
    if (rc == 0) rc = tutti_checkpoint();
    if (rc == 0) rc = tutti_chan_set_capacity(mine.chan, 0);
    tutti_chan_close_send(&mine);
    return rc;
}

static int resizing(void *arg)
{
    (void)arg;
    return both_of(0, resizing_body);
}

/* Two senders by one handle, which is closed by a third task: they get it sent, or keep it. */
static int one_sender(void *arg)
{
    struct pipe *pipe = arg;
    int item = 1 << pipe->next++;
    int rc = tutti_chan_send(&pipe->sender, &item);
    if (rc == 0) pipe->sent |= item;
    return rc == TUTTI_ECLOSED || rc == TUTTI_EBROKEN ? 0 : rc;
}

static int closing_body(struct tutti_nursery *nursery, void *arg)
{
    struct pipe *pipe = arg;
    int item;
    TUTTI_TRY(tutti_nursery_start(nursery, one_sender, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, one_sender, arg));
    TUTTI_TRY(tutti_checkpoint());
    int rc = tutti_chan_receive_nowait(&pipe->receiver, &item);
    if (rc == 0) take(pipe, item);
    tutti_chan_close_send(&pipe->sender);
    return 0;
}

static int closing_body_scoped(void *arg)
{
    return tutti_nursery_run(closing_body, arg);
}

static int closed_by_another(void *arg)
{
    struct pipe pipe;
    (void)arg;
    TUTTI_TRY(open_pipe(&pipe, 1));
    return closed_pipe(&pipe, tutti_move_on_at(TUTTI_NEVER, closing_body_scoped, &pipe));
}

/* Two receivers of one item each, of which one may be cancelled, and one sender who may not. */
static int take_one(void *arg)
{
    struct pipe *pipe = arg;
    int item, rc = tutti_chan_receive(&pipe->receiver, &item);
    if (rc == 0) take(pipe, item);
    return rc == TUTTI_EEOF ? 0 : rc;
}

static int taker(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, take_one, arg);
}

static int takers_body(struct tutti_nursery *nursery, void *arg)
{
    struct pipe *pipe = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, taker, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, taker, arg));
    for (int item = 1; item <= 2; item *= 2) {
        TUTTI_TRY(tutti_chan_send(&pipe->sender, &item));
        pipe->sent |= item;
    }
    tutti_chan_close_send(&pipe->sender);
    return 0;
}

static int takers(void *arg)
{
    struct pipe pipe;
    (void)arg;
    TUTTI_TRY(open_pipe(&pipe, 2));
    return closed_pipe(&pipe, tutti_nursery_run(takers_body, &pipe));
}

REHEARSE_MAIN(REHEARSED_ALL(chan_0, 1, 34), REHEARSED_ALL(chan_1, 1, 54),
              REHEARSED_ALL(chan_2, 1, 56), REHEARSED_ALL(both_0, 1, 76),
              REHEARSED_ALL(both_1, 1, 125), REHEARSED_ALL(both_2, 1, 130),
              REHEARSED_ALL(batch_2, 1, 110), REHEARSED_ALL(unbounded, 1, 130),
              REHEARSED_ALL(drop_oldest, 1, 119), REHEARSED_ALL(resizing, 1, 3758),
              REHEARSED_ALL(closed_by_another, 1, 144), REHEARSED_ALL(takers, 1, 470))
