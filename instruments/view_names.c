/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/read_priv.h"
#include "tutti/instruments/view_priv.h"

const char *view_time(int64_t ns, char buffer[VIEW_TIME_MAX])
{
    static const struct {
        int64_t ns;
        const char *text;
        int digits;
    } units[] = {{TUTTI_S, "s", 9}, {TUTTI_MS, "ms", 6}, {TUTTI_US, "us", 3}};
    if (ns == TUTTI_NEVER || ns < 0) return ns < 0 ? "at once" : "never";
    if (ns == 0) return "0us";
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (ns < units[i].ns) continue;
        int size = snprintf(buffer, VIEW_TIME_MAX, "%" PRId64 ".%0*" PRId64, ns / units[i].ns,
                            units[i].digits, ns % units[i].ns);
        while (buffer[size - 1] == '0') {
            size--;
        }
        if (buffer[size - 1] == '.') size--;
        snprintf(buffer + size, VIEW_TIME_MAX - (size_t)size, "%s", units[i].text);
        return buffer;
    }
    snprintf(buffer, VIEW_TIME_MAX, "%" PRId64 "ns", ns);
    return buffer;
}

const char *view_span(int64_t ns, char buffer[VIEW_TIME_MAX])
{
    double value = (double)ns;
    const char *unit = ns < TUTTI_US ? "ns" : ns < TUTTI_MS ? "us" : ns < TUTTI_S ? "ms" : "s";
    value /= ns < TUTTI_US ? 1 : ns < TUTTI_MS ? 1e3 : ns < TUTTI_S ? 1e6 : 1e9;
    snprintf(buffer, VIEW_TIME_MAX, ns >= 10000 * TUTTI_S ? "%.0f%s" : "%.4g%s", value,
             ns == 0 ? "us" : unit);
    return buffer;
}

int view_needs(struct tutti_reader *reader, int level, const char *view)
{
    int64_t has = tutti_reader_start(reader)->level;
    if (has >= level) return 0;
    return read_fail(reader, TUTTI_EINVALID,
                     "the trace is of level %" PRId64
                     ", and %s needs level %d (write it again with "
                     "a higher level)",
                     has, view, level);
}

/* Control characters: below space, DEL, and U+0080 to U+009F (two bytes, the first is C2). */
static size_t control_length(const char *text)
{
    unsigned char byte = (unsigned char)text[0], second = (unsigned char)text[1];
    if (byte < 0x20 || byte == 0x7f) return 1;
    return byte == 0xc2 && second >= 0x80 && second < 0xa0 ? 2 : 0;
}

void view_plain(struct tutti_text *out, const char *text)
{
    for (size_t plain = 0, skip; *text; text += plain + skip) {
        for (plain = skip = 0; text[plain] && skip == 0; plain += skip == 0) {
            skip = control_length(text + plain);
        }
        tutti_text_add(out, text, plain);
        if (skip > 0) tutti_text_add(out, "?", 1);
    }
}

const char *const *view_words(enum tutti_trace_kind kind, const char *key)
{
    const struct tutti_trace_info *info = &tutti_trace_table[kind];
    for (int i = 0; i < info->fields_count; i++) {
        if (strcmp(info->fields[i].key, key) == 0) return info->fields[i].words;
    }
    return NULL;
}

/* The kind of a thing as a word; NULL for tasks, whose names stand alone. */
static const char *kind_text(const struct tutti_thing *thing)
{
    const char *const *words = view_words(TUTTI_EVENT_OBJ_NEW, "kind");
    switch (thing->kind) {
    case TUTTI_THING_TASK:
        return NULL;
    case TUTTI_THING_NURSERY:
        return "nursery";
    case TUTTI_THING_SCOPE:
        return "scope";
    default:
        return thing->object.is_io ? "operation" : words[thing->object.kind];
    }
}

void view_known(struct tutti_text *out, const struct tutti_thing *thing, enum view_style style)
{
    const char *kind = kind_text(thing);
    bool named = *thing->name != '\0';
    bool quoted = named && kind && style != VIEW_BARE;
    if (kind && (style != VIEW_BARE || !named)) tutti_text_print(out, "%s ", kind);
    if (quoted) tutti_text_add(out, "\"", 1);
    view_plain(out, thing->name);
    if (quoted) tutti_text_add(out, "\"", 1);
    if (thing->id && (style == VIEW_FULL || !named)) {
        tutti_text_print(out, "%s#%" PRIu64, named ? " " : "", thing->id);
    }
}

void view_thing(struct tutti_text *out, const struct tutti_model *model, uint64_t id,
                enum view_style style)
{
    const struct tutti_thing *thing = tutti_model_named(model, id);
    if (thing) {
        view_known(out, thing, style);
    } else {
        tutti_text_print(out, id == 0 ? "the runtime" : "#%" PRIu64, id);
    }
}

size_t view_width(const char *text, size_t size)
{
    size_t width = 0;
    for (size_t i = 0; i < size; i++) {
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return width;
}

size_t view_cut(const char *text, size_t size, size_t width)
{
    size_t i = 0;
    for (; i < size; i++) {
        bool starts = ((unsigned char)text[i] & 0xc0) != 0x80;
        if (starts && width-- == 0) break;
    }
    return i;
}

void view_cell(struct tutti_text *out, size_t start, size_t width)
{
    if (out->failed || out->size < start) return;
    size_t size = out->size - start, now = view_width(out->bytes + start, size);
    if (now > width) {
        out->size = start + view_cut(out->bytes + start, size, width > 2 ? width - 2 : 0);
        tutti_text_print(out, "%.*s", width > 2 ? 2 : (int)width, "..");
    } else {
        tutti_text_print(out, "%*s", (int)(width - now), "");
    }
}

uint32_t view_page(uint32_t width)
{
    if (width == 0) return 100;
    return width < 60 ? 60 : width;
}
