/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/sim/frontier_priv.h"

enum { PIECE = 1024 };

void put(struct writer *writer, const char *format, ...)
{
    char piece[PIECE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    TUTTI_ASSERT(length >= 0 && length < PIECE);
    for (int i = 0; i < length; i++, writer->length++) {
        writer->hash = (writer->hash ^ (unsigned char)piece[i]) * UINT64_C(0x100000001b3);
        if (writer->length + 1 < writer->size) writer->buffer[writer->length] = piece[i];
    }
    if (writer->size) {
        writer->buffer[writer->length < writer->size ? writer->length : writer->size - 1] = '\0';
    }
}

static void bounds_text(const struct tutti_bounds *bounds, char *text, size_t size)
{
    struct tutti_list list = {.bounds = *bounds};
    (void)tutti_list_print(&list, text, size);
}

static void put_choice(struct writer *writer, const struct tutti_take *take)
{
    put(writer, "%u %u %u %u %u %u %llu\n", take->number, take->of, take->kind, take->edge,
        take->tasks, take->stays, (unsigned long long)take->print);
}

size_t tutti_frontier_print(const struct tutti_frontier *frontier, char *buffer, size_t size)
{
    struct writer writer = {.buffer = buffer, .size = size};
    char bounds[96];
    bool traces = frontier->strategy == TUTTI_STRATEGY_DPOR && frontier->trunk;
    bounds_text(&frontier->bounds, bounds, sizeof bounds);
    put(&writer, "tutti-search %d\nprogram %s\ntest %s\n", TUTTI_FRONTIER_VERSION,
        frontier->program, frontier->test);
    put(&writer, "seed %llu\nsteps %llu\n", (unsigned long long)frontier->seed,
        (unsigned long long)frontier->steps_max);
    put(&writer, "strategy %s\nbound %u\nbounds %s\n", tutti_strategy_text(frontier->strategy),
        frontier->bound, bounds);
    put(&writer, "runs %llu\nlongest %u\n", (unsigned long long)frontier->runs, frontier->longest);
    if (traces) put_trunk(&writer, frontier->trunk);
    if (!traces) put(&writer, "parts %u\n", frontier->parts_count);
    for (uint32_t i = 0; !traces && i < frontier->parts_count; i++) {
        const struct tutti_frontier_part *part = &frontier->parts[i];
        put(&writer, "floor %u\nchoices %u\n", part->floor, part->count);
        for (uint32_t k = 0; k < part->count; k++) {
            put_choice(&writer, &frontier->takes.items[part->first + k]);
        }
    }
    put(&writer, "end %llu\n", (unsigned long long)writer.hash);
    return writer.length;
}

int wrong(const struct lines *lines, const char *what)
{
    snprintf(lines->message, lines->message_size,
             "line %u of it is not \"%s\": it is no kept search, or it was damaged", lines->number,
             what);
    return TUTTI_EINVALID;
}

/* The rest of the line after a word, into `text`. */
static int take_text(struct lines *lines, const char *word, char *text, size_t size)
{
    size_t length = strlen(word), whole = strcspn(lines->at, "\n");
    const char *rest = lines->at + length + 1;
    lines->number++;
    if (strncmp(lines->at, word, length) != 0 || lines->at[length] != ' ' ||
        lines->at[whole] != '\n' || whole - length - 1 >= size) {
        return wrong(lines, word);
    }
    memcpy(text, rest, whole - length - 1);
    text[whole - length - 1] = '\0';
    lines->at += whole + 1;
    return 0;
}

/* A decimal number up to `max`, and the character behind it. */
static bool take_digits(const char **at, uint64_t max, char after, uint64_t *number)
{
    *number = 0;
    if (**at < '0' || **at > '9') return false;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        uint64_t digit = (uint64_t)(**at - '0');
        if (digit > max || *number > (max - digit) / 10) return false;
        *number = *number * 10 + digit;
    }
    return *(*at)++ == after;
}

