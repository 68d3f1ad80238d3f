/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* stream_one_way.h - what a stream must do in one direction. Included by stream_conformance.h. */
#ifndef TUTTI_TESTS_STREAM_ONE_WAY_H
#define TUTTI_TESTS_STREAM_ONE_WAY_H

static inline int bytes_arrive(struct ends *ends)
{
    TUTTI_TRY(transfer(ends->left, ends->right, "x"));
    TUTTI_TRY(transfer(ends->left, ends->right, "several at once"));
    TUTTI_TRY(transfer_pieces(ends->left, ends->right, "one by one", 1, 1));
    TUTTI_TRY(transfer_pieces(ends->left, ends->right, "in threes", 3, 2));
    TUTTI_TRY(transfer_pieces(ends->left, ends->right, "at once", 0, 3));
    TUTTI_TRY(tutti_stream_close(ends->left));
    return tutti_stream_close(ends->right);
}

/* Sending nothing sends nothing: it does not look like an end. */
static inline int nothing_is_sent(struct ends *ends)
{
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_stream_send_all(ends->left, "", 0));
    return transfer(ends->left, ends->right, "y");
}

static inline int empty_buffer(struct ends *ends)
{
    char byte;
    tutti_check(tutti_stream_receive(ends->right, &byte, 0) == TUTTI_EINVALID);
    return transfer(ends->left, ends->right, "y");
}

/* A pattern that shows bytes that are lost, doubled or exchanged. */
static inline char pattern(size_t at, unsigned key)
{
    return (char)(at * 7 + at / 251 + key);
}

static inline int do_send_much(void *arg)
{
    struct job *job = arg;
    char bytes[997];
    unsigned key = (unsigned)job->data[0];
    for (size_t turn = 1; job->count < job->length; turn++) {
        size_t n = turn * 61 % sizeof bytes + 1, sent;
        if (n > job->length - job->count) n = job->length - job->count;
        for (size_t i = 0; i < n; i++)
            bytes[i] = pattern(job->count + i, key);
        int rc = tutti_stream_send_counted(job->stream, bytes, n, &sent);
        job->count += sent;
        if (rc < 0) return job_done(job, rc);
    }
    return job_done(job, 0);
}

static inline int do_receive_much(void *arg)
{
    struct job *job = arg;
    char bytes[1009];
    unsigned key = (unsigned)job->data[0];
    for (size_t turn = 1; job->count < job->length; turn++) {
        size_t n = turn * 83 % sizeof bytes + 1;
        if (n > job->length - job->count) n = job->length - job->count;
        int rc = tutti_stream_receive(job->stream, bytes, n);
        if (rc <= 0) return job_done(job, rc < 0 ? rc : TUTTI_EEOF);
        tutti_check((size_t)rc <= n);
        for (int i = 0; i < rc; i++)
            tutti_check(bytes[i] == pattern(job->count + (size_t)i, key));
        job->count += (size_t)rc;
    }
    return job_done(job, 0);
}

static inline int much_in_order(struct ends *ends)
{
    size_t much = conformance_turn.maker->much;
    struct job send = {.stream = ends->left, .data = "a", .length = much};
    struct job receive = {.stream = ends->right, .data = "a", .length = much};
    struct tutti_branch both[] = {TUTTI_BRANCH(do_send_much, &send),
                                  TUTTI_BRANCH(do_receive_much, &receive)};
    return tutti_gather(both, 2);
}

static inline int one_receives(struct ends *ends)
{
    char first = 0, second;
    struct tutti_nursery nursery;
    struct job receive = {.stream = ends->right, .buffer = &first, .length = 1};
    struct job other = {.stream = ends->right, .buffer = &second, .length = 1};
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(job_start(&nursery, do_receive, &receive));
    TUTTI_TRY(settle());
    tutti_check(do_receive(&other) == TUTTI_EBUSY && do_wait_receive(&other) == TUTTI_EBUSY);
    TUTTI_TRY(tutti_stream_send_all(ends->left, "z", 1));
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(receive.rc == 1 && first == 'z');
    return transfer(ends->left, ends->right, "y");
}

/* A receive waits, and ends when `fn` was done; what it returned. */
static inline int receive_until(struct ends *ends, int (*wait)(void *arg), int (*fn)(void *arg),
                                struct tutti_stream *stream)
{
    char byte;
    struct tutti_nursery nursery;
    struct job receive = {.stream = ends->right, .buffer = &byte, .length = 1};
    struct job job = {.stream = stream};
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(job_start(&nursery, wait, &receive));
    TUTTI_TRY(settle());
    tutti_check(!receive.done);
    tutti_check(fn(&job) == 0);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(receive.done);
    return receive.rc;
}

static inline int the_end_wakes(struct ends *ends)
{
    tutti_check(receive_until(ends, do_receive, do_close, ends->left) == 0);
    return 0;
}

