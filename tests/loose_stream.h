/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* loose_stream.h - a stream that leads nowhere: each call of its table counts itself and waits in a
 * lot until told how to end. For tests of what is common to all streams. */
#ifndef TUTTI_TESTS_LOOSE_STREAM_H
#define TUTTI_TESTS_LOOSE_STREAM_H

#include "tutti/core/error.h"
#include "tutti/core/park.h"
#include "tutti/core/task.h"
#include "tutti/io/stream.h"

struct loose_stream {
    struct tutti_stream stream;
    struct tutti_lot out, in;
    bool waits; /* else a call is a checkpoint and returns `result` */
    int result;
    int closing;                                        /* what closing wakes who waits with */
    int sends, receives, ends, goodbyes, closes, frees; /* calls of the table */
};

static inline struct loose_stream *loose_of(struct tutti_stream *stream)
{
    return TUTTI_CONTAINER(stream, struct loose_stream, stream);
}

static inline int loose_wait(struct loose_stream *loose, struct tutti_lot *lot,
                             const struct tutti_site *site)
{
    if (loose->waits) return tutti_lot_park_at(lot, "loose", site);
    int rc = tutti_checkpoint_at(site);
    return rc < 0 ? rc : loose->result;
}

static inline int loose_send(struct tutti_stream *stream, const void *data, size_t length,
                             size_t *sent, const struct tutti_site *site)
{
    struct loose_stream *loose = loose_of(stream);
    (void)data;
    loose->sends++;
    *sent += length / 2;
    int rc = loose_wait(loose, &loose->out, site);
    if (rc >= 0) *sent = length;
    return rc;
}

static inline int loose_wait_send(struct tutti_stream *stream, const struct tutti_site *site)
{
    return loose_wait(loose_of(stream), &loose_of(stream)->out, site);
}

static inline int loose_receive(struct tutti_stream *stream, void *buffer, size_t length,
                                const struct tutti_site *site)
{
    (void)buffer, (void)length;
    loose_of(stream)->receives++;
    return loose_wait(loose_of(stream), &loose_of(stream)->in, site);
}

static inline int loose_wait_receive(struct tutti_stream *stream, const struct tutti_site *site)
{
    return loose_wait(loose_of(stream), &loose_of(stream)->in, site);
}

static inline int loose_send_eof(struct tutti_stream *stream, const struct tutti_site *site)
{
    loose_of(stream)->ends++;
    return loose_wait(loose_of(stream), &loose_of(stream)->out, site);
}

static inline int loose_goodbye(struct tutti_stream *stream, const struct tutti_site *site)
{
    loose_of(stream)->goodbyes++;
    return loose_wait(loose_of(stream), &loose_of(stream)->out, site);
}

static inline void loose_close(struct tutti_stream *stream)
{
    struct loose_stream *loose = loose_of(stream);
    loose->closes++;
    while (loose->out.first)
        tutti_waiter_wake(loose->out.first, loose->closing);
    while (loose->in.first)
        tutti_waiter_wake(loose->in.first, loose->closing);
}

static inline void loose_free(struct tutti_stream *stream)
{
    loose_of(stream)->frees++;
}

static const struct tutti_stream_kind loose_stream_kind = {
    .name = "loose stream",
    .send_all = loose_send,
    .wait_send = loose_wait_send,
    .receive = loose_receive,
    .wait_receive = loose_wait_receive,
    .send_eof = loose_send_eof,
    .goodbye = loose_goodbye,
    .close = loose_close,
    .free = loose_free,
};

static inline void loose_stream_init(struct loose_stream *loose)
{
    *loose = (struct loose_stream){.closing = TUTTI_ECLOSED};
    tutti_stream_init(&loose->stream, &loose_stream_kind);
    tutti_lot_init(&loose->out, "out");
    tutti_lot_init(&loose->in, "in");
}

#endif
