/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/stream.h"

#include <limits.h>

#include "tutti/core/access.h"
#include "tutti/core/error.h"
#include "tutti/core/task.h"

enum { STREAM_OPEN, STREAM_CLOSING, STREAM_CLOSED };

/* What a call wants to do; up to SEND_EOF in the direction out. */
enum verb { SEND_ALL, WAIT_SEND, SEND_EOF, RECEIVE, WAIT_RECEIVE };

static bool can(const struct tutti_stream_kind *kind, enum verb verb)
{
    switch (verb) {
    case SEND_ALL:
        return kind->send_all;
    case WAIT_SEND:
        return kind->wait_send;
    case SEND_EOF:
        return kind->send_eof;
    case RECEIVE:
        return kind->receive;
    default:
        return kind->wait_receive;
    }
}

/* Who uses the direction now. */
static const struct tutti_site **user_of(struct tutti_stream *stream, enum verb verb)
{
    return verb <= SEND_EOF ? &stream->sending : &stream->receiving;
}

static bool *broken_of(struct tutti_stream *stream, enum verb verb)
{
    return verb <= SEND_EOF ? &stream->send_broken : &stream->receive_broken;
}

void tutti_stream_init(struct tutti_stream *stream, const struct tutti_stream_kind *kind)
{
    *stream = (struct tutti_stream){.kind = kind, .state = STREAM_OPEN};
}

/* What steps have in common by a stream is one thing to the explorer. */
static void touch(const struct tutti_stream *stream, bool writes)
{
    tutti_access(stream, 1, writes);
}

bool tutti_stream_is_open(const struct tutti_stream *stream)
{
    if (stream) touch(stream, false);
    return stream && stream->kind && stream->state == STREAM_OPEN;
}

static int unknown(const struct tutti_site *site)
{
    return tutti_error_at(site, false, TUTTI_EINVALID, "there is no stream: it was never opened");
}

/* The error of a call that the stream's state does not allow, or 0. */
static int refuse(struct tutti_stream *stream, enum verb verb, const struct tutti_site *site)
{
    const char *name = stream->kind->name;
    const struct tutti_site *user = *user_of(stream, verb);
    if (user) {
        return tutti_error_at(site, false, TUTTI_EBUSY, "another task %s on this %s, since %s:%u",
                              verb <= SEND_EOF ? "sends" : "receives", name, user->file,
                              user->line);
    }
    if (stream->state != STREAM_OPEN) {
        return tutti_error_at(site, false, TUTTI_ECLOSED, "this %s was closed", name);
    }
    if (!can(stream->kind, verb)) {
        return tutti_error_at(site, false, TUTTI_EUNSUPPORTED, "a %s cannot %s", name,
                              verb == SEND_EOF  ? "send an end: close it"
                              : verb < SEND_EOF ? "send"
                                                : "receive");
    }
    if (stream->eof_sent && verb < SEND_EOF) {
        return tutti_error_at(site, false, TUTTI_ECLOSED, "the end of this %s was sent before",
                              name);
    }
    if (*broken_of(stream, verb)) {
        return tutti_error_at(site, false, TUTTI_EBROKEN, "this %s broke before", name);
    }
    return 0;
}