static inline int the_end_wakes_who_looks(struct ends *ends)
{
    tutti_check(receive_until(ends, do_wait_receive, do_close, ends->left) == 0);
    return 0;
}

static inline int own_close_wakes(struct ends *ends)
{
    tutti_check(receive_until(ends, do_receive, do_close, ends->right) == TUTTI_ECLOSED);
    return 0;
}

static inline int own_close_wakes_who_looks(struct ends *ends)
{
    tutti_check(receive_until(ends, do_wait_receive, do_close, ends->right) == TUTTI_ECLOSED);
    return 0;
}

/* The end is said again and again. */
static inline int the_end_stays(struct ends *ends)
{
    char byte;
    TUTTI_TRY(tutti_stream_close(ends->left));
    for (int i = 0; i < 3; i++) {
        tutti_check(tutti_stream_wait_receive(ends->right) == 0);
        tutti_check(tutti_stream_receive(ends->right, &byte, 1) == 0);
    }
    return 0;
}

static inline int sent_before_the_end(struct ends *ends)
{
    char buffer[64];
    static const char text[] = "the last words";
    struct job send = {.stream = ends->left, .data = text, .length = sizeof text};
    struct job receive = {.stream = ends->right, .buffer = buffer, .length = sizeof buffer};
    struct tutti_branch both[] = {TUTTI_BRANCH(do_send_and_close, &send),
                                  TUTTI_BRANCH(do_receive_all, &receive)};
    TUTTI_TRY(tutti_gather(both, 2));
    tutti_check(receive.count == sizeof text && memcmp(buffer, text, sizeof text) == 0);
    return 0;
}

static inline int closed_is_closed(struct ends *ends)
{
    char byte;
    struct job left = {.stream = ends->left, .data = "x", .length = 1};
    struct job right = {.stream = ends->right, .buffer = &byte, .length = 1};
    TUTTI_TRY(tutti_stream_close(ends->left));
    tutti_check(!tutti_stream_is_open(ends->left) && tutti_stream_is_open(ends->right));
    TUTTI_TRY(tutti_stream_close(ends->right));
    tutti_check(do_send(&left) == TUTTI_ECLOSED && left.count == 0);
    tutti_check(do_send_nothing(&left) == TUTTI_ECLOSED && do_wait_send(&left) == TUTTI_ECLOSED);
    tutti_check(do_send_eof(&left) == TUTTI_ECLOSED);
    tutti_check(do_receive(&right) == TUTTI_ECLOSED && do_wait_receive(&right) == TUTTI_ECLOSED);
    for (int i = 0; i < 2; i++) {
        tutti_check(do_close(&left) == 0 && do_close(&right) == 0);
        tutti_stream_close_forcefully(ends->left);
    }
    tutti_check(do_send(&left) == TUTTI_ECLOSED && do_receive(&right) == TUTTI_ECLOSED);
    return 0;
}

/* The receiver goes: sooner or later sending fails, and then for ever. */
static inline int nobody_receives(struct ends *ends)
{
    struct job send = {.stream = ends->left, .data = "x", .length = 1};
    TUTTI_TRY(tutti_stream_close(ends->right));
    int rc = 0;
    for (int i = 0; i < 1000 && rc == 0; i++) {
        send.count = 0;
        rc = do_send(&send);
        if (rc == 0) TUTTI_TRY(tutti_sleep(conformance_turn.maker->settle_ns / 16));
    }
    tutti_check(rc == TUTTI_EBROKEN);
    send.count = 0;
    tutti_check(do_send(&send) == TUTTI_EBROKEN && send.count == 0);
    tutti_check(do_close(&send) == 0 && do_send(&send) == TUTTI_ECLOSED);
    return 0;
}

static inline int closed_forcefully(struct ends *ends)
{
    char byte;
    struct job send = {.stream = ends->left, .data = "x", .length = 1};
    struct job receive = {.stream = ends->right, .buffer = &byte, .length = 1};
    tutti_stream_close_forcefully(ends->left);
    tutti_check(do_send(&send) == TUTTI_ECLOSED);
    int rc = do_receive(&receive);
    tutti_check(rc == 0 || rc == TUTTI_EBROKEN);
    tutti_stream_close_forcefully(ends->right);
    tutti_check(do_receive(&receive) == TUTTI_ECLOSED);
    return 0;
}

static inline int cancelled_close_closes(struct ends *ends)
{
    char byte;
    struct job send = {.stream = ends->left, .data = "x", .length = 1};
    struct job receive = {.stream = ends->right, .buffer = &byte, .length = 1};
    tutti_check(in_cancelled_scope(do_close, &send) == TUTTI_ECANCELED);
    tutti_check(do_send(&send) == TUTTI_ECLOSED);
    int rc = do_receive(&receive);
    tutti_check(rc == 0 || rc == TUTTI_EBROKEN);
    tutti_check(in_cancelled_scope(do_close, &receive) == TUTTI_ECANCELED);
    tutti_check(do_receive(&receive) == TUTTI_ECLOSED);
    return 0;
}

