/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/list.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tutti/core/error.h"

/* Where the parser stands, and where it tells what is wrong. */
struct parser {
    const char *text, *at;
    char *message;
    size_t message_size;
};

static int wrong(const struct parser *parser, const char *format, ...) TUTTI_PRINTF(2, 3);
static int wrong(const struct parser *parser, const char *format, ...)
{
    char reason[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    snprintf(parser->message, parser->message_size, "choice list, byte %zu: %s",
             (size_t)(parser->at - parser->text) + 1, reason);
    return TUTTI_EINVALID;
}

/* The words of the kinds of choice: those of the trace. */
static const char *kind_text(unsigned kind)
{
    return tutti_trace_table[TUTTI_EVENT_CHOICE].fields[0].words[kind];
}

static bool take_char(struct parser *parser, char c)
{
    if (*parser->at != c) return false;
    parser->at++;
    return true;
}

/* Takes `word` if it stands here as a whole. */
static bool take_word(struct parser *parser, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(parser->at, word, length) != 0) return false;
    char after = parser->at[length];
    if (after != ';' && after != ',' && after != '\0') return false;
    parser->at += length;
    return true;
}

static int take_number(struct parser *parser, uint32_t *number)
{
    const char *start = parser->at;
    uint64_t value = 0;
    if (*start < '0' || *start > '9') return wrong(parser, "here a number is wanted");
    if (start[0] == '0' && start[1] >= '0' && start[1] <= '9') {
        return wrong(parser, "a number may not begin with 0");
    }
    for (; *parser->at >= '0' && *parser->at <= '9'; parser->at++) {
        value = value * 10 + (uint64_t)(*parser->at - '0');
        if (value >= UINT32_MAX) {
            parser->at = start;
            return wrong(parser, "the number is too large (at most %u)", UINT32_MAX - 1);
        }
    }
    *number = (uint32_t)value;
    return 0;
}

static int take_end_of_part(struct parser *parser, const char *part)
{
    if (take_char(parser, ';')) return 0;
    if (*parser->at == '\0') return wrong(parser, "the list ends after its %s", part);
    return wrong(parser, "after the %s a ';' is wanted", part);
}

static int take_version(struct parser *parser)
{
    uint32_t version;
    size_t digits = strspn(parser->at, "0123456789. ");
    if (digits > 0 && parser->at[digits] == '\0') {
        return wrong(parser, "bare numbers do not say what was asked; a list looks like "
                             "1;step;run;c1;1.2.0.1");
    }
    TUTTI_TRY(take_number(parser, &version));
    if (version != TUTTI_LIST_VERSION) {
        parser->at = parser->text;
        return wrong(parser, "this list is of version %u, and this program reads version %u",
                     version, TUTTI_LIST_VERSION);
    }
    return take_end_of_part(parser, "version");
}

/* In one order only, where one list is to have one text. */
static int take_kinds(struct parser *parser, uint32_t *kinds, bool any_order)
{
    *kinds = 0;
    if (take_word(parser, "none")) return 0;
    do {
        unsigned kind = 0;
        while (kind < TUTTI_WORDS_END_choice_kind && !take_word(parser, kind_text(kind)))
            kind++;
        if (kind == TUTTI_WORDS_END_choice_kind) {
            return wrong(parser,
                         "a kind of choice is wanted: run, io, fault, alloc, user (or none)");
        }
        if (!any_order && *kinds >> kind) {
            return wrong(parser, "the kinds stand in the order run, io, fault, alloc, user, once");
        }
        *kinds |= 1u << kind;
    } while (take_char(parser, ','));
    return 0;
}

