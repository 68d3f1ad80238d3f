/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stacks on Linux: slabs of anonymous memory that nothing is committed for until it is touched.
 *
 * A guard page each. MADV_GUARD_INSTALL (Linux 6.13) makes guards without splitting the mapping;
 * where it is missing mprotect does it, which costs two mappings a stack, so only for so many.   */
#define _GNU_SOURCE
#include "tutti/core/stack_priv.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tutti/core/base.h"
#include "tutti/core/limits.h"
#include "tutti/core/sanitize_priv.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum { SLAB_STACKS_MIN = 16, SLAB_STACKS_MAX = 4096 };

/* A slab's first page holds this; its stacks follow. */
struct slab {
    struct slab *next;
    size_t bytes;
    char *fresh, *end; /* stacks that were never used */
};

/* A stack that waits for its next use keeps the link in its own top, which is warm. */
struct spare {
    struct spare *next;
};

struct stack_pool {
    size_t size, page;
    struct slab *slabs;
    struct spare *spares;
    size_t slab_stacks;     /* stacks of the next slab */
    size_t protected_count; /* guards made by mprotect */
};

static _Thread_local struct stack_pool thread_pool;

/* Is MADV_GUARD_INSTALL there and does it guard? Some emulators answer 0 and do nothing, so a
 * system call is made to write to the page: the kernel says EFAULT where a guard is. (To write and
 * not to read: valgrind reads what a call is to read, and dies of the guard.)                   */
static bool guard_install_works(void)
{
    static _Atomic int known; /* 0: not probed, 1: yes, 2: no; probing twice does no harm */
    if (!known) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        char *probe = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        bool works = probe != MAP_FAILED && madvise(probe, page, MADV_GUARD_INSTALL) == 0 &&
                     uname((struct utsname *)(void *)probe) == -1 && errno == EFAULT;
        if (probe != MAP_FAILED) munmap(probe, page);
        known = works ? 1 : 2;
    }
    return known == 1;
}

struct stack_pool *stack_pool_get(size_t size)
{
    struct stack_pool *pool = &thread_pool;
    if (!pool->page) pool->page = (size_t)sysconf(_SC_PAGESIZE);
    size = (size + pool->page - 1) & ~(pool->page - 1);
    if (pool->size != size) {
        stack_pool_release(pool);
        pool->size = size;
    }
    return pool;
}

static bool slab_add(struct stack_pool *pool)
{
    size_t stacks = pool->slab_stacks ? pool->slab_stacks : SLAB_STACKS_MIN;
    size_t bytes = pool->page + stacks * pool->size;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED && stacks > 1) { /* the last room of a limited address space */
        stacks = 1;
        bytes = pool->page + pool->size;
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    }
    if (memory == MAP_FAILED) return false;
    /* A huge page would commit thirty stacks at the first touch of one. */
    (void)madvise(memory, bytes, MADV_NOHUGEPAGE);
    struct slab *slab = (struct slab *)(void *)memory;
    *slab = (struct slab){
        .next = pool->slabs, .bytes = bytes, .fresh = memory + pool->page, .end = memory + bytes};
    pool->slabs = slab;
    pool->slab_stacks = stacks < SLAB_STACKS_MAX ? stacks * 2 : stacks;
    return true;
}

/* Guards the page at `low`. True if it is guarded. */
static bool guard(struct stack_pool *pool, char *low)
{
    if (guard_install_works() && madvise(low, pool->page, MADV_GUARD_INSTALL) == 0) return true;
    if (pool->protected_count >= TUTTI_GUARDS_BY_MPROTECT_MAX) return false;
    if (mprotect(low, pool->page, PROT_NONE) != 0) return false;
    pool->protected_count++;
    return true;
}

bool stack_take(struct stack_pool *pool, struct stack *stack, bool *unguarded)
{
    struct spare *spare = pool->spares;
    if (TUTTI_LIKELY(spare != NULL)) {
        pool->spares = spare->next;
        stack->high = (char *)(spare + 1);
        stack->low = stack->high - pool->size + pool->page;
        sanitize_stack_reset(stack->low, (size_t)(stack->high - stack->low));
        return true;
    }
    if ((!pool->slabs || pool->slabs->fresh == pool->slabs->end) && !slab_add(pool)) return false;
    char *low = pool->slabs->fresh;
    pool->slabs->fresh += pool->size;
    *unguarded = !guard(pool, low);
    stack->low = low + pool->page;
    stack->high = low + pool->size;
    sanitize_stack_new(stack->low, stack->high);
    return true;
}

void stack_give(struct stack_pool *pool, const struct stack *stack)
{
    struct spare *spare = (struct spare *)(void *)stack->high - 1;
    sanitize_stack_reset(spare, sizeof *spare);
    spare->next = pool->spares;
    pool->spares = spare;
}

void stack_pool_release(struct stack_pool *pool)
{
    while (pool->slabs) {
        struct slab *slab = pool->slabs;
        pool->slabs = slab->next;
        size_t bytes = slab->bytes;
        sanitize_stack_reset(slab, bytes);
        munmap(slab, bytes);
    }
    *pool = (struct stack_pool){.page = pool->page};
}

bool stack_in_guard(const struct stack *stack, const void *address)
{
    const char *at = address;
    return at < stack->low && at >= stack->low - thread_pool.page;
}
