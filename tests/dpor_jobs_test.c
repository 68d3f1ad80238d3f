/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Strategy dpor with several processes, or on several days: the traces of one, each once. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "known_memory.h"
#include "sound.h"
#include "tutti/sim/explore.h"

/* What all processes of a search saw, whoever did; of each of its two trees. */
struct tally {
    struct {
        TUTTI_ATOMIC(uint64_t) runs, whole; /* made; of these, those that came to their end */
        TUTTI_ATOMIC(uint64_t) traces;      /* a sum over the traces of these */
    } trees[2];
    TUTTI_ATOMIC(uint32_t) makers; /* processes that made a run: bits */
    uint32_t (*inner)(struct tutti_pick *pick, const struct tutti_choice *choice);
    TUTTI_ATOMIC(uint64_t) begun; /* runs */
    uint64_t kill_at;             /* in which of them its process is killed; 0: in none */
    bool kill_again;              /* and in all that begin later */
};
static struct tally *tally;
static struct tutti_rehearsal rehearsal;
static bool dies; /* this run's process is killed on its way */

static void tally_run(void *context, struct tutti_picker *picker, struct tutti_verdict *verdict)
{
    const struct tutti_pick_dpor *dpor = TUTTI_CONTAINER(picker, struct tutti_pick_dpor, picker);
    uint32_t tree = dpor->search->tree;
    (void)context;
    if (picker->pick.pick != recorder_pick) tally->inner = picker->pick.pick;
    picker->pick.pick = tally->inner; /* where a process for each run begins, too */
    recorder_listen(picker);
    uint64_t begun = atomic_fetch_add(&tally->begun, 1) + 1;
    dies = tally->kill_at &&
           (begun == tally->kill_at || (tally->kill_again && begun > tally->kill_at));
    tutti_order_cut(&recorder.order, 0);
    recorder.begun = false;
    recorder.step.values = 0;
    tutti_rehearse(&rehearsal, picker, verdict);
    if (picker->mismatch || picker->full) return;
    atomic_fetch_add(&tally->trees[tree].runs, 1);
    atomic_fetch_or(&tally->makers, 1u << dpor->self);
    if (verdict->kind == TUTTI_VERDICT_DEADLOCK) verdict->kind = TUTTI_VERDICT_OK;
    if (picker->dropped) return;
    recorder_finish();
    atomic_fetch_add(&tally->trees[tree].whole, 1);
    atomic_fetch_add(&tally->trees[tree].traces, tutti_order_hash(&recorder.order));
}

/* How a search ended, and what it made in the tree that it came to the end of. */
struct outcome {
    enum tutti_explore_end end;
    struct tutti_progress progress;
    uint64_t runs, traces, blocked, hash;
    uint32_t makers;
};

static char text[1 << 22];

/* Some runs of main: a whole search, or a day of it from the text on, and into it. */
static struct outcome search(int (*main)(void *arg), const struct tutti_explore_options *options,
                             bool day)
{
    static struct tutti_dpor_trunk trunk;
    struct tutti_explorer *explorer;
    struct tutti_frontier kept = {.trunk = &trunk};
    struct tutti_frontier now = {.program = "a program", .test = "a test"};
    char message[400];
    rehearsal = (struct tutti_rehearsal){.main = main};
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    assert_int_equal(tutti_explorer_open(&explorer, options, tally_run, NULL), 0);
    if (day && text[0]) {
        if (tutti_frontier_parse(&kept, text, message, sizeof message) < 0) fail_msg("%s", message);
        tutti_explorer_resume(explorer, &kept);
    }
    struct outcome outcome = {.end = tutti_explorer_search(explorer)};
    if (outcome.end == TUTTI_EXPLORE_FOUND) {
        fail_msg("%s", tutti_explorer_verdict(explorer)->message);
    }
    if (day && outcome.end != TUTTI_EXPLORE_COMPLETE) {
        assert_true(tutti_explorer_frontier(explorer, &now));
        assert_true(tutti_frontier_print(&now, text, sizeof text) < sizeof text);
    }
    outcome.progress = tutti_explorer_progress(explorer);
    outcome.traces = outcome.progress.traces;
    outcome.blocked = outcome.progress.blocked;
    for (uint32_t t = 0; t < 2; t++) { /* the other tree is not complete, so it has fewer */
        outcome.runs += tally->trees[t].runs;
        if (tally->trees[t].whole == outcome.traces) outcome.hash = tally->trees[t].traces;
    }
    outcome.makers = tally->makers;
    tutti_explorer_close(explorer);
    tutti_sim_world_close(&rehearsal.sim);
    return outcome;
}

