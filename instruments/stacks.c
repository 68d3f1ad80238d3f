/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/stacks_priv.h"

#include <string.h>

#include "tutti/instruments/backtrace_priv.h"
#include "tutti/instruments/dump.h"

static const char head[] = "stack: "; /* of a line of backtrace_print */

static void take_one(struct stacks *stacks, const struct tutti_task *task, struct symbols *symbols)
{
    struct unwind_frame frames[TUTTI_BACKTRACE_MAX];
    struct tutti_task_brief brief;
    struct tutti_text line = {0};
    tutti_inspect_brief(task, &brief);
    size_t count = brief.sp ? unwind_walk(brief.sp, true, frames, TUTTI_BACKTRACE_MAX) : 0;
    backtrace_print(&line, 0, frames, count, symbols);
    if (line.size > sizeof head && !line.failed) {
        stacks->tasks[stacks->count] = brief.id;
        stacks->at[stacks->count] = stacks->text.size;
        line.bytes[line.size - 1] = '\0'; /* the newline */
        tutti_text_add(&stacks->text, line.bytes + strlen(head), line.size - strlen(head));
        stacks->count += !stacks->text.failed;
    }
    tutti_text_free(&line);
}

void stacks_take(struct stacks *stacks)
{
    stacks_free(stacks);
    struct symbols *symbols = symbols_open();
    const struct tutti_task *task = tutti_inspect_next(NULL);
    for (; task && stacks->count < STACKS_MAX; task = tutti_inspect_next(task))
        take_one(stacks, task, symbols);
    symbols_close(symbols);
}

void stacks_free(struct stacks *stacks)
{
    tutti_text_free(&stacks->text);
    stacks->count = 0;
}
