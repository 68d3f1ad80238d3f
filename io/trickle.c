/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/trickle.h"

#include "tutti/core/test.h"

static struct tutti_trickle *trickle_of(struct tutti_stream *stream)
{
    return TUTTI_CONTAINER(stream, struct tutti_trickle, stream);
}

/* The next piece of `length` bytes, 1 or more. The plain run's is the largest. */
static size_t piece_of(const struct tutti_trickle *trickle, size_t length)
{
    size_t most = length < trickle->max ? length : trickle->max;
    uint32_t chosen = tutti_choose((uint32_t)most);
    return chosen ? chosen : most;
}

static int trickle_send_all(struct tutti_stream *stream, const void *data, size_t length,
                            size_t *sent, const struct tutti_site *site)
{
    struct tutti_trickle *trickle = trickle_of(stream);
    int rc = 0;
    while (rc == 0 && *sent < length) {
        size_t count, piece = piece_of(trickle, length - *sent);
        rc = tutti_stream_send_all_at(trickle->inner, (const char *)data + *sent, piece, &count,
                                      site);
        *sent += count;
    }
    return rc;
}

static int trickle_wait_send(struct tutti_stream *stream, const struct tutti_site *site)
{
    return tutti_stream_wait_send_at(trickle_of(stream)->inner, site);
}

static int trickle_receive(struct tutti_stream *stream, void *buffer, size_t length,
                           const struct tutti_site *site)
{
    struct tutti_trickle *trickle = trickle_of(stream);
    return tutti_stream_receive_at(trickle->inner, buffer, piece_of(trickle, length), site);
}

static int trickle_wait_receive(struct tutti_stream *stream, const struct tutti_site *site)
{
    return tutti_stream_wait_receive_at(trickle_of(stream)->inner, site);
}

static int trickle_send_eof(struct tutti_stream *stream, const struct tutti_site *site)
{
    return tutti_stream_send_eof_at(trickle_of(stream)->inner, site);
}

static int trickle_goodbye(struct tutti_stream *stream, const struct tutti_site *site)
{
    return tutti_stream_close_at(trickle_of(stream)->inner, site);
}

static void trickle_close(struct tutti_stream *stream)
{
    tutti_stream_close_forcefully(trickle_of(stream)->inner);
}

static void trickle_free(struct tutti_stream *stream)
{
    tutti_stream_free(trickle_of(stream)->inner);
}

void tutti_trickle_init(struct tutti_trickle *trickle, struct tutti_stream *inner, uint32_t max)
{
    static const struct tutti_stream_kind kind = {.name = "trickling stream",
                                                  .send_all = trickle_send_all,
                                                  .wait_send = trickle_wait_send,
                                                  .receive = trickle_receive,
                                                  .wait_receive = trickle_wait_receive,
                                                  .send_eof = trickle_send_eof,
                                                  .goodbye = trickle_goodbye,
                                                  .close = trickle_close,
                                                  .free = trickle_free};
    *trickle = (struct tutti_trickle){.inner = inner, .max = max ? max : 1};
    tutti_stream_init(&trickle->stream, &kind);
}
