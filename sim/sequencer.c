/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/sequencer.h"

#include "tutti/core/error.h"
#include "tutti/core/lot_break.h"
#include "tutti/core/task.h"

void tutti_sequencer_init_at(struct tutti_sequencer *sequencer, const char *name,
                             const struct tutti_site *site)
{
    *sequencer = (struct tutti_sequencer){.next = 0};
    tutti_lot_init_at(&sequencer->lot, name, site);
}

/* Who waits for this position; NULL: nobody. */
static struct tutti_waiter *waiter_of(const struct tutti_sequencer *sequencer, uint32_t position)
{
    struct tutti_waiter *waiter = sequencer->lot.first;
    while (waiter && *(const uint32_t *)waiter->data != position)
        waiter = waiter->next;
    return waiter;
}

static bool taken(const struct tutti_sequencer *sequencer, uint32_t position)
{
    if (position < sequencer->next) return true;
    if (position == sequencer->next && sequencer->entered) return true;
    return waiter_of(sequencer, position) != NULL;
}

static int sequence_broken(const struct tutti_site *site)
{
    return tutti_error_at(site, false, TUTTI_EBROKEN,
                          "a task of the sequence was cancelled: it cannot go on");
}

/* The calling task gives up, and the sequence with it. */
static int give_up(struct tutti_sequencer *sequencer, const struct tutti_site *site)
{
    if (!sequencer->lot.breaks) tutti_lot_break_at(&sequencer->lot, NULL, site);
    return sequence_broken(site);
}

int tutti_sequencer_enter_at(struct tutti_sequencer *sequencer, uint32_t position,
                             const struct tutti_site *site)
{
    struct tutti_park wait = TUTTI_PARK_INIT("sequencer.enter", &sequencer->lot.object, site);
    struct tutti_waiter place;
    if (sequencer->lot.breaks) return sequence_broken(site);
    if (taken(sequencer, position)) {
        return tutti_error_at(site, false, TUTTI_ESTATE, "position %u was taken before", position);
    }
    if (tutti_checkpoint_if_cancelled_at(site) < 0) return give_up(sequencer, site);
    if (position == sequencer->next) {
        sequencer->entered = true;
        tutti_yield_shielded_at(site);
        return 0;
    }
    tutti_lot_join(&sequencer->lot, &wait, &place, &position);
    int rc = tutti_park(&wait);
    if (rc == TUTTI_EBROKEN) return sequence_broken(site);
    return rc < 0 ? give_up(sequencer, site) : 0;
}

void tutti_sequencer_leave_at(struct tutti_sequencer *sequencer, const struct tutti_site *site)
{
    if (!sequencer->entered) tutti_panic_at(site, "no block of the sequence runs");
    struct tutti_waiter *next = waiter_of(sequencer, ++sequencer->next);
    sequencer->entered = next != NULL;
    if (next) tutti_waiter_wake(next, 0);
}