static struct outcome search_all(int (*main)(void *arg),
                                 const struct tutti_explore_options *options)
{
    *tally = (struct tally){.inner = NULL};
    struct outcome outcome = search(main, options, false);
    assert_int_equal(outcome.end, TUTTI_EXPLORE_COMPLETE);
    assert_int_equal(outcome.progress.runs, outcome.runs);
    return outcome;
}

/* Day after day, `runs` runs each, by jobs[0], jobs[1] and so on, then from jobs[0] on again. */
static struct outcome search_by_days(int (*main)(void *arg), struct tutti_explore_options options,
                                     uint64_t runs, const uint32_t *jobs, uint32_t jobs_count)
{
    struct outcome outcome = {.end = TUTTI_EXPLORE_RUNS};
    *tally = (struct tally){.inner = NULL};
    text[0] = '\0';
    options.runs_max = runs;
    for (uint32_t day = 0; outcome.end == TUTTI_EXPLORE_RUNS; day++) {
        options.jobs = jobs[day % jobs_count];
        outcome = search(main, &options, true);
    }
    assert_int_equal(outcome.end, TUTTI_EXPLORE_COMPLETE);
    assert_int_equal(outcome.progress.phase_runs, outcome.runs);
    return outcome;
}

static const uint32_t one_job[] = {1};

static struct tutti_explore_options options_of(uint32_t jobs)
{
    return (struct tutti_explore_options){
        .bounds = census_bounds, .strategy = TUTTI_STRATEGY_DPOR, .jobs = jobs};
}

static const struct known programs[] = {
    {"writers", known_writer, 0, 6, 720},    {"casrot", known_casrot, 0, 7, 523},
    {"lastzero", known_lastzero, 1, 8, 704}, {"indexer", known_indexer, 0, 12, 8},
    {"fib", known_fib, 1, 2, 140},           {"rw", known_rw, 0, 4, 576},
    {"writers", known_writer, 0, 7, 5040}, /* several turns of both trees */
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static void choose_known(size_t i)
{
    known_now = &programs[i];
    known_n = known_now->n;
}

static void together_they_find_each_trace_once(void **state)
{
    static const uint32_t jobs_tried[] = {2, 3, 7};
    (void)state;
    for (size_t i = 0; i < PROGRAMS; i++) {
        choose_known(i);
        struct tutti_explore_options options = options_of(1);
        struct outcome alone = search_all(known_main, &options);
        assert_int_equal(alone.traces, known_now->traces);
        for (size_t k = 0; k < 3; k++) {
            options.jobs = jobs_tried[k];
            struct outcome all = search_all(known_main, &options);
            assert_int_equal(all.traces, known_now->traces);
            assert_true(all.hash == alone.hash);
            assert_true(fabs(all.progress.estimate - (double)(all.traces + all.blocked)) < 1);
        }
    }
}

/* And it is not one that does it all: but for when the others begin after the end. */
static void the_work_is_shared(void **state)
{
    bool together = false;
    (void)state;
    choose_known(1);
    for (int i = 0; i < 100 && !together; i++) {
        struct tutti_explore_options options = options_of(7);
        uint32_t makers = search_all(known_main, &options).makers;
        together = makers & (makers - 1);
    }
    assert_true(together);
}

static void forked_runs_are_found_once(void **state)
{
    (void)state;
    choose_known(4);
    for (uint32_t jobs = 1; jobs <= 3; jobs++) {
        struct tutti_explore_options options = options_of(jobs);
        options.isolate = TUTTI_ISOLATE_FORK;
        assert_int_equal(search_all(known_main, &options).traces, 140);
    }
}

/* One job that is stopped and goes on makes the runs of one that does not stop, blocked ones too.
 */
static void stopped_or_not_the_runs_are_the_same(void **state)
{
    static const uint64_t runs[] = {1, 2, 7, 100};
    (void)state;
    for (size_t i = 0; i < PROGRAMS; i++) {
        choose_known(i);
        struct tutti_explore_options options = options_of(1);
        options.isolate = TUTTI_ISOLATE_NONE;
        struct outcome alone = search_all(known_main, &options);
        for (size_t k = 0; k < sizeof runs / sizeof *runs; k++) {
            if (alone.runs > 100 * runs[k] + 500) continue; /* so many days take their time */
            struct outcome days = search_by_days(known_main, options, runs[k], one_job, 1);
            assert_int_equal(days.traces, alone.traces);
            assert_int_equal(days.blocked, alone.blocked);
            assert_int_equal(days.runs, alone.runs);
            assert_true(days.hash == alone.hash);
        }
    }
}

/* With other numbers of jobs each day. */
static void other_jobs_go_on(void **state)
{
    static const uint32_t jobs[] = {3, 1, 7, 2, 1, 5};
    (void)state;
    for (size_t i = 0; i < PROGRAMS; i++) {
        choose_known(i);
        struct tutti_explore_options options = options_of(1);
        struct outcome alone = search_all(known_main, &options);
        struct outcome days = search_by_days(known_main, options, 1 + alone.runs / 9, jobs, 6);
        assert_int_equal(days.traces, alone.traces);
        assert_true(days.hash == alone.hash);
    }
}

/* A program by chance of everything: values, cancellations, timers, early ones, too. */
static struct tutti_explore_options make_small(uint64_t seed)
{
    struct tutti_chance chance = {.state = tutti_chance_split(77, seed)};
    struct tutti_explore_options options = options_of(1);
    options.bounds.kinds |= 1u << TUTTI_CHOICE_USER;
    options.bounds.cancels_max = seed % 3;
    options.bounds.lags_max = seed % 4 == 3;
    options.isolate = TUTTI_ISOLATE_NONE;
    small_make(&chance, (1u << SMALL_KINDS) - 1);
    return options;
}

static void programs_by_chance_are_searched_alike(void **state)
{
    static const uint32_t jobs[] = {3, 2, 1};
    uint64_t blocked = 0, traces = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 24; seed++) {
        struct tutti_explore_options options = make_small(seed);
        options.runs_max = 3000;
        *tally = (struct tally){.inner = NULL};
        if (search(small_main, &options, false).end != TUTTI_EXPLORE_COMPLETE) continue;
        options.runs_max = 0;
        struct outcome alone = search_all(small_main, &options);
        struct outcome days = search_by_days(small_main, options, 1, one_job, 1);
        assert_int_equal(days.runs, alone.runs);
        assert_int_equal(days.blocked, alone.blocked);
        assert_true(days.hash == alone.hash);
        options.isolate = TUTTI_ISOLATE_SEARCH;
        options.jobs = 3;
        struct outcome all = search_all(small_main, &options);
        assert_int_equal(all.traces, alone.traces);
        assert_true(all.hash == alone.hash);
        days = search_by_days(small_main, options, 1 + alone.runs / 4, jobs, 3);
        assert_int_equal(days.traces, alone.traces);
        assert_true(days.hash == alone.hash);
        blocked += alone.blocked;
        traces += alone.traces;
    }
    print_message("%llu traces, %llu blocked\n", (unsigned long long)traces,
                  (unsigned long long)blocked);
    assert_true(traces > 200);
}

