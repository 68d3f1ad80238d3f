/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/stack_priv.h - stacks for tasks: guarded, carved from few large mappings, kept for reuse.
 *
 * One pool a thread. A stack given back is the next one taken: its pages are warm. Not a public
 * header; os_stack.c is one system's way of doing it.                                           */
#ifndef TUTTI_CORE_STACK_PRIV_H
#define TUTTI_CORE_STACK_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "tutti/core/base.h"
#include "tutti/core/sanitize_priv.h"

enum { CACHE_LINE = 64 };

/* A stack; this record of it is near its top, and so many stacks' records are spread over the lines
 * of the cache. What is below it is the user's. */
struct stack {
    _Alignas(CACHE_LINE) char *low; /* the lowest usable byte; the guard page is below it */
    char *high;                     /* one past the highest */
    struct stack *next;             /* the pool's, while nobody uses it */
};

/* All stacks of one size of a thread. */
struct stack_pool {
    size_t size, page;
    struct slab *slabs;
    struct stack *spares;
    size_t slab_stacks;     /* stacks of the next slab */
    size_t protected_count; /* guards made by mprotect */
    size_t count;           /* stacks made so far */
};

/* The calling thread's pool for stacks of `size` bytes (rounded up to pages, guard included). */
struct stack_pool *stack_pool_get(size_t size);
/* Takes a stack. NULL: no memory. *unguarded is set when it has no guard page because the system
 * has no more to give.                                                                          */
struct stack *stack_make(struct stack_pool *pool, bool *unguarded);
static inline struct stack *stack_take_spare(struct stack_pool *pool)
{
    struct stack *stack = pool->spares;
    pool->spares = stack->next;
    sanitize_stack_reset(stack->low, (size_t)(stack->high - stack->low));
    return stack;
}
static inline struct stack *stack_take(struct stack_pool *pool, bool *unguarded)
{
    return TUTTI_LIKELY(pool->spares != NULL) ? stack_take_spare(pool)
                                              : stack_make(pool, unguarded);
}
/* Gives one back. The caller may still be running on it until something else is taken. */
static inline void stack_give(struct stack_pool *pool, struct stack *stack)
{
    stack->next = pool->spares;
    pool->spares = stack;
}
/* Gives all memory back to the system. No stack may be in use. */
void stack_pool_release(struct stack_pool *pool);
/* True if `address` is in the guard page of `stack`. */
bool stack_in_guard(const struct stack *stack, const void *address);

#endif
