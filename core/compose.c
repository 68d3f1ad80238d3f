/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/compose.h"

#include "tutti/core/error.h"

/* The branches of one call. On the stack of its caller. */
struct branches {
    struct tutti_nursery nursery;
    struct tutti_branch *all;
    uint32_t winner;
    bool race;
    const struct tutti_site *site;
};

/* What the task of a branch is given a copy of. */
struct turn {
    struct branches *branches;
    uint32_t number;
};

static int branch_run(void *arg)
{
    const struct turn *turn = arg;
    struct branches *branches = turn->branches;
    struct tutti_branch *branch = &branches->all[turn->number];
    branch->result = branch->fn(branch->arg);
    if (branches->race && branch->result >= 0 && branches->winner == TUTTI_NO_BRANCH) {
        branches->winner = turn->number;
        tutti_scope_cancel_at(&branches->nursery.scope, "the race is won", branches->site);
    }
    return branch->result;
}

static int branches_start(struct branches *branches, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct turn turn = {branches, i};
        const char *name = branches->all[i].name ? branches->all[i].name : "branch";
        int rc = tutti_nursery_start_at(&branches->nursery, name, true, branch_run, &turn,
                                        sizeof turn, branches->site);
        if (rc < 0) return rc;
    }
    return 0;
}

static int branches_run(struct branches *branches, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        branches->all[i].result = TUTTI_ECANCELED;
        if (branches->all[i].fn) continue;
        return tutti_error_at(branches->site, false, TUTTI_EINVALID,
                              "the function of branch %u is "
                              "NULL",
                              i);
    }
    int rc = tutti_nursery_open_at(&branches->nursery, name, branches->site);
    if (rc < 0) return rc;
    rc = branches_start(branches, count);
    return tutti_nursery_close_at(&branches->nursery, rc, branches->site);
}

int tutti_gather_at(struct tutti_branch *branches, uint32_t count, const struct tutti_site *site)
{
    struct branches all = {.all = branches, .winner = TUTTI_NO_BRANCH, .site = site};
    return branches_run(&all, count, "gather");
}

int tutti_race_at(struct tutti_branch *branches, uint32_t count, uint32_t *winner,
                  const struct tutti_site *site)
{
    struct branches all = {.all = branches, .winner = TUTTI_NO_BRANCH, .race = true, .site = site};
    if (winner) *winner = TUTTI_NO_BRANCH;
    if (!count) return tutti_error_at(site, false, TUTTI_EINVALID, "a race of nobody");
    int rc = branches_run(&all, count, "race");
    if (winner) *winner = all.winner;
    bool won = all.winner != TUTTI_NO_BRANCH && (rc >= 0 || rc == TUTTI_ECANCELED);
    return won ? branches[all.winner].result : rc;
}