/* One so large that both searches have their turns, which then differ in what they take first. */
static void each_preference_goes_on(void **state)
{
    struct tutti_explore_options options = make_small(3287);
    struct outcome alone = search_all(small_main, &options);
    struct outcome days = search_by_days(small_main, options, 27, one_job, 1);
    (void)state;
    assert_true(alone.runs > TUTTI_DPOR_TURN + 500);
    assert_int_equal(days.runs, alone.runs);
    assert_int_equal(days.blocked, alone.blocked);
    assert_true(days.hash == alone.hash);
}

/* The same program, but the process may be killed in its first step, or in its last. */
static int killed_main(void *arg)
{
    if (dies) (void)kill(getpid(), SIGKILL);
    return known_main(arg);
}

static int killed_later(void *arg)
{
    TUTTI_TRY(known_main(arg));
    if (dies) (void)kill(getpid(), SIGKILL);
    return 0;
}

static void remember_line(void *context, const char *line)
{
    snprintf(context, 200, "%s", line);
}

/* Who kills a process of the search is told so, and nothing is lost. */
static void who_is_killed_is_replaced(void **state)
{
    static const uint64_t kill_at[] = {1, 2, 60, 200, 300};
    char line[200];
    (void)state;
    choose_known(1);
    for (uint32_t jobs = 1; jobs <= 3; jobs++) {
        for (size_t i = 0; i < sizeof kill_at / sizeof *kill_at; i++) {
            struct tutti_explore_options options = options_of(jobs);
            options.say = remember_line;
            options.say_context = line;
            line[0] = '\0';
            *tally = (struct tally){.kill_at = kill_at[i]};
            struct outcome all = search(i % 2 ? killed_later : killed_main, &options, false);
            assert_int_equal(all.end, TUTTI_EXPLORE_COMPLETE);
            assert_int_equal(all.traces, 523);
            assert_int_equal(all.progress.runs, all.runs);
            if (!strstr(line, "somebody killed process ")) fail_msg("%s", line);
        }
    }
}