/* A cancelled call did nothing: nothing is sent, nothing is taken. */
static inline int cancelled_before(struct ends *ends)
{
    char byte = 0;
    struct tutti_nursery nursery;
    struct job no = {.stream = ends->left, .data = "n", .length = 1};
    struct job send = {.stream = ends->left, .data = "y", .length = 1};
    struct job receive = {.stream = ends->right, .buffer = &byte, .length = 1};
    tutti_check(in_cancelled_scope(do_send, &no) == TUTTI_ECANCELED && no.count == 0);
    tutti_check(in_cancelled_scope(do_send_nothing, &no) == TUTTI_ECANCELED);
    tutti_check(in_cancelled_scope(do_wait_send, &no) == TUTTI_ECANCELED);
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(job_start(&nursery, do_send, &send));
    TUTTI_TRY(settle());
    tutti_check(in_cancelled_scope(do_wait_receive, &receive) == TUTTI_ECANCELED);
    tutti_check(in_cancelled_scope(do_receive, &receive) == TUTTI_ECANCELED);
    TUTTI_TRY(do_receive(&receive));
    tutti_check(byte == 'y');
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(send.rc == 0);
    return transfer(ends->left, ends->right, "as usual");
}

static inline int cancelled_receive(struct ends *ends)
{
    char byte;
    struct job receive = {.stream = ends->right, .buffer = &byte, .length = 1};
    tutti_check(in_scope_that_ends(do_receive, &receive) == TUTTI_ECANCELED);
    tutti_check(in_scope_that_ends(do_wait_receive, &receive) == TUTTI_ECANCELED);
    TUTTI_TRY(transfer(ends->left, ends->right, "as usual"));
    tutti_check(in_scope_that_ends(do_receive, &receive) == TUTTI_ECANCELED);
    TUTTI_TRY(tutti_stream_close(ends->right));
    return tutti_stream_close(ends->left);
}

/* Waiting for bytes takes none, and is not over before there are some. */
static inline int receive_when_ready(struct ends *ends)
{
    char byte = 0;
    struct tutti_nursery nursery;
    struct job wait = {.stream = ends->right};
    struct job send = {.stream = ends->left, .data = "w", .length = 1};
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(job_start(&nursery, do_wait_receive, &wait));
    TUTTI_TRY(settle());
    tutti_check(!wait.done);
    TUTTI_TRY(job_start(&nursery, do_send, &send));
    TUTTI_TRY(settle());
    tutti_check(wait.done && wait.rc == 0);
    tutti_check(tutti_stream_receive(ends->right, &byte, 1) == 1 && byte == 'w');
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    return send.rc;
}

static inline int all_are_checkpoints(struct ends *ends)
{
    char byte;
    struct tutti_nursery nursery;
    struct job send = {.stream = ends->left, .data = "c", .length = 1};
    struct job receive = {.stream = ends->right, .buffer = &byte, .length = 1};
    struct job left = {.stream = ends->left}, right = {.stream = ends->right};
    TUTTI_TRY(tutti_assert_checkpoints(do_send_nothing, &left));
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(job_start(&nursery, do_send, &send));
    TUTTI_TRY(settle());
    TUTTI_TRY(tutti_assert_checkpoints(do_wait_receive, &right));
    TUTTI_TRY(tutti_assert_checkpoints(do_receive, &receive));
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(job_start(&nursery, do_receive, &receive));
    TUTTI_TRY(settle());
    TUTTI_TRY(tutti_assert_checkpoints(do_wait_send, &left));
    send.count = 0;
    TUTTI_TRY(tutti_assert_checkpoints(do_send, &send));
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    TUTTI_TRY(tutti_assert_checkpoints(do_close, &left));
    TUTTI_TRY(tutti_assert_checkpoints(do_wait_receive, &right));
    TUTTI_TRY(tutti_assert_checkpoints(do_receive, &receive));
    TUTTI_TRY(tutti_assert_checkpoints(do_close, &right));
    return tutti_assert_checkpoints(do_close, &right);
}

/* Clogged: a sending call waits, and ends when `fn` was done; what it returned. */
static inline int send_until(struct ends *ends, int (*wait)(void *arg), int (*fn)(void *arg),
                             struct tutti_stream *stream)
{
    struct tutti_nursery nursery;
    struct job send = {.stream = ends->left, .data = "abc", .length = 3};
    struct job job = {.stream = stream};
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(job_start(&nursery, wait, &send));
    TUTTI_TRY(settle());
    tutti_check(!send.done);
    tutti_check(fn(&job) == 0);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(send.done && send.count == 0);
    return send.rc;
}