static int take_number(struct lines *lines, const char *word, uint64_t max, uint64_t *number)
{
    char text[32];
    const char *at = text;
    TUTTI_TRY(take_text(lines, word, text, sizeof text));
    return take_digits(&at, max, '\0', number) ? 0 : wrong(lines, word);
}

int take_numbers(struct lines *lines, const char *word, uint32_t count, const uint64_t *max,
                 uint64_t *numbers)
{
    size_t length = strlen(word);
    lines->number++;
    if (strncmp(lines->at, word, length) != 0 || lines->at[length] != ' ') {
        return wrong(lines, word);
    }
    lines->at += length + 1;
    for (uint32_t i = 0; i < count; i++) {
        if (!take_digits(&lines->at, max[i], i + 1 < count ? ' ' : '\n', &numbers[i])) {
            return wrong(lines, word);
        }
    }
    return 0;
}

static int take_choice(struct lines *lines, struct tutti_take *take)
{
    uint64_t number, of, kind, edge, tasks, stays, print;
    lines->number++;
    bool read = take_digits(&lines->at, UINT32_MAX, ' ', &number) &&
                take_digits(&lines->at, UINT32_MAX, ' ', &of) &&
                take_digits(&lines->at, TUTTI_WORDS_END_choice_kind - 1, ' ', &kind) &&
                take_digits(&lines->at, UINT32_MAX, ' ', &edge) &&
                take_digits(&lines->at, UINT32_MAX, ' ', &tasks) &&
                take_digits(&lines->at, 1, ' ', &stays) &&
                take_digits(&lines->at, UINT64_MAX, '\n', &print);
    if (!read || of < 2 || number >= of || edge > of) return wrong(lines, "a choice");
    *take = (struct tutti_take){.print = print,
                                .number = (uint32_t)number,
                                .of = (uint32_t)of,
                                .kind = (uint8_t)kind,
                                .edge = (uint32_t)edge,
                                .tasks = (uint32_t)tasks,
                                .stays = stays};
    return 0;
}

/* A part; its choices go behind those of the parts before it. */
static int take_part(struct lines *lines, struct tutti_frontier *frontier,
                     struct tutti_frontier_part *part)
{
    struct tutti_takes *takes = &frontier->takes;
    uint64_t floor, count;
    TUTTI_TRY(take_number(lines, "floor", UINT32_MAX, &floor));
    TUTTI_TRY(take_number(lines, "choices", takes->room - takes->count, &count));
    *part = (struct tutti_frontier_part){
        .first = takes->count, .count = (uint32_t)count, .floor = (uint32_t)floor};
    if (floor > count) return wrong(lines, "floor");
    for (uint32_t i = 0; i < part->count; i++) {
        TUTTI_TRY(take_choice(lines, &takes->items[takes->count]));
        takes->count++;
    }
    return 0;
}

static int take_strategy(struct lines *lines, enum tutti_strategy *strategy)
{
    char word[32];
    TUTTI_TRY(take_text(lines, "strategy", word, sizeof word));
    for (unsigned i = 0; i < TUTTI_STRATEGIES; i++) {
        *strategy = (enum tutti_strategy)i;
        if (strcmp(tutti_strategy_text(*strategy), word) == 0) return 0;
    }
    return wrong(lines, "strategy");
}

/* What the search is of. */
static int take_head(struct lines *lines, struct tutti_frontier *frontier)
{
    struct tutti_list list = {.room = 0};
    char text[96], reason[160];
    uint64_t number;
    TUTTI_TRY(take_number(lines, "tutti-search", UINT32_MAX, &number));
    if (number != TUTTI_FRONTIER_VERSION) {
        snprintf(lines->message, lines->message_size,
                 "it was kept by another version of tutti (its form is %llu, this one reads %d)",
                 (unsigned long long)number, TUTTI_FRONTIER_VERSION);
        return TUTTI_EINVALID;
    }
    TUTTI_TRY(take_text(lines, "program", frontier->program, sizeof frontier->program));
    TUTTI_TRY(take_text(lines, "test", frontier->test, sizeof frontier->test));
    TUTTI_TRY(take_number(lines, "seed", UINT64_MAX, &frontier->seed));
    TUTTI_TRY(take_number(lines, "steps", UINT64_MAX, &frontier->steps_max));
    TUTTI_TRY(take_strategy(lines, &frontier->strategy));
    TUTTI_TRY(take_number(lines, "bound", UINT32_MAX, &number));
    frontier->bound = (uint32_t)number;
    TUTTI_TRY(take_text(lines, "bounds", text, sizeof text));
    if (tutti_list_parse(&list, text, reason, sizeof reason) < 0) return wrong(lines, "bounds");
    frontier->bounds = list.bounds;
    return 0;
}

