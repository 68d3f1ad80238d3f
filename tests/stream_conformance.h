/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* stream_conformance.h - what every stream must do, as cases that run on any of them, in any world.
 *
 * A test writes a maker for its kind of stream and runs each point that applies, conformance_run in
 * a world of its choice, `conformance_turn` saying which. stream_conformance_test.c does it in the
 * simulator. The points are in stream_one_way.h and stream_two_way.h. */
#ifndef TUTTI_TESTS_STREAM_CONFORMANCE_H
#define TUTTI_TESTS_STREAM_CONFORMANCE_H

#include <string.h>

#include "tutti/core/checkpoints.h"
#include "tutti/core/compose.h"
#include "tutti/core/error.h"
#include "tutti/core/idle.h"
#include "tutti/core/nursery.h"
#include "tutti/core/scope.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"
#include "tutti/io/stream.h"

struct ends {
    struct tutti_stream *left, *right;
    int filled; /* clogged: so many bytes are on their way from left to right */
};

/* How to make two ends: what is sent on the left comes out on the right. Inside a run. */
struct stream_maker {
    const char *name;
    int (*make)(struct ends *ends);
    /* The same, with no room: sending on the left waits until the right receives. NULL: there is
     * always room. */
    int (*make_clogged)(struct ends *ends);
    bool two_way;      /* the right sends, too */
    bool half;         /* send_eof works */
    int64_t settle_ns; /* after so long what waits does wait; 0 in the simulator */
    size_t much;       /* bytes of the long exchanges */
};

/* Points: what they need of the streams. */
enum { POINT_ONE_WAY = 0, POINT_CLOGGED = 1, POINT_TWO_WAY = 2, POINT_HALF = 4 };
struct stream_point {
    const char *name;
    unsigned needs;
    int (*fn)(struct ends *ends);
};

/* What runs next: a point, on streams of a maker, as they are or with left and right exchanged. */
static struct conformance_turn {
    const struct stream_maker *maker;
    const struct stream_point *point;
    bool flipped;
} conformance_turn;

static inline bool conformance_applies(const struct conformance_turn *turn)
{
    unsigned needs = turn->point->needs;
    const struct stream_maker *maker = turn->maker;
    if ((needs & POINT_CLOGGED) && (!maker->make_clogged || turn->flipped)) return false;
    if ((needs & POINT_TWO_WAY || turn->flipped) && !maker->two_way) return false;
    return !(needs & POINT_HALF) || maker->half;
}

/* The main function of a run. */
static inline int conformance_run(void *arg)
{
    const struct conformance_turn *turn = &conformance_turn;
    struct ends ends = {.left = NULL};
    (void)arg;
    bool clogged = turn->point->needs & POINT_CLOGGED;
    ends.filled = clogged ? turn->maker->make_clogged(&ends) : turn->maker->make(&ends);
    TUTTI_TRY(ends.filled);
    if (turn->flipped) {
        struct tutti_stream *left = ends.left;
        ends.left = ends.right;
        ends.right = left;
    }
    int rc = turn->point->fn(&ends);
    tutti_stream_free(ends.left);
    tutti_stream_free(ends.right);
    return rc;
}

/* Until all tasks that are to wait do. */
static inline int settle(void)
{
    return tutti_wait_all_blocked(conformance_turn.maker->settle_ns);
}

/* A call on a stream, to be made in a task of its own, or in a scope. */
struct job {
    struct tutti_stream *stream;
    const char *data; /* to send */
    size_t length;    /* of it; or of the buffer */
    char *buffer;     /* to receive into */
    size_t piece;     /* send and receive at most so many bytes at a time; 0: any number */
    int rc;
    size_t count; /* bytes that were sent or received */
    bool done;
};

static inline int job_done(struct job *job, int rc)
{
    job->rc = rc;
    job->done = true;
    return rc;
}

/* A job in a task, where an error is a result like others. */
struct errand {
    int (*fn)(void *arg);
    struct job *job;
};

static inline int errand_run(void *arg)
{
    const struct errand *errand = arg;
    (void)errand->fn(errand->job);
    return 0;
}

static inline int job_start(struct tutti_nursery *nursery, int (*fn)(void *arg), struct job *job)
{
    struct errand errand = {fn, job};
    return tutti_nursery_start_copy(nursery, errand_run, &errand, sizeof errand);
}

static inline size_t piece_of(const struct job *job)
{
    size_t left = job->length - job->count;
    return job->piece && job->piece < left ? job->piece : left;
}