static inline int clogged_own_close(struct ends *ends)
{
    tutti_check(send_until(ends, do_send, do_close, ends->left) == TUTTI_ECLOSED);
    return 0;
}

static inline int clogged_own_close_wait(struct ends *ends)
{
    tutti_check(send_until(ends, do_wait_send, do_close, ends->left) == TUTTI_ECLOSED);
    return 0;
}

static inline int clogged_other_close(struct ends *ends)
{
    tutti_check(send_until(ends, do_send, do_close, ends->right) == TUTTI_EBROKEN);
    return 0;
}

static inline int clogged_other_close_wait(struct ends *ends)
{
    int rc = send_until(ends, do_wait_send, do_close, ends->right);
    tutti_check(rc == 0 || rc == TUTTI_EBROKEN);
    return 0;
}

static inline int clogged_one_sends(struct ends *ends)
{
    struct tutti_nursery nursery;
    struct job send = {.stream = ends->left, .data = "abc", .length = 3};
    struct job other = {.stream = ends->left, .data = "abc", .length = 3};
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(job_start(&nursery, do_send, &send));
    TUTTI_TRY(settle());
    tutti_check(do_send(&other) == TUTTI_EBUSY && other.count == 0);
    tutti_check(do_send_nothing(&other) == TUTTI_EBUSY && do_wait_send(&other) == TUTTI_EBUSY);
    tutti_check(do_send_eof(&other) == TUTTI_EBUSY);
    tutti_stream_close_forcefully(ends->right);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(send.rc == TUTTI_EBROKEN);
    return 0;
}

/* The rest of a clogged stream's life: somebody receives all, and each byte that was sent. */
static inline int unclog(struct ends *ends, size_t sent)
{
    char last[4] = "";
    struct tutti_nursery nursery;
    struct job drain = {.stream = ends->right, .buffer = last};
    struct job send = {.stream = ends->left, .data = "tail", .length = 4};
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(job_start(&nursery, do_drain, &drain));
    TUTTI_TRY(tutti_stream_wait_send(ends->left));
    tutti_check(do_send_and_close(&send) == 0);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(drain.rc == 0 && memcmp(last, "tail", 4) == 0);
    tutti_check(drain.count == (size_t)ends->filled + sent + 4);
    return 0;
}

/* It is not too late when there is room, and not too early while there is none. */
static inline int clogged_wait_send(struct ends *ends)
{
    struct tutti_nursery nursery;
    struct job wait = {.stream = ends->left};
    struct job again = {.stream = ends->left};
    tutti_check(in_scope_that_ends(do_wait_send, &again) == TUTTI_ECANCELED);
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(job_start(&nursery, do_wait_send, &wait));
    TUTTI_TRY(settle());
    tutti_check(!wait.done);
    tutti_nursery_cancel(&nursery);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(wait.rc == TUTTI_ECANCELED);
    return unclog(ends, 0);
}

/* What a cancelled send says it sent arrives, and no more. */
static inline int clogged_cancelled_send(struct ends *ends)
{
    struct job send = {.stream = ends->left, .data = "abcdef", .length = 6};
    tutti_check(in_scope_that_ends(do_send, &send) == TUTTI_ECANCELED);
    return unclog(ends, send.count);
}

#define ONE_WAY(fn)                                                                                \
    {                                                                                              \
#fn, POINT_ONE_WAY, fn                                                                     \
    }
#define CLOGGED(fn)                                                                                \
    {                                                                                              \
#fn, POINT_CLOGGED, fn                                                                     \
    }
#define STREAM_ONE_WAY_POINTS                                                                      \
    ONE_WAY(bytes_arrive), ONE_WAY(nothing_is_sent), ONE_WAY(empty_buffer),                        \
        ONE_WAY(much_in_order), ONE_WAY(one_receives), ONE_WAY(the_end_wakes),                     \
        ONE_WAY(the_end_wakes_who_looks), ONE_WAY(own_close_wakes),                                \
        ONE_WAY(own_close_wakes_who_looks), ONE_WAY(the_end_stays), ONE_WAY(sent_before_the_end),  \
        ONE_WAY(closed_is_closed), ONE_WAY(nobody_receives), ONE_WAY(closed_forcefully),           \
        ONE_WAY(cancelled_close_closes), ONE_WAY(cancelled_before), ONE_WAY(cancelled_receive),    \
        ONE_WAY(receive_when_ready), ONE_WAY(all_are_checkpoints), CLOGGED(clogged_own_close),     \
        CLOGGED(clogged_own_close_wait), CLOGGED(clogged_other_close),                             \
        CLOGGED(clogged_other_close_wait), CLOGGED(clogged_one_sends), CLOGGED(clogged_wait_send), \
        CLOGGED(clogged_cancelled_send)

#endif
