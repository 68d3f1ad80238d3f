/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stacks on Linux: slabs of anonymous memory that nothing is committed for until it is touched.
 *
 * A guard page each. MADV_GUARD_INSTALL (Linux 6.13) makes guards without splitting the mapping;
 * where it is missing mprotect does it, which costs two mappings a stack, so only for so many. Of
 * many stacks the guards are made in advance, some by each call, where process_madvise takes that
 * (a later Linux still): one by one they cost a third of what a fresh stack does.               */
#define _GNU_SOURCE
#include "tutti/core/stack_priv.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tutti/core/base.h"
#include "tutti/core/limits.h"
#include "tutti/core/sanitize_priv.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef PIDFD_SELF_THREAD
#define PIDFD_SELF_THREAD (-10000) /* the calling thread, without a descriptor */
#endif

enum { SLAB_STACKS_MIN = 16, SLAB_STACKS_MAX = 4096 };

/* Guards made by one call. Slabs that hold fewer have theirs made one by one, so a program of few
 * tasks makes none in vain; all others hold a multiple of it.                                  */
enum { GUARDS_AT_ONCE = 32 };

/* Stacks lie at large powers of two from each other: were all tops alike, thousands of tasks would
 * share a few lines of the cache.                                                              */
enum { STACK_COLOURS = 16 };

/* A slab's first page holds this; its stacks follow. */
struct slab {
    struct slab *next;
    size_t bytes;
    char *fresh, *end; /* stacks that were never used */
    char *guarded;     /* below here they have their guards all the same, if this is above fresh */
};

static _Thread_local struct stack_pool thread_pool;

/* Makes guards of `count` pages at that distance from each other, by one call; how many it made. */
static size_t install(char *first, size_t count, size_t distance)
{
    size_t page = thread_pool.page;
    struct iovec pages[GUARDS_AT_ONCE];
    if (count == 1) return madvise(first, page, MADV_GUARD_INSTALL) == 0;
    for (size_t i = 0; i < count; i++)
        pages[i] = (struct iovec){.iov_base = first + i * distance, .iov_len = page};
    long bytes =
        syscall(SYS_process_madvise, PIDFD_SELF_THREAD, pages, count, MADV_GUARD_INSTALL, 0);
    return bytes < 0 ? 0 : (size_t)bytes / page;
}

/* A system call is made to write to the page: the kernel says EFAULT where a guard is. (To write
 * and not to read: valgrind reads what a call is to read, and dies of the guard.)               */
static bool is_guarded(void *page)
{
    return uname(page) == -1 && errno == EFAULT;
}

/* Does install() work, of one page or (`many`) of more? Some emulators answer 0 and do nothing. */
static bool probe(bool many)
{
    size_t page = thread_pool.page, count = many ? 2 : 1;
    if (many && sanitize_valgrind()) return false;
    char *pages =
        mmap(NULL, count * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return false;
    bool works = install(pages, count, page) == count && is_guarded(pages + (count - 1) * page);
    munmap(pages, count * page);
    return works;
}

static bool install_works(bool many)
{
    static _Atomic int known[2]; /* 0: not probed, 1: yes, 2: no; probing twice does no harm */
    if (!known[many]) known[many] = probe(many) ? 1 : 2;
    return known[many] == 1;
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
    *slab = (struct slab){.next = pool->slabs,
                          .bytes = bytes,
                          .fresh = memory + pool->page,
                          .end = memory + bytes,
                          .guarded = memory + pool->page};
    pool->slabs = slab;
    pool->slab_stacks = stacks < SLAB_STACKS_MAX ? stacks * 2 : stacks;
    return true;
}

/* Guards the slab's stack at `low`, and some that follow, if that is one call. True if it is. */
static bool guard(struct stack_pool *pool, struct slab *slab, char *low)
{
    if (low < slab->guarded) return true;
    if (install_works(false)) {
        bool many = (size_t)(slab->end - low) >= GUARDS_AT_ONCE * pool->size;
        size_t made = many && install_works(true) ? install(low, GUARDS_AT_ONCE, pool->size) : 0;
        slab->guarded = low + made * pool->size;
        if (made || install(low, 1, 0)) return true;
    }
    if (pool->protected_count >= TUTTI_GUARDS_BY_MPROTECT_MAX) return false;
    if (mprotect(low, pool->page, PROT_NONE) != 0) return false;
    pool->protected_count++;
    return true;
}

struct stack *stack_make(struct stack_pool *pool, bool *unguarded)
{
    if ((!pool->slabs || pool->slabs->fresh == pool->slabs->end) && !slab_add(pool)) return NULL;
    char *low = pool->slabs->fresh, *high = low + pool->size;
    pool->slabs->fresh = high;
    *unguarded = !guard(pool, pool->slabs, low);
    char *top = high - pool->count++ % STACK_COLOURS * CACHE_LINE;
    struct stack *stack = (struct stack *)(void *)top - 1;
    *stack = (struct stack){.low = low + pool->page, .high = high};
    sanitize_stack_new(stack->low, stack->high);
    return stack;
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
