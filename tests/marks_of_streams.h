/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* marks_of_streams.h - entries of what streams do. Included by marks_entries.h. */
#ifndef TUTTI_TESTS_MARKS_OF_STREAMS_H
#define TUTTI_TESTS_MARKS_OF_STREAMS_H

#include "loose_stream.h"

#include "tutti/io/lockstep.h"
#include "tutti/io/memory_stream.h"
#include "tutti/io/reader.h"
#include "tutti/io/trickle.h"

static struct loose_stream loose;
#define LOOSE    (loose_stream_init(&loose), 0)
#define A_STREAM (&loose.stream)

static struct tutti_lockstep_pipe lockstep_pipe;
static struct tutti_lockstep_pair lockstep_pair;
static struct tutti_memory_sender memory_sender;
static struct tutti_memory_receiver memory_receiver;
static struct tutti_memory_pipe memory_pipe;
static struct tutti_memory_pair memory_pair;
static struct tutti_staple staple;
static struct tutti_trickle trickle;

static int a_receiver(void)
{
    tutti_memory_receiver_init(&memory_receiver);
    return 0;
}

static int what_was_sent(void)
{
    tutti_memory_sender_init(&memory_sender);
    return tutti_stream_send_all(&memory_sender.stream, "x", 1);
}

static int both_ends(void)
{
    return a_receiver() + what_was_sent();
}

CALL(tutti_lockstep_pair_init_at, VOID(tutti_lockstep_pair_init(&lockstep_pair)))
CALL(tutti_lockstep_pipe_init_at, VOID(tutti_lockstep_pipe_init(&lockstep_pipe)))
ENTRY(tutti_memory_get_at, what_was_sent(), tutti_memory_get(&memory_sender, set->text, 1), 0)
ENTRY(tutti_memory_get_nowait_at, what_was_sent(),
      tutti_memory_get_nowait(&memory_sender, set->text, 1), 0)
CALL(tutti_memory_pair_init_at, VOID(tutti_memory_pair_init(&memory_pair)))
CALL(tutti_memory_pipe_init_at, VOID(tutti_memory_pipe_init(&memory_pipe)))
ENTRY(tutti_memory_pump_at, both_ends(), tutti_memory_pump(&memory_sender, &memory_receiver, 1), 0)
ENTRY(tutti_memory_put_at, a_receiver(), tutti_memory_put(&memory_receiver, "x", 1), 0)
ENTRY(tutti_memory_put_eof, a_receiver(), VOID(tutti_memory_put_eof(&memory_receiver)), 0)
CALL(tutti_memory_receiver_init_at, VOID(tutti_memory_receiver_init(&memory_receiver)))
CALL(tutti_memory_sender_init_at, VOID(tutti_memory_sender_init(&memory_sender)))

static struct tutti_reader reader;

static int to_read(const char *text)
{
    tutti_memory_receiver_init(&memory_receiver);
    tutti_reader_init(&reader, &memory_receiver.stream);
    return tutti_memory_put(&memory_receiver, text, strlen(text));
}

CALL(tutti_frame_prefix, tutti_frame_prefix((unsigned char *)set->text, 1, 1))
ENTRY(tutti_reader_buffered, to_read(""), VOID(tutti_reader_buffered(&reader)), 0)
ENTRY(tutti_reader_exact_at, to_read("x"), tutti_reader_exact(&reader, set->text, 1), 0)
ENTRY(tutti_reader_frame_at, to_read("\1x"), tutti_reader_frame(&reader, 1, 1, &set->memory), 0)
ENTRY(tutti_reader_free, to_read(""), VOID(tutti_reader_free(&reader)), 0)
CALL(tutti_reader_init, VOID(tutti_reader_init(&reader, A_STREAM)))
ENTRY(tutti_reader_line_at, to_read("x\n"), tutti_reader_line(&reader, 9, &(char *){NULL}), 0)
ENTRY(tutti_reader_some_at, to_read("x"), tutti_reader_some(&reader, set->text, 1), 0)
ENTRY(tutti_reader_until_at, to_read("x;"), tutti_reader_until(&reader, ";", 1, 9, &(char *){NULL}),
      0)

ENTRY(tutti_staple_init, LOOSE, VOID(tutti_staple_init(&staple, A_STREAM, A_STREAM)), 0)
ENTRY(tutti_trickle_init, LOOSE, VOID(tutti_trickle_init(&trickle, A_STREAM, 1)), 0)

ENTRY(tutti_stream_close_at, LOOSE, tutti_stream_close(A_STREAM), 0)
ENTRY(tutti_stream_close_forcefully, LOOSE, VOID(tutti_stream_close_forcefully(A_STREAM)), 0)
ENTRY(tutti_stream_free, LOOSE, VOID(tutti_stream_free(A_STREAM)), 0)
ENTRY(tutti_stream_init, LOOSE, VOID(tutti_stream_init(A_STREAM, &loose_stream_kind)), 0)
ENTRY(tutti_stream_is_open, LOOSE, VOID(tutti_stream_is_open(A_STREAM)), 0)
ENTRY(tutti_stream_receive_at, LOOSE, tutti_stream_receive(A_STREAM, set->text, 1), 0)
ENTRY(tutti_stream_send_all_at, LOOSE, tutti_stream_send_all(A_STREAM, "x", 1), 0)
ENTRY(tutti_stream_send_eof_at, LOOSE, tutti_stream_send_eof(A_STREAM), 0)
ENTRY(tutti_stream_wait_receive_at, LOOSE, tutti_stream_wait_receive(A_STREAM), 0)
ENTRY(tutti_stream_wait_send_at, LOOSE, tutti_stream_wait_send(A_STREAM), 0)

#endif