/* Sends all of the data. */
static inline int do_send(void *arg)
{
    struct job *job = arg;
    int rc;
    do {
        size_t sent;
        rc = tutti_stream_send_counted(job->stream, job->data + job->count, piece_of(job), &sent);
        if (rc == 0) tutti_check(sent == piece_of(job));
        job->count += sent;
    } while (rc == 0 && job->count < job->length);
    return job_done(job, rc);
}

static inline int do_send_nothing(void *arg)
{
    struct job *job = arg;
    return job_done(job, tutti_stream_send_all(job->stream, NULL, 0));
}

static inline int do_wait_send(void *arg)
{
    struct job *job = arg;
    return job_done(job, tutti_stream_wait_send(job->stream));
}

static inline int do_send_eof(void *arg)
{
    struct job *job = arg;
    return job_done(job, tutti_stream_send_eof(job->stream));
}

static inline int do_close(void *arg)
{
    struct job *job = arg;
    return job_done(job, tutti_stream_close(job->stream));
}

static inline int do_send_and_close(void *arg)
{
    struct job *job = arg;
    int rc = do_send(job);
    tutti_check(tutti_stream_close(job->stream) == 0);
    return job_done(job, rc);
}

static inline int do_wait_receive(void *arg)
{
    struct job *job = arg;
    return job_done(job, tutti_stream_wait_receive(job->stream));
}

/* One receive. */
static inline int do_receive(void *arg)
{
    struct job *job = arg;
    int rc = tutti_stream_receive(job->stream, job->buffer, job->length);
    if (rc > 0) job->count += (size_t)rc;
    return job_done(job, rc);
}

/* Receives `length` bytes, or as many as there are before the end. */
static inline int do_receive_all(void *arg)
{
    struct job *job = arg;
    int rc = 1;
    while (rc > 0 && job->count < job->length) {
        rc = tutti_stream_receive(job->stream, job->buffer + job->count, piece_of(job));
        if (rc > 0) job->count += (size_t)rc;
    }
    return job_done(job, rc < 0 ? rc : 0);
}

/* Receives until the end, and keeps the last four bytes. */
static inline int do_drain(void *arg)
{
    struct job *job = arg;
    char bytes[4096], all[sizeof bytes + 4] = {0};
    int rc;
    while ((rc = tutti_stream_receive(job->stream, bytes, sizeof bytes)) > 0) {
        memcpy(all, job->buffer, 4);
        memcpy(all + 4, bytes, (size_t)rc);
        memcpy(job->buffer, all + rc, 4);
        job->count += (size_t)rc;
    }
    return job_done(job, rc);
}

/* The call in a scope that was cancelled before; what the call returned. */
static inline int in_cancelled_scope(int (*fn)(void *arg), struct job *job)
{
    struct tutti_scope scope;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    int rc = fn(job);
    tutti_check(tutti_scope_close(&scope, rc) >= (rc == TUTTI_ECANCELED ? 0 : rc));
    return rc;
}

/* The call in a scope that is cancelled while it waits. */
static inline int in_scope_that_ends(int (*fn)(void *arg), struct job *job)
{
    int64_t ns = conformance_turn.maker->settle_ns;
    int rc = tutti_fail_after(ns ? ns : TUTTI_MS, fn, job);
    tutti_check(rc == TUTTI_ETOOSLOW);
    return job->rc;
}

/* Sends the text from one end to the other, in pieces of so many bytes (0: any number). */
static inline int transfer_pieces(struct tutti_stream *from, struct tutti_stream *to,
                                  const char *text, size_t send_piece, size_t receive_piece)
{
    char buffer[64] = {0};
    struct job send = {.stream = from, .data = text, .length = strlen(text), .piece = send_piece};
    struct job receive = {
        .stream = to, .buffer = buffer, .length = strlen(text), .piece = receive_piece};
    struct tutti_branch both[] = {TUTTI_BRANCH(do_send, &send),
                                  TUTTI_BRANCH(do_receive_all, &receive)};
    tutti_check(receive.length <= sizeof buffer);
    TUTTI_TRY(tutti_gather(both, 2));
    tutti_check(receive.count == send.length && memcmp(buffer, text, send.length) == 0);
    return 0;
}

static inline int transfer(struct tutti_stream *from, struct tutti_stream *to, const char *text)
{
    return transfer_pieces(from, to, text, 0, 0);
}

#include "stream_one_way.h"
#include "stream_two_way.h"

static const struct stream_point stream_points[] = {STREAM_ONE_WAY_POINTS, STREAM_TWO_WAY_POINTS};
enum { STREAM_POINTS = sizeof stream_points / sizeof *stream_points };

#endif
