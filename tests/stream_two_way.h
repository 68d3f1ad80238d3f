/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* stream_two_way.h - what a stream must do besides if it goes both ways, and if it can be ended in
 * one of them. Included by stream_conformance.h. */
#ifndef TUTTI_TESTS_STREAM_TWO_WAY_H
#define TUTTI_TESTS_STREAM_TWO_WAY_H

/* Much both ways at once; then the end. */
static inline int duplex(struct ends *ends)
{
    char byte;
    size_t much = conformance_turn.maker->much;
    struct job there = {.stream = ends->left, .data = "a", .length = much};
    struct job arrived = {.stream = ends->right, .data = "a", .length = much};
    struct job back = {.stream = ends->right, .data = "b", .length = much};
    struct job returned = {.stream = ends->left, .data = "b", .length = much};
    struct tutti_branch all[] = {
        TUTTI_BRANCH(do_send_much, &there), TUTTI_BRANCH(do_receive_much, &arrived),
        TUTTI_BRANCH(do_send_much, &back), TUTTI_BRANCH(do_receive_much, &returned)};
    TUTTI_TRY(tutti_gather(all, 4));
    TUTTI_TRY(tutti_stream_close(ends->left));
    tutti_check(tutti_stream_receive(ends->right, &byte, 1) == 0);
    return tutti_stream_close(ends->right);
}

/* Who waits to receive is not in the way of who sends on the same end. */
static inline int receives_and_sends(struct ends *ends)
{
    char byte = 0;
    struct tutti_nursery nursery;
    struct job receive = {.stream = ends->left, .buffer = &byte, .length = 1};
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(job_start(&nursery, do_receive, &receive));
    TUTTI_TRY(settle());
    TUTTI_TRY(transfer(ends->left, ends->right, "there"));
    tutti_check(!receive.done);
    TUTTI_TRY(tutti_stream_send_all(ends->right, "b", 1));
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(receive.rc == 1 && byte == 'b');
    return 0;
}

/* Closing ends both directions of this side, and of the other. */
static inline int close_ends_both(struct ends *ends)
{
    char byte;
    struct job left = {.stream = ends->left, .buffer = &byte, .length = 1};
    TUTTI_TRY(tutti_stream_close(ends->left));
    tutti_check(do_receive(&left) == TUTTI_ECLOSED && do_wait_receive(&left) == TUTTI_ECLOSED);
    tutti_check(tutti_stream_receive(ends->right, &byte, 1) == 0);
    return 0;
}

static inline int eof_is_one_way(struct ends *ends)
{
    char byte;
    struct job left = {.stream = ends->left, .data = "x", .length = 1};
    TUTTI_TRY(transfer(ends->left, ends->right, "and then"));
    for (int i = 0; i < 2; i++) {
        TUTTI_TRY(tutti_stream_send_eof(ends->left));
        tutti_check(tutti_stream_receive(ends->right, &byte, 1) == 0);
        tutti_check(do_send(&left) == TUTTI_ECLOSED && do_send_nothing(&left) == TUTTI_ECLOSED);
        tutti_check(do_wait_send(&left) == TUTTI_ECLOSED && left.count == 0);
        TUTTI_TRY(transfer(ends->right, ends->left, "the way back is open"));
    }
    TUTTI_TRY(tutti_stream_send_eof(ends->right));
    tutti_check(tutti_stream_receive(ends->left, &byte, 1) == 0);
    TUTTI_TRY(tutti_stream_close(ends->left));
    tutti_check(do_send_eof(&left) == TUTTI_ECLOSED);
    return tutti_stream_close(ends->right);
}

static inline int eof_wakes(struct ends *ends)
{
    tutti_check(receive_until(ends, do_receive, do_send_eof, ends->left) == 0);
    return 0;
}

static inline int eof_comes_last(struct ends *ends)
{
    char buffer[64];
    struct tutti_nursery nursery;
    struct job send = {.stream = ends->left, .data = "words", .length = 5};
    struct job receive = {.stream = ends->right, .buffer = buffer, .length = sizeof buffer};
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(job_start(&nursery, do_receive_all, &receive));
    tutti_check(do_send(&send) == 0 && do_send_eof(&send) == 0);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(receive.rc == 0 && receive.count == 5 && memcmp(buffer, "words", 5) == 0);
    return 0;
}

static inline int eof_cancelled(struct ends *ends)
{
    struct job left = {.stream = ends->left};
    tutti_check(in_cancelled_scope(do_send_eof, &left) == TUTTI_ECANCELED);
    TUTTI_TRY(transfer(ends->left, ends->right, "no end yet"));
    TUTTI_TRY(tutti_assert_checkpoints(do_send_eof, &left));
    return tutti_assert_checkpoints(do_send_eof, &left);
}

#define TWO_WAY(fn)                                                                                \
    {                                                                                              \
#fn, POINT_TWO_WAY, fn                                                                     \
    }
#define HALF(fn)                                                                                   \
    {                                                                                              \
#fn, POINT_TWO_WAY | POINT_HALF, fn                                                        \
    }
#define STREAM_TWO_WAY_POINTS                                                                      \
    TWO_WAY(duplex), TWO_WAY(receives_and_sends), TWO_WAY(close_ends_both), HALF(eof_is_one_way),  \
        HALF(eof_wakes), HALF(eof_comes_last), HALF(eof_cancelled)

#endif
