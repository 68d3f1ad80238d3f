/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* marks_of_streams.h - entries of what streams do. Included by marks_entries.h. */
#ifndef TUTTI_TESTS_MARKS_OF_STREAMS_H
#define TUTTI_TESTS_MARKS_OF_STREAMS_H

#include "loose_stream.h"

static struct loose_stream loose;
#define LOOSE    (loose_stream_init(&loose), 0)
#define A_STREAM (&loose.stream)

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
