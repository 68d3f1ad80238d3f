/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* About how much of a search of strategy dpor is behind it.
 *
 * What is to be tried at a node is known late, when a race is found, and how much begins with it
 * only when all of that was searched. So there are two guesses, which err to opposite sides more
 * often than not, and what counts is their geometric mean.
 *
 * One goes by shares: all candidates that are to be tried at a node, as far as that is known, have
 * trees of one size (Kilby, Slaney, Thiebaux, Walsh, "Estimating search tree size", AAAI 2006). It
 * is too small while races are still to be found.
 *
 * The other one goes by sizes, from the last run's end to its beginning. It foresees what is to be
 * tried: whoever goes on to make a step that could race with the one taken here. And it learns from
 * candidates that are behind the search how their runs compare to those of the one before at the
 * same node: a candidate that sleeps beside others has less to explore. It is too large where what
 * was foreseen is tried elsewhere.                                                               */
#include <string.h>

#include "tutti/sim/dpor_priv.h"

/* Pairs of steps that are looked at for one guess: some milliseconds. And how far apart the two may
 * be: sizes multiply what was foreseen in vain, node after node.                                 */
enum { PAIRS_MAX = 1 << 18, APART_MAX = 1000 };

struct guess {
    const struct tutti_dpor_search *search;
    uint32_t nodes, steps; /* that are looked at: another process may be changing the search */
    uint32_t pairs;
    bool follows[TUTTI_ORDER_STEPS];  /* it cannot come before the step at hand */
    uint32_t more[TUTTI_ORDER_STEPS]; /* candidates of each node that are to be tried */
};

void dpor_note_runs(struct tutti_dpor_search *search, struct tutti_dpor_node *node)
{
    uint64_t runs = search->runs - node->taken_began;
    uint32_t k = node->over < TUTTI_DPOR_KTHS ? node->over : TUTTI_DPOR_KTHS;
    if (k) {
        search->kth[k - 1] += node->last_runs;
        search->next[k - 1] += runs;
    }
    node->last_runs = runs;
    node->taken_began = search->runs;
    node->over++;
}

/* How many runs a candidate will have, to those of the one before it, which was the k-th. */
static double next_to_kth(const struct tutti_dpor_search *search, uint32_t k)
{
    uint32_t at = k < TUTTI_DPOR_KTHS ? k : TUTTI_DPOR_KTHS - 1;
    return search->kth[at] ? (double)search->next[at] / (double)search->kth[at] : 1;
}

/* Are the step's accesses where they should be? Not if it is being written. */
static bool is_whole(const struct tutti_dpor_search *search, const struct tutti_step *step)
{
    const struct tutti_touched *touched = &step->touched;
    const struct tutti_access *all = search->order.accesses;
    return touched->items >= all && touched->items <= all + TUTTI_ORDER_ACCESSES &&
           touched->count <= (size_t)(all + TUTTI_ORDER_ACCESSES - touched->items);
}

static bool races(struct guess *guess, uint32_t i, uint32_t j, bool *fixed)
{
    const struct tutti_step *steps = guess->search->order.steps;
    *fixed = false;
    guess->pairs++;
    return is_whole(guess->search, &steps[i]) && is_whole(guess->search, &steps[j]) &&
           tutti_steps_race(&steps[i], &steps[j], fixed);
}

/* Can the j-th step not be made before the i-th, since it needs what that leads to? */
static bool follows(struct guess *guess, uint32_t i, uint32_t j)
{
    bool fixed = false;
    for (uint32_t k = i; k < j && !fixed; k++) {
        if (guess->follows[k]) (void)races(guess, k, j, &fixed);
    }
    return fixed;
}

/* Cancels it a scope that the step looks at? */
static bool cancels(const struct tutti_dpor_search *search,
                    const struct tutti_dpor_candidate *canceller, const struct tutti_step *step)
{
    uint64_t state = tutti_access_key(canceller->path, TUTTI_PART_STATE);
    for (uint32_t i = 0; is_whole(search, step) && i < step->touched.count; i++) {
        if (step->touched.items[i].object == state) return true;
    }
    return false;
}

