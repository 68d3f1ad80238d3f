/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/backtrace_priv.h"

#include <inttypes.h>
#include <string.h>

bool backtrace_is_ours(const char *name)
{
    static const char *const ours[] = {"run_switch",  "switch_to",     "switch_by_choice",
                                       "park",        "park_in",       "park_with_more",
                                       "task_yield",  "yield",         "yield_told",
                                       "choose_next", "unwind_walk",   "print_stack",
                                       "task_entry",  "print_entry",   "print_all",
                                       "tutti_dump",  "context_start", "tutti_stack_print"};
    size_t length = strcspn(name, "."); /* compilers name their variants "park.part.0" */
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (strlen(ours[i]) == length && memcmp(name, ours[i], length) == 0) return true;
    }
    return false;
}

static void print_frame(struct tutti_text *text, const struct unwind_frame *frame,
                        struct symbols *symbols)
{
    char place[256] = "";
    if (!frame->name[0]) {
        tutti_text_print(text, "0x%" PRIxPTR, frame->pc);
        return;
    }
    tutti_text_print(text, "%s", frame->name);
    if (strncmp(frame->name, "tutti_", strlen("tutti_")) == 0) return;
    symbols_place(symbols, frame->pc, !frame->interrupted, place, sizeof place);
    const char *slash = strrchr(place, '/'); /* a line has many of them: without the folders */
    if (place[0]) tutti_text_print(text, " %s", slash ? slash + 1 : place);
}

void backtrace_print(struct tutti_text *text, int indent, const struct unwind_frame *frames,
                     size_t count, struct symbols *symbols)
{
    bool begun = false;
    for (size_t i = 0; i < count; i++) {
        if (backtrace_is_ours(frames[i].name)) continue;
        if (begun) {
            tutti_text_add(text, " < ", 3);
        } else {
            tutti_text_print(text, "%*sstack: ", indent, "");
        }
        begun = true;
        print_frame(text, &frames[i], symbols);
    }
    if (begun) tutti_text_add(text, "\n", 1);
}
