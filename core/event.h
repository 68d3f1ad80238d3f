/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/event.h - what a run tells: one struct for all kinds of event.
 *
 * The table of kinds is event.def; the enum here, the trace's encoder and checker and
 * docs/events.md are made from it. An event is valid during the call of the sink only: whoever
 * keeps one copies `name` (`site` and the texts of F_OP fields are static). Events of a trace are
 * struct tutti_trace_event, because struct tutti_event is the one tasks wait for (core/sync.h).  */
#ifndef TUTTI_CORE_EVENT_H
#define TUTTI_CORE_EVENT_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* The kinds of event. */
enum tutti_trace_kind {
#define TUTTI_EVENT(NAME, text, level, fields, meaning) TUTTI_EVENT_##NAME,
#include "tutti/core/event.def"
#undef TUTTI_EVENT
    TUTTI_EVENT_KINDS
};

#define TUTTI_EVENT_BIT(NAME) (UINT64_C(1) << TUTTI_EVENT_##NAME)

/* The words of coded fields: one enum and one table of texts a family. */
#define TUTTI_WORDS(FAMILY, words) enum tutti_##FAMILY{words TUTTI_WORDS_END_##FAMILY};
#define TUTTI_WORD(NAME, text)     TUTTI_##NAME,
#include "tutti/core/event_words.def"
#undef TUTTI_WORD
#undef TUTTI_WORDS

struct tutti_trace_event {
    int64_t t_ns;                  /* the run's clock */
    uint64_t task, obj, by;        /* ids; 0 = none, or the runtime */
    int64_t arg;                   /* one number more; its meaning is in event.def */
    const char *name;              /* one text; NULL = none */
    const struct tutti_site *site; /* the user's call; NULL = none */
    uint32_t count;                /* a small number */
    uint8_t kind;                  /* enum tutti_trace_kind */
    uint8_t code, code2;           /* words */
    bool flag;
};

TUTTI_STATIC_ASSERT(sizeof(struct tutti_trace_event) <= 72, "events are copied: keep them small");

/* The description of one field of a kind of event, as encoders and checkers want it. */
enum tutti_trace_field_type {
    TUTTI_FIELD_ID,   /* uint64_t id */
    TUTTI_FIELD_INT,  /* number */
    TUTTI_FIELD_TIME, /* int64_t ns; TUTTI_NEVER is "absent" */
    TUTTI_FIELD_BOOL,
    TUTTI_FIELD_TEXT, /* `name`, to be copied */
    TUTTI_FIELD_OP,   /* `name`, static */
    TUTTI_FIELD_WORD, /* a code of a family */
    TUTTI_FIELD_AT,   /* `site`, as file:line */
    TUTTI_FIELD_EXTRA /* not in the event: the sink adds it */
};
struct tutti_trace_field {
    const char *key; /* its name in the trace */
    enum tutti_trace_field_type type;
    bool optional;            /* left out when 0, NULL or TUTTI_NEVER */
    uint8_t offset, size;     /* of the member of struct tutti_trace_event */
    const char *const *words; /* WORD: texts by code, ending with NULL; EXTRA: its JSON type */
    const char *json;         /* the key as it stands in a line: ,"key": */
    uint8_t json_size;
};
struct tutti_trace_info {
    const char *text; /* "task.spawn" */
    uint8_t level;    /* the trace level from which on it is written, 1 to 4 */
    const struct tutti_trace_field *fields;
    uint8_t fields_count;
    const char *meaning; /* one line for the docs */
};

/* The table of event.def, indexed by kind. */
TUTTI_API extern const struct tutti_trace_info tutti_trace_table[TUTTI_EVENT_KINDS];

/* The word for a code, static: "deadlock", "lock". */
TUTTI_API const char *tutti_outcome_text(enum tutti_outcome outcome);
TUTTI_API const char *tutti_object_kind_text(enum tutti_object_kind kind);
TUTTI_API const char *tutti_cancel_why_text(enum tutti_cancel_why why);

/* All kinds of event whose level is at most `level`, one bit each: a sink's mask. */
TUTTI_API uint64_t tutti_trace_mask(int level);

TUTTI_END
#endif