/* A call begins: 0, or why it does not. */
static int enter(struct tutti_stream *stream, enum verb verb, const struct tutti_site *site)
{
    if (!stream || !stream->kind) return unknown(site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    touch(stream, true);
    int rc = refuse(stream, verb, site);
    if (rc < 0) return rc;
    *user_of(stream, verb) = site;
    stream->calls++;
    return 0;
}

static void let_go(struct tutti_stream *stream)
{
    if (--stream->calls || !stream->freed) return;
    if (stream->kind->free) stream->kind->free(stream);
}

/* The end of every call that began; returns its code. The stream may be gone afterwards. */
static int leave(struct tutti_stream *stream, enum verb verb, int rc)
{
    touch(stream, true);
    *user_of(stream, verb) = NULL;
    if (rc == TUTTI_EBROKEN) {
        *broken_of(stream, verb) = true;
        /* What this side's closing broke is not the other side's doing. */
        if (stream->state != STREAM_OPEN) rc = TUTTI_ECLOSED;
    }
    let_go(stream);
    return rc;
}

int tutti_stream_send_all_at(struct tutti_stream *stream, const void *data, size_t length,
                             size_t *sent, const struct tutti_site *site)
{
    size_t count = 0;
    if (sent) *sent = 0;
    int rc = enter(stream, SEND_ALL, site);
    if (rc < 0) return rc;
    rc = length ? stream->kind->send_all(stream, data, length, &count, site)
                : tutti_checkpoint_at(site);
    if (sent) *sent = count;
    return leave(stream, SEND_ALL, rc);
}

int tutti_stream_wait_send_at(struct tutti_stream *stream, const struct tutti_site *site)
{
    int rc = enter(stream, WAIT_SEND, site);
    if (rc < 0) return rc;
    return leave(stream, WAIT_SEND, stream->kind->wait_send(stream, site));
}

int tutti_stream_receive_at(struct tutti_stream *stream, void *buffer, size_t length,
                            const struct tutti_site *site)
{
    if (!length) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "a buffer of 0 bytes receives nothing");
    }
    int rc = enter(stream, RECEIVE, site);
    if (rc < 0) return rc;
    if (stream->eof_received) {
        rc = tutti_checkpoint_at(site);
    } else {
        rc = stream->kind->receive(stream, buffer, length < INT_MAX ? length : INT_MAX, site);
        if (rc == 0) stream->eof_received = true;
    }
    return leave(stream, RECEIVE, rc);
}

int tutti_stream_wait_receive_at(struct tutti_stream *stream, const struct tutti_site *site)
{
    int rc = enter(stream, WAIT_RECEIVE, site);
    if (rc < 0) return rc;
    rc =
        stream->eof_received ? tutti_checkpoint_at(site) : stream->kind->wait_receive(stream, site);
    return leave(stream, WAIT_RECEIVE, rc);
}

int tutti_stream_send_eof_at(struct tutti_stream *stream, const struct tutti_site *site)
{
    int rc = enter(stream, SEND_EOF, site);
    if (rc < 0) return rc;
    if (stream->eof_sent) {
        rc = tutti_checkpoint_at(site);
    } else {
        rc = stream->kind->send_eof(stream, site);
        if (rc >= 0) stream->eof_sent = true;
    }
    return leave(stream, SEND_EOF, rc);
}

static void close_now(struct tutti_stream *stream)
{
    touch(stream, true);
    if (stream->state == STREAM_CLOSED) return;
    stream->state = STREAM_CLOSED;
    stream->kind->close(stream);
}

int tutti_stream_close_at(struct tutti_stream *stream, const struct tutti_site *site)
{
    if (!stream || !stream->kind) return unknown(site);
    touch(stream, true);
    if (stream->state != STREAM_OPEN) return tutti_checkpoint_at(site);
    int rc = tutti_checkpoint_if_cancelled_at(site);
    /* Cancelled: others ran, and one of them may have been closing it since. */
    if (rc < 0 || !stream->kind->goodbye) {
        close_now(stream);
        if (rc == 0) tutti_yield_shielded_at(site);
        return rc;
    }
    stream->state = STREAM_CLOSING;
    stream->calls++;
    rc = stream->kind->goodbye(stream, site);
    /* Somebody was faster, and forceful: that is no failure of this call. */
    if (stream->state == STREAM_CLOSED && rc != TUTTI_ECANCELED) rc = 0;
    close_now(stream);
    let_go(stream);
    return rc;
}

void tutti_stream_close_forcefully(struct tutti_stream *stream)
{
    if (stream && stream->kind) close_now(stream);
}

void tutti_stream_free(struct tutti_stream *stream)
{
    if (!stream || !stream->kind) return;
    stream->calls++;
    stream->freed = true;
    close_now(stream);
    let_go(stream);
}
