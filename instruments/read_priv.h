/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/read_priv.h - the reader's own parts: one line taken apart. */
#ifndef TUTTI_INSTRUMENTS_READ_PRIV_H
#define TUTTI_INSTRUMENTS_READ_PRIV_H

#include <jansson.h>

#include "tutti/instruments/lines_priv.h"
#include "tutti/instruments/read.h"

struct tutti_reader {
    struct lines lines;
    char *name;   /* of the file, for messages */
    json_t *head; /* line 1, as long as the reader lives */
    json_t *json; /* the present line */
    char *file;   /* the file of the present line's `at` */
    struct tutti_site site;
    struct tutti_trace_start start;
    struct tutti_trace_record record;
    uint64_t skipped_events, skipped_keys;
    bool started; /* run.begin was given out */
    bool ended;   /* run.end was given out */
    bool done;    /* the end was reached */
    int error;
    char message[1024];
};

/* Remembers an error and its sentence "NAME:LINE: ..." (the present line's number); returns it. */
int read_fail(struct tutti_reader *reader, int error, const char *format, ...) TUTTI_PRINTF(3, 4);

/* Takes reader->json apart into reader->record. Returns 0 or the error of read_fail(). */
int read_fields(struct tutti_reader *reader);

#endif
