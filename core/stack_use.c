/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How much of their stacks tasks use: a stack is filled before its task begins, and looked through
 * from its lowest byte when the task has ended. Nothing of this happens unless options ask. */
#include <string.h>

#include "tutti/core/run_priv.h"
#include "tutti/core/sanitize_priv.h"

enum { FILL = 0xa5 };

struct stack_uses {
    uint32_t count;
    struct tutti_stack_use uses[TUTTI_STACK_USES_MAX];
};

/* False: no memory for the report that was asked for. */
bool stack_use_begin(struct run *run)
{
    const struct tutti_options *options = run->world->options;
    if (!options || !options->stack_report) return true;
    run->stack_uses = mem_take(run, sizeof *run->stack_uses, NULL);
    return run->stack_uses != NULL;
}

void stack_use_fill(struct tutti_task *task)
{
    memset(task->stack.low, FILL, (size_t)((char *)task - task->stack.low));
}

static struct tutti_stack_use *find(struct stack_uses *uses, const char *name)
{
    struct tutti_stack_use *use = uses->uses;
    for (uint32_t i = 0; i < uses->count; i++, use++) {
        if (strncmp(use->name, name, sizeof use->name - 1) == 0) return use;
    }
    if (uses->count == TUTTI_STACK_USES_MAX) return use - 1;
    if (++uses->count == TUTTI_STACK_USES_MAX) name = "(others)";
    size_t length = strlen(name);
    if (length > sizeof use->name - 1) length = sizeof use->name - 1;
    memcpy(use->name, name, length);
    return use;
}

/* The calling task ends: it is the last of its frames that looks below itself. */
void stack_use_note(struct run *run, const struct tutti_task *task)
{
    const struct stack *stack = &task->stack;
    const unsigned char *at = (const unsigned char *)stack->low,
                        *end = (unsigned char *)stack->high;
    unsigned char here;
    if (run->current == task) {
        sanitize_stack_reset(stack->low, (size_t)((char *)&here - stack->low));
    }
    while (at < end && *at == FILL)
        at++;
    struct tutti_stack_use *use = find(run->stack_uses, task->name);
    size_t bytes = (size_t)(end - at);
    use->tasks++;
    if (bytes > use->bytes) use->bytes = bytes;
    use->size = (size_t)(stack->high - stack->low);
}

void stack_use_tell(const struct run *run)
{
    const struct tutti_options *options = run->world->options;
    if (!run->stack_uses) return;
    options->stack_report(options, run->stack_uses->uses, run->stack_uses->count);
}
