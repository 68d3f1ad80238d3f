/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/plan.h"

#include <stdio.h>

/* Auto: small searches end within so many runs, so nothing needs to be estimated. */
enum { START_RUNS = 5000, PROBE_RUNS = 500 };
/* Auto: of so many cancel points all pairs are tried, of more only those that interrupt cleanup. */
enum { PAIRS_OF = 150 };
/* Auto: how long a search may last if nobody said, and a phase of which little is known. */
#define TIME_DEFAULT_NS (60 * TUTTI_S)
#define START_NS        (2 * TUTTI_S)
/* Portfolio: runs of a phase in the first round; they double with each round, up to this often. */
enum { ROUND_RUNS = 1000, ROUND_DOUBLES = 10 };

/* What strategies are. */
enum { DEPTH_FIRST = 1, TRACES, BY_CHANCE };

static const struct {
    const char *word;
    int what;
} strategies[TUTTI_STRATEGIES] = {
    [TUTTI_STRATEGY_DFS] = {"dfs", DEPTH_FIRST},
    [TUTTI_STRATEGY_RANDOM] = {"random", BY_CHANCE},
    [TUTTI_STRATEGY_PLAIN] = {"plain", 0},
    [TUTTI_STRATEGY_DELAYS] = {"delays", DEPTH_FIRST},
    [TUTTI_STRATEGY_PREEMPTIONS] = {"preemptions", DEPTH_FIRST},
    [TUTTI_STRATEGY_CANCELS] = {"cancels", DEPTH_FIRST},
    [TUTTI_STRATEGY_CLEANUP] = {"cleanup", DEPTH_FIRST},
    [TUTTI_STRATEGY_DEADLINES] = {"deadlines", DEPTH_FIRST},
    [TUTTI_STRATEGY_DPOR] = {"dpor", TRACES},
    [TUTTI_STRATEGY_PCT] = {"pct", BY_CHANCE},
    [TUTTI_STRATEGY_URW] = {"urw", BY_CHANCE},
    [TUTTI_STRATEGY_POS] = {"pos", BY_CHANCE},
    [TUTTI_STRATEGY_SURW] = {"surw", BY_CHANCE},
    [TUTTI_STRATEGY_PORTFOLIO] = {"portfolio", 0},
    [TUTTI_STRATEGY_AUTO] = {"auto", 0},
};

const char *tutti_strategy_text(enum tutti_strategy strategy)
{
    return (unsigned)strategy < TUTTI_STRATEGIES ? strategies[strategy].word : "unknown";
}

bool tutti_strategy_resumes(enum tutti_strategy strategy)
{
    if ((unsigned)strategy >= TUTTI_STRATEGIES) return false;
    return strategies[strategy].what == DEPTH_FIRST || strategies[strategy].what == TRACES;
}

bool tutti_strategy_by_chance(enum tutti_strategy strategy)
{
    return (unsigned)strategy < TUTTI_STRATEGIES && strategies[strategy].what == BY_CHANCE;
}

static uint32_t bound_of(enum tutti_strategy strategy, uint32_t said)
{
    if (said) return said;
    switch (strategy) {
    case TUTTI_STRATEGY_DELAYS:
        return TUTTI_BOUND_DELAYS;
    case TUTTI_STRATEGY_PREEMPTIONS:
        return TUTTI_BOUND_PREEMPTIONS;
    case TUTTI_STRATEGY_CANCELS:
        return TUTTI_BOUND_CANCELS;
    case TUTTI_STRATEGY_CLEANUP:
        return TUTTI_BOUND_CLEANUP;
    case TUTTI_STRATEGY_DEADLINES:
        return TUTTI_BOUND_DEADLINES;
    case TUTTI_STRATEGY_PCT:
        return TUTTI_BOUND_PCT;
    default:
        return 0;
    }
}

static bool single(struct tutti_plan *plan, const struct tutti_plan_facts *facts,
                   struct tutti_phase *phase)
{
    phase->strategy = facts->strategy;
    phase->bound = bound_of(facts->strategy, facts->bound);
    phase->exhausts =
        facts->strategy == TUTTI_STRATEGY_DFS || facts->strategy == TUTTI_STRATEGY_DPOR;
    return plan->phases++ == 0;
}

/* Six take turns: no one of them finds everything (see the studies of SCTBench). */
static bool turn(struct tutti_plan *plan, const struct tutti_plan_facts *facts,
                 struct tutti_phase *phase)
{
    static const struct tutti_phase turns[] = {
        {.strategy = TUTTI_STRATEGY_RANDOM},
        {.strategy = TUTTI_STRATEGY_PCT, .bound = 2},
        {.strategy = TUTTI_STRATEGY_SURW},
        {.strategy = TUTTI_STRATEGY_POS},
        {.strategy = TUTTI_STRATEGY_PCT, .bound = 4},
        {.strategy = TUTTI_STRATEGY_DELAYS, .bound = 1},
    };
    enum { TURNS = sizeof turns / sizeof *turns };
    uint32_t doubles = plan->round < ROUND_DOUBLES ? plan->round : ROUND_DOUBLES;
    *phase = turns[plan->turn];
    phase->seed = facts->seed + plan->phases; /* no round repeats the one before */
    phase->runs_max = (uint64_t)ROUND_RUNS << doubles;
    if (phase->strategy == TUTTI_STRATEGY_DELAYS) phase->bound += plan->round;
    plan->phases++;
    if (plan->turn == 0) {
        snprintf(plan->say, sizeof plan->say,
                 "round %u: %u runs each of random, pct 2, surw, pos, pct 4 and %u delay%s",
                 plan->round + 1, (unsigned)phase->runs_max, plan->round + 1,
                 plan->round == 0 ? "" : "s");
    }
    if (++plan->turn == TURNS) {
        plan->turn = 0;
        plan->round++;
    }
    return true;
}