static int take_parts(struct lines *lines, struct tutti_frontier *frontier)
{
    uint64_t number;
    TUTTI_TRY(take_number(lines, "parts", TUTTI_FRONTIER_PARTS, &number));
    frontier->parts_count = (uint32_t)number;
    frontier->takes.count = 0;
    for (uint32_t i = 0; i < frontier->parts_count; i++) {
        TUTTI_TRY(take_part(lines, frontier, &frontier->parts[i]));
    }
    return 0;
}

/* The last line, with the hash of all before it: no number of a damaged file is believed. */
static int take_end(struct lines *lines, const char *text)
{
    struct writer writer = {.hash = 0};
    uint64_t hash;
    for (; text < lines->at; text++)
        writer.hash = (writer.hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    TUTTI_TRY(take_number(lines, "end", UINT64_MAX, &hash));
    if (hash == writer.hash && *lines->at == '\0') return 0;
    snprintf(lines->message, lines->message_size,
             "its last line does not fit what is before it: it was damaged");
    return TUTTI_EINVALID;
}

int tutti_frontier_parse(struct tutti_frontier *frontier, const char *text, char *message,
                         size_t message_size)
{
    struct lines lines = {.at = text, .message = message, .message_size = message_size};
    uint64_t number;
    TUTTI_TRY(take_head(&lines, frontier));
    TUTTI_TRY(take_number(&lines, "runs", UINT64_MAX, &frontier->runs));
    TUTTI_TRY(take_number(&lines, "longest", UINT32_MAX, &number));
    frontier->longest = (uint32_t)number;
    if (frontier->strategy == TUTTI_STRATEGY_DPOR) {
        if (!frontier->trunk) return wrong(&lines, "of a search that is wanted");
        TUTTI_TRY(take_trunk(&lines, frontier->trunk));
    } else {
        frontier->trunk = NULL;
        TUTTI_TRY(take_parts(&lines, frontier));
    }
    return take_end(&lines, text);
}

int tutti_frontier_fits(const struct tutti_frontier *kept, const struct tutti_frontier *wanted,
                        char *message, size_t message_size)
{
    char was[96], is[96];
    bounds_text(&kept->bounds, was, sizeof was);
    bounds_text(&wanted->bounds, is, sizeof is);
    if (strcmp(kept->program, wanted->program) != 0) {
        snprintf(message, message_size, "it is of program %.100s, not of %.100s", kept->program,
                 wanted->program);
    } else if (strcmp(kept->test, wanted->test) != 0) {
        snprintf(message, message_size, "it is of test %.100s, not of %.100s", kept->test,
                 wanted->test);
    } else if (kept->strategy != wanted->strategy || kept->bound != wanted->bound) {
        snprintf(message, message_size, "it is of strategy %s with bound %u, not of %s with %u",
                 tutti_strategy_text(kept->strategy), kept->bound,
                 tutti_strategy_text(wanted->strategy), wanted->bound);
    } else if (strcmp(was, is) != 0) {
        snprintf(message, message_size, "its mode, kinds and bounds are %s, and now they are %s",
                 was, is);
    } else if (kept->seed != wanted->seed || kept->steps_max != wanted->steps_max) {
        snprintf(message, message_size,
                 "its seed and steps are %llu and %llu, and now they are %llu and %llu",
                 (unsigned long long)kept->seed, (unsigned long long)kept->steps_max,
                 (unsigned long long)wanted->seed, (unsigned long long)wanted->steps_max);
    } else {
        return 0;
    }
    return TUTTI_EINVALID;
}