/* How many candidates of the node are still to be tried, after the one taken. */
static uint32_t still_to_try(struct guess *guess, const struct tutti_dpor_node *node, bool foresees)
{
    const struct tutti_dpor_search *search = guess->search;
    const struct tutti_dpor_candidate *all = search->candidates + node->first;
    bool tries[64] = {false};
    uint32_t count = node->count < 64 ? node->count : 64, more = 0;
    for (uint32_t c = 0; c < node->count; c++)
        more += all[c].tried && !all[c].asleep && c != node->taken;
    if (!foresees || node->step >= guess->steps) return more;
    for (uint32_t c = 0; c < count; c++) {
        bool awake = !all[c].tried && !all[c].asleep;
        tries[c] = awake && all[c].what == TUTTI_CANDIDATE_CANCEL &&
                   cancels(search, &all[c], &search->order.steps[node->step]);
        more += tries[c];
    }
    memset(guess->follows + node->step, 0, guess->steps - node->step);
    guess->follows[node->step] = true;
    for (uint32_t j = node->step + 1; j < guess->steps && guess->pairs < PAIRS_MAX; j++) {
        bool fixed;
        guess->follows[j] = follows(guess, node->step, j);
        if (guess->follows[j] || !races(guess, node->step, j, &fixed)) continue;
        for (uint32_t c = 0; c < count; c++) {
            if (tries[c] || all[c].tried || all[c].asleep) continue;
            tries[c] = all[c].key == search->order.steps[j].key;
            more += tries[c];
        }
    }
    return more;
}

/* What of the values of the node was tried, as a part of them; what part the present ones are. */
static double values_done(const struct tutti_dpor_search *search,
                          const struct tutti_dpor_node *node, double *present)
{
    double done = 0;
    *present = 1;
    for (uint32_t v = 0; v < node->values_count; v++) {
        const struct tutti_dpor_value *value = &search->values[node->values + v];
        if (value->of == 0) break; /* it is just being written */
        *present /= value->of;
        done += *present * value->number;
    }
    return done;
}

/* The runs of all values of the node, which began so many runs ago, the present ones having
 * `present`. */
static double with_values(const struct tutti_dpor_search *search,
                          const struct tutti_dpor_node *node, double present, double before)
{
    double part, done = values_done(search, node, &part);
    return node->values_count ? (before + present) / (done + part) : present;
}

/* How many runs the branch has, by sizes. */
static double branch_size(struct guess *guess)
{
    const struct tutti_dpor_search *search = guess->search;
    uint32_t floor = search->floor;
    double size = 1, began = (double)search->runs;
    for (uint32_t i = floor; i < guess->nodes; i++) /* the first ones matter most */
        guess->more[i] = still_to_try(guess, &search->nodes[i], i + 1 < guess->nodes);
    for (uint32_t i = guess->nodes; i-- > floor;) {
        const struct tutti_dpor_node *node = &search->nodes[i];
        size = with_values(search, node, size, began - (double)node->taken_began);
        double next = size;
        for (uint32_t k = 0; k < guess->more[i]; k++) {
            next *= next_to_kth(search, node->over + k);
            size += next;
        }
        size += (double)(node->taken_began - node->began);
        began = (double)node->began;
    }
    if (!floor) return size;
    return with_values(search, &search->nodes[floor - 1], size,
                       began - (double)search->branch_began);
}

/* What of its branch is behind the search, by shares; what part of all the branch is. */
static double branch_done(const struct tutti_dpor_search *search, uint32_t nodes, double *branch)
{
    double done = 0, share = 1;
    *branch = 1;
    for (uint32_t i = 0; i < nodes; i++) {
        const struct tutti_dpor_node *node = &search->nodes[i];
        const struct tutti_dpor_candidate *all = search->candidates + node->first;
        double tried = 0, over = 0, present;
        for (uint32_t c = 0; c < node->count; c++) {
            tried += all[c].tried;
            over += all[c].tried && all[c].asleep;
        }
        double part = values_done(search, node, &present);
        share /= tried < 1 ? 1 : tried;
        if (i >= search->floor) done += share * over;
        if (i + 1 == search->floor) *branch = share;
        if (i + 1 >= search->floor) done += share * part;
        share *= present;
    }
    return done / *branch;
}

static double geometric_mean(double a, double b)
{
    enum { ROUNDS = 64 }; /* half of a root's binary digits, and it is there */
    double mean = (a + b) / 2;
    for (int i = 0; i < ROUNDS; i++)
        mean = (mean + a * b / mean) / 2;
    return mean;
}

double tutti_dpor_search_done(const struct tutti_dpor_search *search)
{
    struct guess guess = {
        .search = search, .nodes = search->nodes_count, .steps = search->order.count};
    double branch;
    if (search->complete) return 1;
    if (guess.nodes > TUTTI_ORDER_STEPS) return 0;
    if (guess.steps > TUTTI_ORDER_STEPS || search->rebuilds) guess.steps = 0;
    double done = branch_done(search, guess.nodes, &branch);
    if (guess.nodes <= search->floor) return done * branch;
    double runs = (double)(search->runs - search->branch_began);
    if (!(done > 0 && branch > 0 && runs > 0)) return 0; /* or too deep to be told from nothing */
    double by_size = runs / branch_size(&guess);
    if (by_size < done / APART_MAX) by_size = done / APART_MAX;
    if (by_size > done * APART_MAX) by_size = done * APART_MAX;
    return branch * geometric_mean(done, by_size);
}
