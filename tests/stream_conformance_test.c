/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The streams that need no outside, held against all that streams must do, under many schedules. */
#include "rehearsed.h"

#include "stream_conformance.h"

#include "tutti/io/lockstep.h"
#include "tutti/io/memory_stream.h"
#include "tutti/io/trickle.h"

static int make_memory_pipe(struct ends *ends)
{
    static struct tutti_memory_pipe pipe;
    tutti_memory_pipe_init(&pipe);
    *ends = (struct ends){&pipe.sender.stream, &pipe.receiver.stream, 0};
    return 0;
}

static int make_memory_pair(struct ends *ends)
{
    static struct tutti_memory_pair pair;
    tutti_memory_pair_init(&pair);
    *ends = (struct ends){&pair.a.stream, &pair.b.stream, 0};
    return 0;
}

static int make_lockstep_pipe(struct ends *ends)
{
    static struct tutti_lockstep_pipe pipe;
    tutti_lockstep_pipe_init(&pipe);
    *ends = (struct ends){&pipe.sender, &pipe.receiver, 0};
    return 0;
}

static int make_lockstep_pair(struct ends *ends)
{
    static struct tutti_lockstep_pair pair;
    tutti_lockstep_pair_init(&pair);
    *ends = (struct ends){&pair.a.stream, &pair.b.stream, 0};
    return 0;
}

/* What another maker makes, in small pieces. */
static int make_trickling(struct ends *ends, int (*make)(struct ends *ends))
{
    static struct tutti_trickle left, right;
    TUTTI_TRY(make(ends));
    tutti_trickle_init(&left, ends->left, 2);
    tutti_trickle_init(&right, ends->right, 3);
    *ends = (struct ends){&left.stream, &right.stream, 0};
    return 0;
}

static int make_trickling_memory(struct ends *ends)
{
    return make_trickling(ends, make_memory_pair);
}

static int make_trickling_lockstep(struct ends *ends)
{
    return make_trickling(ends, make_lockstep_pair);
}

/* Two pipes of different kinds make a pair. */
static int make_staple(struct ends *ends)
{
    static struct tutti_memory_pipe memory;
    static struct tutti_lockstep_pipe lockstep;
    static struct tutti_staple left, right;
    tutti_memory_pipe_init(&memory);
    tutti_lockstep_pipe_init(&lockstep);
    tutti_staple_init(&left, &lockstep.sender, &memory.receiver.stream);
    tutti_staple_init(&right, &memory.sender.stream, &lockstep.receiver);
    *ends = (struct ends){&left.stream, &right.stream, 0};
    return 0;
}

enum { MUCH = 200, LITTLE = 12 };
static const struct stream_maker makers[] = {
    {"memory pipe", make_memory_pipe, NULL, .much = MUCH},
    {"memory pair", make_memory_pair, NULL, .two_way = true, .half = true, .much = MUCH},
    {"lockstep pipe", make_lockstep_pipe, make_lockstep_pipe, .much = MUCH},
    {"lockstep pair", make_lockstep_pair, make_lockstep_pair, .two_way = true, .half = true,
     .much = MUCH},
    {"staple", make_staple, make_staple, .two_way = true, .half = true, .much = MUCH},
    {"trickle, memory", make_trickling_memory, NULL, .two_way = true, .half = true, .much = LITTLE},
    {"trickle, lockstep", make_trickling_lockstep, make_trickling_lockstep, .two_way = true,
     .half = true, .much = LITTLE},
};
enum { MAKERS = sizeof makers / sizeof *makers };

/* Sizes of pieces are choices, too. */
static void in_pieces(void)
{
    struct tutti_rehearsal rehearsal = {.main = conformance_run};
    struct tutti_bounds bounds = {.step = true,
                                  .kinds = 1u << TUTTI_CHOICE_RUN | 1u << TUTTI_CHOICE_USER};
    struct tutti_pick_random random;
    tutti_pick_random_init(&random, &bounds, rehearsed_takes, REHEARSED_CHOICES, 1);
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    rehearsed_search("in pieces", &rehearsal, &random.by.picker, REHEARSED_SEEDS / 10);
    tutti_sim_world_close(&rehearsal.sim);
}

static void T80_conformance(void **state)
{
    static struct rehearsed test = {.fn = conformance_run, .how = HOW_MANY};
    void *rehearsed = &test;
    int runs = 0;
    for (int i = 0; i < MAKERS * STREAM_POINTS * 2; i++) {
        conformance_turn = (struct conformance_turn){&makers[i / STREAM_POINTS / 2],
                                                     &stream_points[i / 2 % STREAM_POINTS], i % 2};
        if (!conformance_applies(&conformance_turn)) continue;
        print_message("%s%s: %s\n", conformance_turn.maker->name,
                      conformance_turn.flipped ? ", flipped" : "", conformance_turn.point->name);
        rehearsed_run(&rehearsed);
        if (strncmp(conformance_turn.maker->name, "trickle", 7) == 0) in_pieces();
        runs++;
    }
    (void)state;
    assert_true(runs > 150);
}

REHEARSE_MAIN(cmocka_unit_test(T80_conformance))
