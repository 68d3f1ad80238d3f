/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "page.h"
#include "trace_command.h"
#include "tutti/core/error.h"

/* What trace_show hands on: one file, and the page it goes to. */
struct order {
    struct trace_settings settings; /* first */
    struct tutti_text *page;
    bool added;
};

static int add_run(struct tutti_reader *reader, const struct trace_settings *settings)
{
    struct order *order = (struct order *)settings;
    int rc = page_encode(order->page, reader, tutti_base_name(settings->files[0]));
    order->added = rc >= 0;
    return rc;
}

/* One trace as a block of data that no browser runs. Returns the exit code; what there is of a run
 * that crashed is added all the same. */
static int add_block(struct tutti_text *page, const char *file, bool *added)
{
    struct order order = {.settings.files = {file}, .page = page};
    tutti_text_print(page, "<script type=\"application/x-tutti-run\">\n");
    int code = trace_show(&order.settings, add_run);
    *added = order.added;
    tutti_text_print(page, "</script>\n");
    return code;
}

static int write_page(const struct tutti_text *page, const char *path)
{
    if (strcmp(path, "-") == 0) {
        fwrite(page->bytes, 1, page->size, stdout);
        return command_done(EXIT_NOTHING);
    }
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(page->bytes, 1, page->size, file) == page->size;
    int error = errno;
    if (file && fclose(file) != 0 && good) {
        good = false;
        error = errno;
    }
    if (good) return EXIT_NOTHING;
    return command_bad("%s: cannot be written: %s (make room, or give another name)", path,
                       strerror(error));
}

static int check(const struct trace_settings *settings)
{
    if (!settings->output) {
        return command_bad("trace html: where shall the page go? (say -o FILE.html)");
    }
    for (int i = 0; i < 2 && settings->files[i]; i++) {
        if (!program_same_file(settings->output, settings->files[i])) continue;
        return command_bad("trace html: -o %s would overwrite the trace it is made from (give "
                           "another name)",
                           settings->output);
    }
    return 0;
}

static int run(const struct trace_settings *settings)
{
    struct tutti_text page = {0};
    int code = check(settings);
    bool good = code == 0;
    tutti_text_add(&page, page_head.bytes, page_head.size);
    for (int i = 0; i < 2 && settings->files[i] && good; i++) {
        int its_code = add_block(&page, settings->files[i], &good);
        if (its_code != 0) code = its_code;
    }
    tutti_text_add(&page, page_tail.bytes, page_tail.size);
    if (good && page.failed) code = command_bad("out of memory (free some)");
    int written = good && !page.failed ? write_page(&page, settings->output) : code;
    if (written != 0) code = written;
    tutti_text_free(&page);
    return code;
}

const struct trace_command trace_html = {
    .name = "html",
    .options = "output",
    .files = 2,
    .run = run,
    .help =
        "usage: tutti trace html FILE [FILE2] -o PAGE.html\n"
        "\n"
        "Writes a trace, or two to compare (the passing run first), as one page for a browser:\n"
        "the timeline of all tasks, why each one waits and for what, who woke and who cancelled\n"
        "whom, the choices that were not taken, the critical path. The page needs nothing but\n"
        "itself: open it from the disk, mail it, attach it to a report. Press ? in it for its\n"
        "keys.\n"
        "\n"
        "  -o FILE   where the page goes; - is standard output\n"
        "\n"
        "example:\n"
        "  tutti trace html fail.jsonl -o fail.html\n"
        "  tutti trace html pass.jsonl fail.jsonl -o diff.html\n",
};
