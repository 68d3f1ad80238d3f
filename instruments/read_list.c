/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/read_priv.h"
#include "tutti/instruments/text.h"

/* Four parts of a list come before its numbers: version; mode; kinds; bounds. */
static const char *list_numbers(const char *list)
{
    for (int part = 0; list && part < 4; part++) {
        list = strchr(list, ';');
        if (list) list++;
    }
    return list;
}

void read_list_add(struct tutti_text *picks, int64_t pick)
{
    tutti_text_print(picks, picks->size > 0 ? ".%" PRId64 : "%" PRId64, pick);
}

/* Zeros at the end are what a list means without them. */
static void trim(struct tutti_text *picks)
{
    while (picks->size > 0) {
        bool zero = picks->bytes[picks->size - 1] == '0';
        if (!zero || (picks->size > 1 && picks->bytes[picks->size - 2] != '.')) return;
        picks->size -= picks->size > 1 ? 2 : 1;
        picks->bytes[picks->size] = '\0';
    }
}

char *read_list_finish(const struct tutti_reader *reader, struct tutti_text *picks)
{
    struct tutti_text list = {0};
    const char *start = reader->start.list, *numbers = list_numbers(start);
    if (!numbers || picks->failed) return NULL;
    trim(picks);
    /* A list that was known before the run is whole even where the events are not. */
    tutti_text_add(&list, start, *numbers ? strlen(start) : (size_t)(numbers - start));
    if (!*numbers) tutti_text_add(&list, picks->bytes, picks->size);
    if (list.failed) tutti_text_free(&list);
    return list.bytes;
}

char *tutti_reader_list(struct tutti_reader *reader)
{
    const struct tutti_trace_record *record;
    struct tutti_text picks = {0};
    int rc;
    if (reader->error < 0) return NULL;
    if (!list_numbers(reader->start.list)) {
        reader->lines.line = 1;
        (void)read_fail(reader, TUTTI_EINVALID,
                        "the trace does not tell how its choices were asked: no \"list\" like "
                        "1;step;run;c1; in this line (give the list instead of the trace)");
        return NULL;
    }
    while ((rc = tutti_reader_next(reader, &record)) > 0) {
        if (!record->known || record->event.kind != TUTTI_EVENT_CHOICE) continue;
        read_list_add(&picks, record->event.arg);
    }
    char *list = rc == 0 ? read_list_finish(reader, &picks) : NULL;
    if (rc == 0 && !list) (void)read_fail(reader, TUTTI_ENOMEMORY, "out of memory (free some)");
    tutti_text_free(&picks);
    return list;
}
