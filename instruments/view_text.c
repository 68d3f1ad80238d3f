/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Views of a trace in memory, as texts. */
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/view.h"

int tutti_view_collect(void *text, const char *bytes, size_t size)
{
    struct tutti_text *out = text;
    tutti_text_add(out, bytes, size);
    return out->failed ? TUTTI_ENOMEMORY : 0;
}

static int show_tree(struct tutti_reader *reader, const struct tutti_lanes_options *options,
                     struct tutti_text *out)
{
    (void)options;
    return tutti_view_tree(reader, 0, tutti_view_collect, out);
}

static int show_lanes(struct tutti_reader *reader, const struct tutti_lanes_options *options,
                      struct tutti_text *out)
{
    return tutti_view_lanes(reader, options, tutti_view_collect, out);
}

static char *view_memory(const char *trace, size_t size, const struct tutti_lanes_options *options,
                         int (*show)(struct tutti_reader *reader,
                                     const struct tutti_lanes_options *options,
                                     struct tutti_text *out))
{
    struct tutti_reader *reader;
    struct tutti_text out = {0};
    int rc = tutti_reader_open_memory(&reader, "(trace in memory)", trace, size);
    if (rc == 0) rc = show(reader, options, &out);
    if (rc < 0) {
        const char *error = tutti_reader_error(reader);
        tutti_text_free(&out);
        tutti_text_print(&out, "%s\n", *error ? error : "out of memory");
    }
    tutti_reader_close(reader);
    if (out.failed) tutti_text_free(&out);
    return out.bytes;
}

char *tutti_view_tree_text(const char *trace, size_t size)
{
    return view_memory(trace, size, NULL, show_tree);
}

char *tutti_view_lanes_text(const char *trace, size_t size,
                            const struct tutti_lanes_options *options)
{
    return view_memory(trace, size, options, show_lanes);
}
