/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/access.h - what a step touches: its footprint.
 *
 * An explorer that wants to know which steps can trade places without anybody noticing gives its
 * picker a struct tutti_footprint. While it is there, each operation on something that tasks share
 * appends (object, mode) to it. Two steps depend on each other if they touch the same object, but
 * for two reads or two additions. Who an object is, is a hash of its creation path: the same in
 * every run that makes it alike; never an address, never a counter that tasks share.
 *
 * Waits that are handed what they wait for are guards: the step after such a wait could not have
 * been made before those that touched the guard, so the two are in order but no race.           */
#ifndef TUTTI_CORE_ACCESS_H
#define TUTTI_CORE_ACCESS_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* Bits: a step may do several things with one object. */
enum tutti_access_mode {
    TUTTI_ACCESS_READ = 1,
    TUTTI_ACCESS_ADD = 2,   /* an update that commutes with others of its kind, returns nothing */
    TUTTI_ACCESS_GUARD = 4, /* a read by a step that had to wait for all writes and additions */
    TUTTI_ACCESS_WRITE = 8
};

/* The parts of things that are objects of their own. The path is the thing's. */
enum tutti_part {
    TUTTI_PART_QUEUE = 1, /* an object with its queue; where there is more than one part, below */
    TUTTI_PART_HEAD,      /* a lock: who has it; a channel: what is received next */
    TUTTI_PART_TAIL,      /* a lock: who comes next; a channel: what is sent next */
    TUTTI_PART_ALL,       /* a channel: written by what concerns all its slots */
    TUTTI_PART_OPENED,    /* a scope: that it was entered */
    TUTTI_PART_STATE,     /* a scope: cancelled, shielded, closed, its deadline */
    TUTTI_PART_STARTS,    /* a task: how many it is the parent of; a nursery: who may still come */
    TUTTI_PART_EXITS,     /* a nursery: who has ended */
    TUTTI_PART_ERRORS,    /* a nursery: what failed first */
    TUTTI_PART_TIMER,     /* a task or a scope */
    TUTTI_PART_CLOCK,     /* the run: what time it is */
    TUTTI_PART_BUDGET,    /* the run: how many cancellations are left */
    TUTTI_PART_WORLD,     /* the run: operations of the world, variables of the run */
    TUTTI_PART_SLOT,      /* a channel's first slot; and so on from here */
    TUTTI_PART_WAIT = 1 << 28,  /* a task's first wait; and so on from here */
    TUTTI_PART_MEMORY = 1 << 29 /* of a region, see tutti_access_word */
};

/* One access of a step. */
struct tutti_access {
    uint64_t object; /* tutti_access_key, or tutti_access_word */
    uint32_t mode;   /* enum tutti_access_mode */
    uint32_t spare;
};

/* Accesses, in order; the picker's memory. Whoever reads them decides where a step begins. */
struct tutti_footprint {
    struct tutti_access *items;
    uint32_t count, room;
    bool full; /* there were more than there is room for */
    /* The program asked for an id, which says in what order things were made, or looked at the run
     * as a whole, which tells steps apart that have nothing in common. */
    bool ids_read;
    bool elsewhere; /* memory was noted that has another name in another process */
    /* For those who see each access to memory (sim/track.h): the running task's stack, and a number
     * that changes whenever an address may have come to mean something else. */
    const char *stack_low, *stack_high;
    uint32_t changes;
    /* A task's accesses to its own stack are not noted, but for the words that another task is
     * known to touch: a hash table of them, of a size that is a power of two, the picker's memory,
     * kept from run to run; NULL: such accesses are always noted. */
    uint64_t *shared;
    uint32_t shared_size, shared_count;
    bool shared_grew; /* accesses before were not noted: what was explored so far is void */
};

static inline uint64_t tutti_access_mix(uint64_t path, uint64_t number)
{
    uint64_t hash = (path ^ number) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 32;
    return (hash + number) * UINT64_C(0xd6e8feb86659fd93);
}

/* The object that is this part of the thing with this path. */
static inline uint64_t tutti_access_key(uint64_t path, uint64_t part)
{
    return tutti_access_mix(path, part);
}

/* Eight bytes of memory, `word` words behind the beginning of a region. */
static inline uint64_t tutti_access_word(uint64_t path, uint64_t word)
{
    return tutti_access_mix(tutti_access_mix(path, TUTTI_PART_MEMORY), word);
}

/* Notes one access. */
static inline void tutti_access_note(struct tutti_footprint *footprint, uint64_t object,
                                     enum tutti_access_mode mode)
{
    struct tutti_access *next = &footprint->items[footprint->count];
    if (footprint->count == footprint->room) {
        footprint->full = true;
        return;
    }
    next->object = object;
    next->mode = (uint32_t)mode;
    footprint->count++;
}

/* Memory whose bytes belong together, known by a path that is the same in every run. */
struct tutti_region {
    const char *low;
    size_t size;
    uint64_t path;
    const struct tutti_task *stack_of; /* it is this task's stack; else NULL */
    bool elsewhere;                    /* the path is the same in every run of one process only */
};

/* The footprint of the calling thread's run; NULL: nobody wants one. Not a checkpoint. */
TUTTI_API struct tutti_footprint *tutti_footprint(void);
/* What an address is in: a block of tutti_malloc's, a task's stack; or all else, whose addresses
 * count from the program's own beginning. Takes time for each block and task there is. Inside a
 * run. Not a checkpoint.                                                                        */
TUTTI_API struct tutti_region tutti_region_of(const void *address);

/* Before the first run, by what tells of all accesses of the compiled code to memory: from now on
 * what no footprint has was not shared.                                                         */
TUTTI_API void tutti_access_all_told(void);
/* Was that called? Else memory is known by tutti_access only. Neither is a checkpoint. */
TUTTI_API bool tutti_access_is_all_told(void);

/* Who wants to know of accesses: 0 nobody, so that the rest can be left out. */
enum { TUTTI_ACCESS_NOTED = 1, TUTTI_ACCESS_POINTS = 2 };
TUTTI_API unsigned tutti_access_wanted(struct tutti_footprint **footprint);
/* Before an access to `address` in a run whose picker wants access points: lets other tasks run,
 * unless it is on the calling task's own stack, or a function that core calls is making it. A
 * schedule point in such runs only.                                                             */
TUTTI_API void tutti_access_point(const void *address);

/* For programs whose tasks share memory of their own: the calling step reads or writes `size` bytes
 * at `address`. Only explorers listen; to all others it is nothing. Not a checkpoint.           */
TUTTI_API void tutti_access(const void *address, size_t size, bool writes);

TUTTI_END
#endif
