/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/read_priv.h - the reader's own parts: one line taken apart. */
#ifndef TUTTI_INSTRUMENTS_READ_PRIV_H
#define TUTTI_INSTRUMENTS_READ_PRIV_H

#include <jansson.h>

#include "tutti/instruments/lines_priv.h"
#include "tutti/instruments/read.h"
#include "tutti/instruments/text.h"

/* Slots of the table of kinds: more than twice as many as there are kinds. */
enum { READ_KINDS = 128 };

struct tutti_reader {
    struct lines lines;
    char *name;    /* of the file, for messages */
    json_t *head;  /* line 1, as long as the reader lives */
    json_t *json;  /* the present line */
    char *file;    /* the file of the present line's `at` */
    char *scratch; /* texts of the present line, when jansson was not asked */
    size_t scratch_room;
    uint8_t kinds[READ_KINDS]; /* kinds by the hash of their texts, 1 more than they are */
    struct tutti_site site;
    struct tutti_trace_start start;
    struct tutti_trace_record record;
    uint64_t skipped_events, skipped_keys;
    bool fast;    /* the present line needed no jansson */
    bool started; /* run.begin was given out */
    bool ended;   /* run.end was given out, or */
    bool sofar;   /* run.sofar, which may stand for it */
    bool done;    /* the end was reached */
    int error;
    char message[1024];
};

/* Remembers an error and its sentence "NAME:LINE: ..." (the present line's number); returns it. */
int read_fail(struct tutti_reader *reader, int error, const char *format, ...) TUTTI_PRINTF(3, 4);

/* Takes reader->json apart into reader->record. Returns 0 or the error of read_fail(). */
int read_fields(struct tutti_reader *reader);

/* read_list.c: the choice list of a trace, from its picks in order. The list is to be freed; NULL:
 * line 1 does not tell how choices were asked, or no memory. */
void read_list_add(struct tutti_text *picks, int64_t pick);
char *read_list_finish(const struct tutti_reader *reader, struct tutti_text *picks);

/* Puts a number into the event's member; false: it does not fit. */
bool read_store(struct tutti_trace_event *event, const struct tutti_trace_field *field,
                int64_t number);

/* Takes a line that is as the writer writes it apart into reader->record, with the help of the
 * reader's scratch, which has room for it. False: this line is for jansson and read_fields(). */
bool read_fast(struct tutti_reader *reader, const char *text, size_t size);
void read_fast_init(struct tutti_reader *reader);

#endif
