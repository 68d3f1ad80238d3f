/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/event.h"

/* The texts of coded fields, by code. */
#define TUTTI_WORDS(FAMILY, words) static const char *const words_##FAMILY[] = {words NULL};
#define TUTTI_WORD(NAME, text)     text,
#include "tutti/core/event_words.def"
#undef TUTTI_WORD
#undef TUTTI_WORDS

#define MEMBER(member)                                                                             \
    offsetof(struct tutti_trace_event, member), sizeof(((struct tutti_trace_event *)0)->member)
#define JSON(key) ",\"" #key "\":", sizeof ",\"" #key "\":" - 1
#define FIELD(key, type, optional, member)                                                         \
    {#key, TUTTI_FIELD_##type, optional, MEMBER(member), NULL, JSON(key)},
#define F_ID(key, member)       FIELD(key, ID, false, member)
#define F_ID_OPT(key, member)   FIELD(key, ID, true, member)
#define F_INT(key, member)      FIELD(key, INT, false, member)
#define F_INT_OPT(key, member)  FIELD(key, INT, true, member)
#define F_TIME_OPT(key, member) FIELD(key, TIME, true, member)
#define F_BOOL(key, member)     FIELD(key, BOOL, false, member)
#define F_BOOL_OPT(key, member) FIELD(key, BOOL, true, member)
#define F_TEXT(key, member)     FIELD(key, TEXT, false, member)
#define F_TEXT_OPT(key, member) FIELD(key, TEXT, true, member)
#define F_OP(key, member)       FIELD(key, OP, false, member)
#define F_WORD(key, member, family)                                                                \
    {#key, TUTTI_FIELD_WORD, false, MEMBER(member), words_##family, JSON(key)},
#define F_AT(key, member)     FIELD(key, AT, false, member)
#define F_AT_OPT(key, member) FIELD(key, AT, true, member)
#define EXTRA(key, type, optional)                                                                 \
    {#key, TUTTI_FIELD_EXTRA, optional, 0, 0, (const char *const[]){#type, NULL}, JSON(key)},
#define F_EXTRA(key, type)     EXTRA(key, type, false)
#define F_EXTRA_OPT(key, type) EXTRA(key, type, true)

#define TUTTI_EVENT(NAME, text, level, fields, meaning)                                            \
    static const struct tutti_trace_field fields_##NAME[] = {fields};
#include "tutti/core/event.def"
#undef TUTTI_EVENT

#define TUTTI_EVENT(NAME, text, level, fields, meaning)                                            \
    {text, level, fields_##NAME, sizeof fields_##NAME / sizeof *fields_##NAME, meaning},
const struct tutti_trace_info tutti_trace_table[TUTTI_EVENT_KINDS] = {
#include "tutti/core/event.def"
};
#undef TUTTI_EVENT

_Static_assert(TUTTI_EVENT_KINDS <= 64, "a sink's mask has one bit a kind");

uint64_t tutti_trace_mask(int level)
{
    uint64_t mask = 0;
    for (int kind = 0; kind < TUTTI_EVENT_KINDS; kind++) {
        if (tutti_trace_table[kind].level <= level) mask |= UINT64_C(1) << kind;
    }
    return mask;
}

const char *tutti_outcome_text(enum tutti_outcome outcome)
{
    return (unsigned)outcome < TUTTI_WORDS_END_outcome ? words_outcome[outcome] : "unknown";
}

const char *tutti_object_kind_text(enum tutti_object_kind kind)
{
    return (unsigned)kind < TUTTI_WORDS_END_object_kind ? words_object_kind[kind] : "unknown";
}

const char *tutti_cancel_why_text(enum tutti_cancel_why why)
{
    return (unsigned)why < TUTTI_WORDS_END_cancel_why ? words_cancel_why[why] : "unknown";
}
