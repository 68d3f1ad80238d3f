/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/rwlock.h - reader-writer lock: many read, or one writes.
 *
 * Phase-fair: phases of reading and of writing take turns. A reader that comes while a writer
 * waits, waits too; when a writer is done all readers that wait by then go in, ahead of the next
 * writer; when the last of those is done the first waiting writer does. So a reader waits for one
 * writer at most, and a writer for the readers of one phase between two writers. Not reentrant: a
 * task that reads and wants to write, or to read again while a writer waits, waits for itself. The
 * struct may live on a stack, as long as nobody is inside or waits when it goes away. */
#ifndef TUTTI_CORE_RWLOCK_H
#define TUTTI_CORE_RWLOCK_H

#include "tutti/core/held.h"
#include "tutti/core/park.h"

TUTTI_BEGIN

struct tutti_rwlock {
    struct tutti_lot writers, readers; /* who waits; the object is the writers' */
    struct tutti_held writer;          /* whose it is to write */
    uint32_t reading;                  /* how many read */
    bool broken;                       /* a task ended while it was its to write */
};

/* Makes one, free, with a name that is kept (or NULL). Not a checkpoint. */
#define tutti_rwlock_init(rwlock, name) tutti_rwlock_init_at(rwlock, name, TUTTI_HERE)
TUTTI_API void tutti_rwlock_init_at(struct tutti_rwlock *rwlock, const char *name,
                                    const struct tutti_site *site);
/* Waits until the task may read. Returns 0, TUTTI_ECANCELED, TUTTI_EBROKEN (a task ended while it
 * was its to write), or TUTTI_ESTATE when it is the calling task's to write. */
#define tutti_rwlock_acquire_read(rwlock) tutti_rwlock_acquire_read_at(rwlock, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_rwlock_acquire_read_at(struct tutti_rwlock *rwlock,
                                                  const struct tutti_site *site);
/* Waits until the task may write. Returns as above. A task that ends without releasing it breaks
 * it, for ever, and the run ends with TUTTI_ELEAK. */
#define tutti_rwlock_acquire_write(rwlock) tutti_rwlock_acquire_write_at(rwlock, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_rwlock_acquire_write_at(struct tutti_rwlock *rwlock,
                                                   const struct tutti_site *site);
/* The same without waiting: TUTTI_EWOULDBLOCK. A reader does not overtake a waiting writer. Not
 * checkpoints. */
#define tutti_rwlock_acquire_read_nowait(rwlock)                                                   \
    tutti_rwlock_acquire_read_nowait_at(rwlock, TUTTI_HERE)
#define tutti_rwlock_acquire_write_nowait(rwlock)                                                  \
    tutti_rwlock_acquire_write_nowait_at(rwlock, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_rwlock_acquire_read_nowait_at(struct tutti_rwlock *rwlock,
                                                                 const struct tutti_site *site);
TUTTI_API TUTTI_MUST_USE int tutti_rwlock_acquire_write_nowait_at(struct tutti_rwlock *rwlock,
                                                                  const struct tutti_site *site);
/* Ends reading. While nobody reads it panics; readers are counted, not known. Not a checkpoint. */
#define tutti_rwlock_release_read(rwlock) tutti_rwlock_release_read_at(rwlock, TUTTI_HERE)
TUTTI_API void tutti_rwlock_release_read_at(struct tutti_rwlock *rwlock,
                                            const struct tutti_site *site);
/* Ends writing. By another task than the writer it panics. Not a checkpoint. */
#define tutti_rwlock_release_write(rwlock) tutti_rwlock_release_write_at(rwlock, TUTTI_HERE)
TUTTI_API void tutti_rwlock_release_write_at(struct tutti_rwlock *rwlock,
                                             const struct tutti_site *site);

struct tutti_rwlock_stats {
    uint32_t reading, waiting_to_read, waiting_to_write;
    uint64_t writer; /* the writing task's id; 0: nobody writes */
    bool broken;
};
/* What it is like now. Not a checkpoint. */
TUTTI_API struct tutti_rwlock_stats tutti_rwlock_statistics(const struct tutti_rwlock *rwlock);

TUTTI_END
#endif
