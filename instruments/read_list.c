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

/* Reads to the end and adds the picks; trailing zeros are what a list means without them. */
static int add_picks(struct tutti_reader *reader, struct tutti_text *out)
{
    const struct tutti_trace_record *record;
    size_t end = out->size;
    bool first = true;
    int rc;
    while ((rc = tutti_reader_next(reader, &record)) > 0) {
        if (!record->known || record->event.kind != TUTTI_EVENT_CHOICE) continue;
        tutti_text_print(out, "%s%" PRId64, first ? "" : ".", record->event.arg);
        first = false;
        if (record->event.arg != 0) end = out->size;
    }
    if (rc == 0 && !out->failed) {
        out->size = end;
        out->bytes[end] = '\0';
    }
    return rc;
}

char *tutti_reader_list(struct tutti_reader *reader)
{
    struct tutti_text picks = {0};
    const char *list = reader->start.list;
    const char *numbers = list_numbers(list);
    if (reader->error < 0) return NULL;
    if (!numbers) {
        reader->lines.line = 1;
        (void)read_fail(reader, TUTTI_EINVALID,
                        "the trace does not tell how its choices were asked: no \"list\" like "
                        "1;step;run;c1; in this line (give the list instead of the trace)");
        return NULL;
    }
    tutti_text_add(&picks, list, (size_t)(numbers - list));
    int rc = add_picks(reader, &picks);
    if (rc == 0 && *numbers != '\0') {
        /* The list was known before the run: it is whole even where the events are not. */
        picks.size = 0;
        tutti_text_add(&picks, list, strlen(list));
    }
    if (rc == 0 && !picks.failed) return picks.bytes;
    if (rc == 0) (void)read_fail(reader, TUTTI_ENOMEMORY, "out of memory (free some)");
    tutti_text_free(&picks);
    return NULL;
}
