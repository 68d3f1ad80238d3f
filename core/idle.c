/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/idle.h"

#include "tutti/core/run_priv.h"

int tutti_wait_all_blocked_at(int64_t cushion_ns, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (cushion_ns < 0 || cushion_ns == TUTTI_NEVER) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "no cushion: negative, or for ever");
    }
    struct tutti_park wait = TUTTI_PARK_INIT("wait_all_blocked", NULL, site);
    struct tutti_waiter place;
    tutti_lot_join(&run->idlers, &wait, &place, &cushion_ns);
    return park(run, &wait);
}

static int64_t cushion_of(const struct tutti_waiter *place)
{
    return *(const int64_t *)place->data;
}

/* The smallest cushion of those who wait. */
static int64_t least_cushion(const struct run *run)
{
    int64_t least_ns = TUTTI_NEVER;
    for (const struct tutti_waiter *place = run->idlers.first; place; place = place->next) {
        if (cushion_of(place) < least_ns) least_ns = cushion_of(place);
    }
    return least_ns;
}

/* When the smallest cushion is over, if nothing happens; TUTTI_NEVER: nobody waits for that. */
static int64_t idle_until(struct run *run)
{
    if (TUTTI_LIKELY(!run->idlers.first) || run->external) return TUTTI_NEVER;
    if (run->idle_step != run_steps(run)) { /* somebody has run since: it is idle from now on */
        run->idle_step = run_steps(run);
        run->idle_since_ns = run_now(run);
    }
    int64_t until_ns = tutti_time_add(run->idle_since_ns, least_cushion(run));
    return until_ns < TUTTI_NEVER ? until_ns : TUTTI_NEVER - 1; /* it does come */
}

/* No task is ready: until when to wait for what the world brings. */
int64_t idle_or_timer(struct run *run)
{
    int64_t idle_ns = idle_until(run), timer_ns = heap_first(run);
    return idle_ns < timer_ns ? idle_ns : timer_ns;
}

/* After the wait: if nothing has happened (R43), wakes those whose cushion was the smallest and is
 * over (R44). */
void idle_look(struct run *run)
{
    if (TUTTI_LIKELY(!run->idlers.first) || run->external) return;
    if (run->ready.first || run->incoming.first) return;
    int64_t now_ns = run_now(run);
    if (now_ns < idle_until(run) || now_ns >= heap_first(run)) return;
    int64_t least_ns = least_cushion(run);
    for (struct tutti_waiter *place = run->idlers.first, *next; place; place = next) {
        next = place->next;
        if (cushion_of(place) == least_ns) tutti_waiter_wake(place, 0);
    }
}