static int take_bounds(struct parser *parser, struct tutti_bounds *bounds)
{
    if (!take_char(parser, 'c')) return wrong(parser, "the bounds begin with c, like c1");
    TUTTI_TRY(take_number(parser, &bounds->cancels_max));
    if (strncmp(parser->at, ",l", 2) == 0) {
        parser->at += 2;
        TUTTI_TRY(take_number(parser, &bounds->lags_max));
    }
    if (strncmp(parser->at, ",n", 2) == 0) {
        parser->at += 2;
        bounds->cancel_nurseries = true;
    }
    if (strncmp(parser->at, ",r", 2) == 0) {
        parser->at += 2;
        bounds->cancel_run = true;
    }
    if (strncmp(parser->at, ",a", 2) == 0) {
        parser->at += 2;
        bounds->access_points = true;
    }
    return 0;
}

static int take_numbers(struct parser *parser, struct tutti_list *list)
{
    if (*parser->at == '\0') return 0;
    do {
        if (list->count == list->room) {
            return wrong(parser, "the list has more than %u numbers", list->room);
        }
        TUTTI_TRY(take_number(parser, &list->numbers[list->count]));
        list->count++;
    } while (take_char(parser, '.'));
    return *parser->at ? wrong(parser, "between numbers a '.' is wanted, and nothing behind them")
                       : 0;
}

int tutti_list_parse(struct tutti_list *list, const char *text, char *message, size_t message_size)
{
    struct parser parser = {
        .text = text, .at = text, .message = message, .message_size = message_size};
    list->bounds = (struct tutti_bounds){.kinds = 0};
    list->count = 0;
    TUTTI_TRY(take_version(&parser));
    list->bounds.step = take_word(&parser, "step");
    if (!list->bounds.step && !take_word(&parser, "batch")) {
        return wrong(&parser, "the mode is wanted: step or batch");
    }
    TUTTI_TRY(take_end_of_part(&parser, "mode"));
    TUTTI_TRY(take_kinds(&parser, &list->bounds.kinds, false));
    TUTTI_TRY(take_end_of_part(&parser, "kinds of choice"));
    TUTTI_TRY(take_bounds(&parser, &list->bounds));
    TUTTI_TRY(take_end_of_part(&parser, "bounds"));
    return take_numbers(&parser, list);
}

int tutti_kinds_parse(uint32_t *kinds, const char *text)
{
    char message[200];
    struct parser parser = {
        .text = text, .at = text, .message = message, .message_size = sizeof message};
    TUTTI_TRY(take_kinds(&parser, kinds, true));
    return *parser.at ? TUTTI_EINVALID : 0;
}

/* Text that is cut when it does not fit, but whose length is known. */
struct printer {
    char *buffer;
    size_t size, length;
};

static void print(struct printer *printer, const char *format, ...) TUTTI_PRINTF(2, 3);
static void print(struct printer *printer, const char *format, ...)
{
    size_t room = printer->length < printer->size ? printer->size - printer->length : 0;
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(room ? printer->buffer + printer->length : NULL, room, format, arguments);
    va_end(arguments);
    if (more > 0) printer->length += (size_t)more;
}

size_t tutti_list_print(const struct tutti_list *list, char *buffer, size_t size)
{
    const struct tutti_bounds *bounds = &list->bounds;
    struct printer printer = {.buffer = buffer, .size = size};
    const char *between = "";
    print(&printer, "%d;%s;", TUTTI_LIST_VERSION, bounds->step ? "step" : "batch");
    for (unsigned kind = 0; kind < TUTTI_WORDS_END_choice_kind; kind++) {
        if (!(bounds->kinds & (1u << kind))) continue;
        print(&printer, "%s%s", between, kind_text(kind));
        between = ",";
    }
    print(&printer, "%s;c%u", bounds->kinds ? "" : "none", bounds->cancels_max);
    if (bounds->lags_max) print(&printer, ",l%u", bounds->lags_max);
    print(&printer, "%s%s%s;", bounds->cancel_nurseries ? ",n" : "", bounds->cancel_run ? ",r" : "",
          bounds->access_points ? ",a" : "");
    for (uint32_t i = 0; i < list->count; i++) {
        print(&printer, "%s%u", i ? "." : "", list->numbers[i]);
    }
    return printer.length;
}
