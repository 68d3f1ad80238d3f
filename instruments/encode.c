/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/encode_priv.h"

#include <string.h>

#include "tutti/instruments/ring.h"

static char *put_bytes(char *out, const char *bytes, size_t size)
{
    memcpy(out, bytes, size);
    return out + size;
}

static char *put_string(char *out, const char *string)
{
    return put_bytes(out, string, strlen(string));
}

/* Two digits at a time: numbers are most of a line. */
static char *put_unsigned(char *out, uint64_t number)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char digits[20];
    size_t start = sizeof digits;
    while (number >= 100) {
        start -= 2;
        memcpy(digits + start, pairs + number % 100 * 2, 2);
        number /= 100;
    }
    if (number >= 10) {
        start -= 2;
        memcpy(digits + start, pairs + number * 2, 2);
    } else {
        digits[--start] = (char)('0' + number);
    }
    return put_bytes(out, digits + start, sizeof digits - start);
}

static char *put_signed(char *out, int64_t number)
{
    if (number >= 0) return put_unsigned(out, (uint64_t)number);
    *out++ = '-';
    return put_unsigned(out, UINT64_C(0) - (uint64_t)number);
}

size_t utf8_length(const unsigned char *text, size_t size)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = text[0];
    size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead > 0xf4 || length > size) return 0;
    if (length <= 1) return length;
    uint32_t code = lead & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
        code = code << 6 | (text[i] & 0x3fu);
    }
    bool surrogate = code >= 0xd800 && code <= 0xdfff;
    return code < least[length] || code > 0x10ffff || surrogate ? 0 : length;
}

/* One character below 0x80, escaped the way jansson does it. */
static char *put_ascii(char *out, char c)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    const char *found = memchr(from, c, sizeof from - 1);
    if (found) {
        *out++ = '\\';
        *out++ = to[found - from];
    } else if ((unsigned char)c < 0x20) {
        out = put_string(out, "\\u00");
        *out++ = hex[(unsigned char)c >> 4];
        *out++ = hex[c & 15];
    } else {
        *out++ = c;
    }
    return out;
}

/* Does this byte stand for itself? Printable ASCII but for the quote and the backslash. */
static bool is_plain(char c)
{
    return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

char *encode_text(char *out, const char *text)
{
    const char *end = memchr(text, '\0', TUTTI_TRACE_TEXT_MAX + 1);
    bool cut = !end;
    size_t size = cut ? TUTTI_TRACE_TEXT_MAX - 3 : (size_t)(end - text);
    *out++ = '"';
    for (size_t i = 0; i < size;) {
        if (is_plain(text[i])) {
            *out++ = text[i++];
            continue;
        }
        /* A character that only the cut would split is left out, not called invalid. */
        size_t readable = cut ? TUTTI_TRACE_TEXT_MAX - i : size - i;
        size_t length = utf8_length((const unsigned char *)text + i, readable);
        if (i + length > size) break;
        if (length == 0) {
            out = put_string(out, "\xef\xbf\xbd");
        } else if (length == 1) {
            out = put_ascii(out, text[i]);
        } else {
            out = put_bytes(out, text + i, length);
        }
        i += length == 0 ? 1 : length;
    }
    if (cut) out = put_string(out, "...");
    *out++ = '"';
    return out;
}

static char *put_at(char *out, const struct tutti_site *site)
{
    out = encode_text(out, site && site->file ? site->file : "?") - 1;
    *out++ = ':';
    out = put_unsigned(out, site ? site->line : 0);
    *out++ = '"';
    return out;
}

static char *put_word(char *out, const struct tutti_trace_field *field, uint64_t code)
{
    const char *word = "?";
    for (uint64_t i = 0; i <= code && field->words[i]; i++) {
        if (i == code) word = field->words[i];
    }
    *out++ = '"';
    out = put_string(out, word);
    *out++ = '"';
    return out;
}

int64_t event_number(const struct tutti_trace_event *event, const struct tutti_trace_field *field)
{
    const char *member = (const char *)event + field->offset;
    int64_t eight = 0;
    uint32_t four = 0;
    if (field->size == sizeof eight) {
        memcpy(&eight, member, sizeof eight);
        return eight;
    }
    if (field->size == sizeof four) {
        memcpy(&four, member, sizeof four);
        return four;
    }
    return *(const unsigned char *)member;
}

/* Is an optional field left out? */
static bool field_absent(const struct tutti_trace_event *event,
                         const struct tutti_trace_field *field)
{
    if (field->type == TUTTI_FIELD_EXTRA) return true;
    if (!field->optional) return false;
    switch (field->type) {
    case TUTTI_FIELD_TEXT:
    case TUTTI_FIELD_OP:
        return !event->name;
    case TUTTI_FIELD_AT:
        return !event->site;
    case TUTTI_FIELD_TIME:
        return event_number(event, field) == TUTTI_NEVER;
    default:
        return event_number(event, field) == 0;
    }
}

static char *put_value(char *out, const struct tutti_trace_event *event,
                       const struct tutti_trace_field *field)
{
    switch (field->type) {
    case TUTTI_FIELD_TEXT:
    case TUTTI_FIELD_OP:
        return encode_text(out, event->name ? event->name : "");
    case TUTTI_FIELD_AT:
        return put_at(out, event->site);
    case TUTTI_FIELD_WORD:
        return put_word(out, field, (uint64_t)event_number(event, field));
    case TUTTI_FIELD_BOOL:
        return put_string(out, event_number(event, field) ? "true" : "false");
    default:
        return put_signed(out, event_number(event, field));
    }
}

char *encode_event(char *out, const struct tutti_trace_event *event, uint64_t n)
{
    const struct tutti_trace_info *info = &tutti_trace_table[event->kind];
    out = put_unsigned(put_string(out, "{\"n\":"), n);
    out = put_signed(put_string(out, ",\"t\":"), event->t_ns);
    out = put_string(put_string(out, ",\"e\":\""), info->text);
    *out++ = '"';
    for (int i = 0; i < info->fields_count; i++) {
        const struct tutti_trace_field *field = &info->fields[i];
        if (field_absent(event, field)) continue;
        out = put_value(put_bytes(out, field->json, field->json_size), event, field);
    }
    *out++ = '}';
    return out;
}

char *encode_hash(char *end, const char *key, uint64_t hash)
{
    static const char hex[] = "0123456789abcdef";
    end = put_string(put_string(end - 1, ",\""), key);
    end = put_string(end, "\":\"");
    for (int shift = 60; shift >= 0; shift -= 4) {
        *end++ = hex[hash >> shift & 15];
    }
    return put_string(end, "\"}");
}