/* A run that is killed when it is made again, too, is a finding: memory runs out in it, say. */
static void a_run_that_is_killed_again_is_a_finding(void **state)
{
    struct tutti_explorer *explorer;
    (void)state;
    choose_known(1);
    for (uint32_t jobs = 1; jobs <= 3; jobs++) {
        struct tutti_explore_options options = options_of(jobs);
        *tally = (struct tally){.kill_at = 60, .kill_again = true};
        rehearsal = (struct tutti_rehearsal){.main = killed_later};
        assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
        assert_int_equal(tutti_explorer_open(&explorer, &options, tally_run, NULL), 0);
        assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_FOUND);
        const struct tutti_verdict *verdict = tutti_explorer_verdict(explorer);
        assert_int_equal(verdict->kind, TUTTI_VERDICT_CRASH);
        assert_non_null(strstr(verdict->message, "SIGKILL (somebody killed it"));
        tutti_explorer_close(explorer);
        tutti_sim_world_close(&rehearsal.sim);
    }
}

/* Words of stacks turn out to be shared, one after another: then what was explored is void. */
static int grows_main(void *arg)
{
    struct tutti_footprint *footprint = tutti_footprint();
    uint64_t words = tally->begun / 100;
    for (uint64_t word = 1; word <= 1 + (words > 2 ? 2 : words); word++) {
        if (footprint->shared[word * 8] == word * 8) continue;
        footprint->shared[word * 8] = word * 8;
        footprint->shared_count++;
        footprint->shared_grew = true;
    }
    return known_main(arg);
}

static void all_begin_again_together(void **state)
{
    (void)state;
    choose_known(1);
    for (uint32_t jobs = 1; jobs <= 7; jobs++) {
        struct tutti_explore_options options = options_of(jobs);
        *tally = (struct tally){.inner = NULL};
        struct outcome all = search(grows_main, &options, false);
        assert_int_equal(all.end, TUTTI_EXPLORE_COMPLETE);
        assert_int_equal(all.traces, 523);
        assert_true(all.runs > 523);
    }
    *tally = (struct tally){.inner = NULL};
    text[0] = '\0';
    struct outcome day = {.end = TUTTI_EXPLORE_RUNS};
    for (uint32_t days = 0; day.end == TUTTI_EXPLORE_RUNS; days++) {
        struct tutti_explore_options options = options_of(1 + days % 3);
        options.runs_max = 50;
        day = search(grows_main, &options, true);
        assert_non_null(strstr(text, "\nshared 8 8\n"));
    }
    assert_int_equal(day.end, TUTTI_EXPLORE_COMPLETE);
    assert_int_equal(day.traces, 523);
}

/* In its first step it touches something that it did not touch the day before. */
static int newer_main(void *arg)
{
    static uint64_t word;
    tutti_access(&word, sizeof word, true);
    return known_main(arg);
}

static void another_version_is_seen(void **state)
{
    static struct tutti_dpor_trunk trunk;
    struct tutti_frontier kept = {.trunk = &trunk};
    struct tutti_explorer *explorer;
    struct tutti_explore_options options = options_of(1);
    char message[400];
    (void)state;
    choose_known(1);
    options.runs_max = 20;
    *tally = (struct tally){.inner = NULL};
    text[0] = '\0';
    assert_int_equal(search(known_main, &options, true).end, TUTTI_EXPLORE_RUNS);
    rehearsal = (struct tutti_rehearsal){.main = newer_main};
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    assert_int_equal(tutti_explorer_open(&explorer, &options, tally_run, NULL), 0);
    assert_int_equal(tutti_frontier_parse(&kept, text, message, sizeof message), 0);
    tutti_explorer_resume(explorer, &kept);
    assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_FOUND);
    const struct tutti_verdict *verdict = tutti_explorer_verdict(explorer);
    assert_int_equal(verdict->kind, TUTTI_VERDICT_NONDETERMINISM);
    assert_non_null(strstr(verdict->message, "step 1 touches something else"));
    tutti_explorer_close(explorer);
    tutti_sim_world_close(&rehearsal.sim);
}

static uint64_t *far_word;

static int far_main(void *arg)
{
    tutti_access(far_word, sizeof *far_word, false);
    return known_main(arg);
}

