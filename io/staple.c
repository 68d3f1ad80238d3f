/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/staple.h"

#include "tutti/core/error.h"

static struct tutti_staple *staple_of(struct tutti_stream *stream)
{
    return TUTTI_CONTAINER(stream, struct tutti_staple, stream);
}

static int staple_send_all(struct tutti_stream *stream, const void *data, size_t length,
                           size_t *sent, const struct tutti_site *site)
{
    return tutti_stream_send_all_at(staple_of(stream)->out, data, length, sent, site);
}

static int staple_wait_send(struct tutti_stream *stream, const struct tutti_site *site)
{
    return tutti_stream_wait_send_at(staple_of(stream)->out, site);
}

static int staple_receive(struct tutti_stream *stream, void *buffer, size_t length,
                          const struct tutti_site *site)
{
    return tutti_stream_receive_at(staple_of(stream)->in, buffer, length, site);
}

static int staple_wait_receive(struct tutti_stream *stream, const struct tutti_site *site)
{
    return tutti_stream_wait_receive_at(staple_of(stream)->in, site);
}

static int staple_send_eof(struct tutti_stream *stream, const struct tutti_site *site)
{
    struct tutti_stream *out = staple_of(stream)->out;
    if (out->kind->send_eof) return tutti_stream_send_eof_at(out, site);
    return tutti_stream_close_at(out, site);
}

/* The first failure counts; but that it was cancelled is the least of them. */
static int staple_goodbye(struct tutti_stream *stream, const struct tutti_site *site)
{
    struct tutti_staple *staple = staple_of(stream);
    int out = tutti_stream_close_at(staple->out, site);
    int in = tutti_stream_close_at(staple->in, site);
    return out < 0 && (out != TUTTI_ECANCELED || in >= 0) ? out : in;
}

static void staple_close(struct tutti_stream *stream)
{
    tutti_stream_close_forcefully(staple_of(stream)->out);
    tutti_stream_close_forcefully(staple_of(stream)->in);
}

static void staple_free(struct tutti_stream *stream)
{
    struct tutti_staple *staple = staple_of(stream);
    tutti_stream_free(staple->out);
    tutti_stream_free(staple->in);
}

void tutti_staple_init(struct tutti_staple *staple, struct tutti_stream *out,
                       struct tutti_stream *in)
{
    static const struct tutti_stream_kind kind = {.name = "stapled stream",
                                                  .send_all = staple_send_all,
                                                  .wait_send = staple_wait_send,
                                                  .receive = staple_receive,
                                                  .wait_receive = staple_wait_receive,
                                                  .send_eof = staple_send_eof,
                                                  .goodbye = staple_goodbye,
                                                  .close = staple_close,
                                                  .free = staple_free};
    *staple = (struct tutti_staple){.out = out, .in = in};
    tutti_stream_init(&staple->stream, &kind);
}
