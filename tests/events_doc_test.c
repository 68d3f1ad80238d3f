/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* docs/events.md is made from core/event.def. Without an argument the test compares the two; with
 * `--print` it writes the page: bazel-bin/tests/events_doc_test --print >docs/events.md          */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/event.h"

static const char *type_of(const struct tutti_trace_field *field)
{
    static const char *const names[] = {
        [TUTTI_FIELD_ID] = "id",     [TUTTI_FIELD_INT] = "number",   [TUTTI_FIELD_TIME] = "ns",
        [TUTTI_FIELD_BOOL] = "bool", [TUTTI_FIELD_TEXT] = "text",    [TUTTI_FIELD_OP] = "text",
        [TUTTI_FIELD_WORD] = "word", [TUTTI_FIELD_AT] = "file:line",
    };
    return field->type == TUTTI_FIELD_EXTRA ? field->words[0] : names[field->type];
}

static void print_fields(FILE *out, const struct tutti_trace_info *info)
{
    for (int i = 0; i < info->fields_count; i++) {
        const struct tutti_trace_field *field = &info->fields[i];
        fprintf(out, "%s`%s`%s %s", i ? ", " : "", field->key, field->optional ? "?" : "",
                type_of(field));
        if (field->type != TUTTI_FIELD_WORD) continue;
        for (int word = 0; field->words[word]; word++) {
            fprintf(out, "%s%s", word ? " " : " (", field->words[word]);
        }
        fprintf(out, ")");
    }
}

static void print_page(FILE *out)
{
    fprintf(out,
            "# Events of a trace\n\n"
            "This page is made from `core/event.def`; `tests/events_doc_test` keeps it so.\n\n"
            "A trace is a file of JSON lines. Each has `n` (1, 2, 3, ...), `t` (ns since the run\n"
            "began) and `e` (the event), then the fields below in this order; `?` marks fields\n"
            "that may be absent. Ids of tasks, nurseries, scopes, objects and operations count up\n"
            "together, in order of creation; 0 is the runtime. `at` is a place in the program.\n"
            "Readers skip events and keys they do not know.\n\n"
            "| event | level | fields | meaning |\n|---|---|---|---|\n");
    for (int kind = 0; kind < TUTTI_EVENT_KINDS; kind++) {
        const struct tutti_trace_info *info = &tutti_trace_table[kind];
        fprintf(out, "| %s | %d | ", info->text, info->level);
        print_fields(out, info);
        fprintf(out, " | %s |\n", info->meaning);
    }
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *text = calloc(1, 1 << 20);
    if (text && fread(text, 1, (1 << 20) - 1, file) == 0) text[0] = '\0';
    fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        print_page(stdout);
        return 0;
    }
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);
    if (!out) return 1;
    print_page(out);
    fclose(out);
    char *page = read_all("docs/events.md");
    int stale = !page || strcmp(page, made) != 0;
    if (stale) {
        fprintf(stderr,
                "docs/events.md is %s: run bazel-bin/tests/events_doc_test --print "
                ">docs/events.md\n",
                page ? "stale" : "not there");
    }
    free(page);
    free(made);
    return stale;
}