/* In the next process memory of malloc is somewhere else. */
static void what_is_elsewhere_tomorrow_is_not_kept(void **state)
{
    struct tutti_explorer *explorer;
    struct tutti_frontier now = {.runs = 0};
    struct tutti_explore_options options = options_of(2);
    (void)state;
    choose_known(1);
    far_word = malloc(sizeof *far_word);
    options.runs_max = 20;
    *tally = (struct tally){.inner = NULL};
    rehearsal = (struct tutti_rehearsal){.main = far_main};
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    assert_int_equal(tutti_explorer_open(&explorer, &options, tally_run, NULL), 0);
    assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_RUNS);
    assert_false(tutti_explorer_frontier(explorer, &now));
    assert_non_null(strstr(now.why, "another one in the next process"));
    tutti_explorer_close(explorer);
    tutti_sim_world_close(&rehearsal.sim);
    free(far_word);
}

/* The last line is made to fit what is before it. */
static void seal(char *kept)
{
    uint64_t hash = 0;
    char *end = strstr(kept, "\nend ") + 1;
    for (const char *at = kept; at < end; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    (void)snprintf(end, 32, "end %llu\n", (unsigned long long)hash);
}

/* A search that was stopped, with values and things asleep in it. */
static size_t kept_text(void)
{
    struct tutti_explore_options options = options_of(3);
    options.bounds.kinds |= 1u << TUTTI_CHOICE_USER;
    options.runs_max = 30;
    struct tutti_chance chance = {.state = 5};
    small_make(&chance, 1u << SMALL_STORE | 1u << SMALL_CAS | 1u << SMALL_CHOOSE);
    *tally = (struct tally){.inner = NULL};
    text[0] = '\0';
    assert_int_equal(search(small_main, &options, true).end, TUTTI_EXPLORE_RUNS);
    return strlen(text);
}

static void texts_that_are_damaged_are_refused(void **state)
{
    static struct tutti_dpor_trunk trunk;
    static char cut[sizeof text];
    struct tutti_frontier kept = {.trunk = &trunk};
    char message[400];
    uint64_t refused = 0, seed = 1;
    (void)state;
    size_t length = kept_text();
    assert_int_equal(tutti_frontier_parse(&kept, text, message, sizeof message), 0);
    assert_non_null(strstr(text, "\nvalue "));
    assert_non_null(strstr(text, "\ntouched "));
    for (size_t i = 0; i < length; i += 7) { /* cut anywhere; any byte another one */
        memcpy(cut, text, i);
        cut[i] = '\0';
        assert_int_equal(tutti_frontier_parse(&kept, cut, message, sizeof message), TUTTI_EINVALID);
        memcpy(cut, text, length + 1);
        cut[i] = (char)(cut[i] == '5' ? '6' : '5');
        assert_int_equal(tutti_frontier_parse(&kept, cut, message, sizeof message), TUTTI_EINVALID);
        assert_true(message[0]);
    }
    for (int i = 0; i < 3000; i++) { /* somebody changed a number, and the last line, too */
        struct tutti_chance chance = {.state = seed++};
        memcpy(cut, text, length + 1);
        char *at = strstr(cut, "\nturn ") + tutti_chance_below(&chance, (uint32_t)length);
        at += strcspn(at, "0123456789");
        if (at >= strstr(cut, "\nend ")) continue;
        *at = (char)('0' + tutti_chance_below(&chance, 10));
        seal(cut);
        refused += tutti_frontier_parse(&kept, cut, message, sizeof message) < 0;
    }
    assert_true(refused > 100); /* what does not fit together; others are other searches */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(together_they_find_each_trace_once),
        cmocka_unit_test(the_work_is_shared),
        cmocka_unit_test(forked_runs_are_found_once),
        cmocka_unit_test(stopped_or_not_the_runs_are_the_same),
        cmocka_unit_test(other_jobs_go_on),
        cmocka_unit_test(programs_by_chance_are_searched_alike),
        cmocka_unit_test(each_preference_goes_on),
        cmocka_unit_test(who_is_killed_is_replaced),
        cmocka_unit_test(a_run_that_is_killed_again_is_a_finding),
        cmocka_unit_test(all_begin_again_together),
        cmocka_unit_test(another_version_is_seen),
        cmocka_unit_test(what_is_elsewhere_tomorrow_is_not_kept),
        cmocka_unit_test(texts_that_are_damaged_are_refused),
    };
    tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(tally != MAP_FAILED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
