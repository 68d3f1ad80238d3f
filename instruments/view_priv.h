/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/view_priv.h - what the views have in common: how things and times are written. */
#ifndef TUTTI_INSTRUMENTS_VIEW_PRIV_H
#define TUTTI_INSTRUMENTS_VIEW_PRIV_H

#include "tutti/instruments/model.h"
#include "tutti/instruments/view.h"

/* Room for any time as text. */
#define VIEW_TIME_MAX 32

/* A time, exact, in the largest unit that keeps it at 1 or more: "104us", "1.5ms", "never". */
const char *view_time(int64_t ns, char buffer[VIEW_TIME_MAX]);

/* A length of time to four digits: "1.235ms". */
const char *view_span(int64_t ns, char buffer[VIEW_TIME_MAX]);

/* 0, or an error of the reader's that says that `view` wants a trace of this level. */
int view_needs(struct tutti_reader *reader, int level, const char *view);

/* Adds a text with its control characters made visible. */
void view_plain(struct tutti_text *out, const char *text);

/* How a thing is called. FULL: `teller 1 #8`, `lock "account A" #5`. SHORT: ids only where there is
 * no name: `teller 1`, `lock "account A"`. BARE: also without its kind: `account A`.            */
enum view_style { VIEW_FULL, VIEW_SHORT, VIEW_BARE };
void view_thing(struct tutti_text *out, const struct tutti_model *model, uint64_t id,
                enum view_style style);

void view_known(struct tutti_text *out, const struct tutti_thing *thing, enum view_style style);

/* An event as `cat` shows it: its kind and its fields, with names, but the file of a place without
 * its folder. Not for run.begin. */
void view_event(struct tutti_text *out, const struct tutti_model *model,
                const struct tutti_trace_event *event);

/* The texts of a coded field, by code. */
const char *const *view_words(enum tutti_trace_kind kind, const char *key);

/* Characters of a text as a terminal counts them, for names in Latin and the like. */
size_t view_width(const char *text, size_t size);
/* Cuts or fills up what was added since the text had `start` bytes, so that it has `width`
 * characters. What is cut ends with "..". */
void view_cell(struct tutti_text *out, size_t start, size_t width);

/* Width of a page: what the caller asks for, at least 60, 100 if he does not. */
uint32_t view_page(uint32_t width);

/* Bytes of the first `width` characters of a text. */
size_t view_cut(const char *text, size_t size, size_t width);

/* A flight recorder's file whose last words are of a panic or a crash. */
static inline bool view_died(const struct tutti_model *model)
{
    return model->sofar && model->warning && model->warning_kind == TUTTI_WARN_PANIC;
}

#endif
