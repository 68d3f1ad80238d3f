/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What processes that search side by side want of the system. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tutti/core/task.h"
#include "tutti/sim/os_sim_priv.h"

/* Who waits looks around so often, in case the one who would wake it has died. */
#define NAP_NS (5 * TUTTI_MS)

void os_wait_word(const uint32_t *word, uint32_t value)
{
    struct timespec nap = {.tv_nsec = NAP_NS};
    (void)syscall(SYS_futex, word, FUTEX_WAIT, value, &nap, NULL, 0);
}

void os_wake_word(const uint32_t *word)
{
    (void)syscall(SYS_futex, word, FUTEX_WAKE, CHILDREN_MAX, NULL, NULL, 0);
}