/* Auto: the last decision. */
static bool decide(struct tutti_plan *plan, const struct tutti_plan_facts *facts,
                   struct tutti_phase *phase)
{
    double given = (double)(facts->left_ns ? facts->left_ns : TIME_DEFAULT_NS) / 1e9;
    double speed = (double)facts->runs * 1e9 / (double)(facts->took_ns + 1);
    double wanted = facts->estimate / (speed + 1e-9);
    const char *how = facts->traces ? "one run of each trace" : "depth first";
    if (facts->traces) phase->strategy = TUTTI_STRATEGY_DPOR;
    if (facts->estimate > 0 && wanted <= given) {
        phase->exhausts = true;
        snprintf(plan->say, sizeof plan->say, "%s: about %.2g runs, which takes %.2g s of %.3g s%s",
                 how, facts->estimate, wanted, given, facts->left_ns ? " left" : "");
        return true;
    }
    bool more = turn(plan, facts, phase);
    snprintf(plan->say, sizeof plan->say,
             "turns of several: %s would be about %.2g runs, and %.3g s%s do not suffice", how,
             facts->estimate, given, facts->left_ns ? " left" : "");
    return more;
}

enum stage {
    STAGE_PLAIN,
    STAGE_CANCELS,
    STAGE_TWICE,
    STAGE_DEADLINES,
    STAGE_START,
    STAGE_PROBE,
    STAGE_DECIDE,
    STAGE_GO_ON
};

/* Auto: the phases that have nothing to try are left out. */
static void skip(struct tutti_plan *plan, const struct tutti_plan_facts *facts)
{
    bool cancels = facts->cancels_max > 0 && facts->cancel_points > 0;
    if (plan->stage == STAGE_CANCELS && !cancels) plan->stage++;
    if (plan->stage == STAGE_TWICE && (!cancels || facts->cancels_max < 2)) plan->stage++;
    if (plan->stage == STAGE_DEADLINES && facts->lags_max == 0) plan->stage++;
    if (plan->stage == STAGE_PROBE && facts->traces) plan->stage++; /* dpor has an estimate */
}

/* Auto: two cancellations in a run. */
static void twice(struct tutti_plan *plan, const struct tutti_plan_facts *facts,
                  struct tutti_phase *phase)
{
    uint32_t points = facts->cancel_points;
    bool all = points <= PAIRS_OF;
    phase->strategy = all ? TUTTI_STRATEGY_CANCELS : TUTTI_STRATEGY_CLEANUP;
    phase->bound = TUTTI_BOUND_CLEANUP;
    snprintf(plan->say, sizeof plan->say,
             "%s: the plain run cancelled twice, %s of %u cancel points",
             tutti_strategy_text(phase->strategy),
             all ? "at each pair" : "the second time from further out, after each", points);
}

static bool next_auto(struct tutti_plan *plan, const struct tutti_plan_facts *facts,
                      struct tutti_phase *phase)
{
    static const char plain_says[] = "plain: one run, nothing out of the ordinary";
    skip(plan, facts);
    plan->phases++;
    switch ((enum stage)plan->stage++) {
    case STAGE_PLAIN:
        phase->strategy = TUTTI_STRATEGY_PLAIN;
        snprintf(plan->say, sizeof plan->say, "%s", plain_says);
        return true;
    case STAGE_CANCELS:
        phase->strategy = TUTTI_STRATEGY_CANCELS;
        phase->bound = TUTTI_BOUND_CANCELS;
        snprintf(plan->say, sizeof plan->say,
                 "cancels: the plain run cancelled at each of its %u cancel points",
                 facts->cancel_points);
        return true;
    case STAGE_TWICE:
        twice(plan, facts, phase);
        return true;
    case STAGE_DEADLINES:
        phase->strategy = TUTTI_STRATEGY_DEADLINES;
        phase->bound = TUTTI_BOUND_DEADLINES;
        snprintf(plan->say, sizeof plan->say,
                 "deadlines: the plain run with a timer early at each place, and each tie");
        return true;
    case STAGE_START:
        phase->runs_max = START_RUNS;
        phase->time_ns = START_NS;
        phase->exhausts = true;
        if (facts->traces) phase->strategy = TUTTI_STRATEGY_DPOR;
        snprintf(plan->say, sizeof plan->say, "%s: %u runs at first, which may be all",
                 facts->traces ? "one run of each trace" : "depth first", (unsigned)START_RUNS);
        return true;
    case STAGE_PROBE:
        phase->strategy = TUTTI_STRATEGY_RANDOM;
        phase->runs_max = PROBE_RUNS;
        phase->estimates = true;
        phase->time_ns = START_NS;
        snprintf(plan->say, sizeof plan->say,
                 "random: there are more; %u runs to estimate how many", (unsigned)PROBE_RUNS);
        return true;
    case STAGE_DECIDE:
        return decide(plan, facts, phase);
    default:
        return turn(plan, facts, phase);
    }
}

bool tutti_plan_next(struct tutti_plan *plan, const struct tutti_plan_facts *facts,
                     struct tutti_phase *phase)
{
    *phase = (struct tutti_phase){.strategy = TUTTI_STRATEGY_DFS, .seed = facts->seed};
    plan->say[0] = '\0';
    if (facts->strategy == TUTTI_STRATEGY_AUTO) return next_auto(plan, facts, phase);
    if (facts->strategy == TUTTI_STRATEGY_PORTFOLIO) return turn(plan, facts, phase);
    return single(plan, facts, phase);
}
