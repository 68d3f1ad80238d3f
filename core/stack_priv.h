/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/stack_priv.h - stacks for tasks: guarded, carved from few large mappings, kept for reuse.
 *
 * One pool a thread. A stack given back is the next one taken: its pages are warm. Not a public
 * header; os_stack.c is one system's way of doing it.                                           */
#ifndef TUTTI_CORE_STACK_PRIV_H
#define TUTTI_CORE_STACK_PRIV_H

#include <stdbool.h>
#include <stddef.h>

struct stack_pool; /* all stacks of one size of a thread */

struct stack {
    char *low;  /* the lowest usable byte; the guard page is below it */
    char *high; /* one past the highest */
};

/* The calling thread's pool for stacks of `size` bytes (rounded up to pages, guard included). */
struct stack_pool *stack_pool_get(size_t size);
/* Takes a stack. False: no memory. *unguarded is set when it has no guard page because the system
 * has no more to give.                                                                          */
bool stack_take(struct stack_pool *pool, struct stack *stack, bool *unguarded);
/* Gives one back. The caller may still be running on it until something else is taken. */
void stack_give(struct stack_pool *pool, const struct stack *stack);
/* Gives all memory back to the system. No stack may be in use. */
void stack_pool_release(struct stack_pool *pool);
/* True if `address` is in the guard page of `stack`. */
bool stack_in_guard(const struct stack *stack, const void *address);

#endif
