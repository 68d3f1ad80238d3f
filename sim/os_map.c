/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Memory of the simulator, from the system. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>

#include "tutti/sim/os_sim_priv.h"

/* Far from where the system, the sanitizers and valgrind put things. */
#define ARENA_BASE ((uintptr_t)0x200000000000)

void *os_map_arena(size_t size)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *base = (void *)ARENA_BASE;
    void *memory = mmap(base, size, PROT_READ | PROT_WRITE, flags, -1, 0); /* base is a wish */
    return memory == MAP_FAILED ? NULL : memory;
}

void *os_map_shared(size_t size)
{
    int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void os_unmap(void *memory, size_t size)
{
    (void)munmap(memory, size);
}
