/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Trees of errors: as one line, and as a claim. What records have besides is in nursery_test.c. */
#include "rehearsed.h"

static int child_fails(void *arg)
{
    (void)arg;
    tutti_yield_shielded();
    (void)tutti_error(-5, "the disk is gone");
    return tutti_error_because(TUTTI_EBROKEN, "the log cannot be written");
}

static int body_fails(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, child_fails, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, child_fails, arg));
    return tutti_error(-7, "body broke");
}

/* First the code, then what came second, then its cause. */
static int trees(void *arg)
{
    char text[64];
    int rc = tutti_nursery_run(body_fails, arg);
    const struct tutti_error *error = tutti_error_record(rc);
    size_t length = tutti_error_tree(error, text, sizeof text);
    tutti_check(strcmp(text, "-7[EBROKEN<-5,EBROKEN<-5]") == 0 && length == strlen(text));
    tutti_check(tutti_error_tree(error, text, 4) == length && strcmp(text, "-7[") == 0);
    tutti_check(tutti_error_tree(error, text, 0) == length && strcmp(text, "-7[") == 0);
    tutti_check_error(rc, "-7[EBROKEN<-5,EBROKEN<-5]");
    tutti_check_error(TUTTI_ECLOSED, "ECLOSED"); /* there is no record of that */
    (void)tutti_error_because(TUTTI_EBROKEN, "the job is lost");
    tutti_error_also(TUTTI_ELEAK, "and there is no paper");
    tutti_check_error(TUTTI_EBROKEN, "EBROKEN[ELEAK]<-7[EBROKEN<-5,EBROKEN<-5]");
    return 0;
}

/* Deeper than is written. */
static int deep(void *arg)
{
    char text[128];
    (void)arg;
    (void)tutti_error(-1, "first");
    for (int i = 0; i < TUTTI_ERROR_DEPTH_MAX; i++)
        (void)tutti_error_because(-2, "because");
    tutti_error_tree(tutti_error_record(-2), text, sizeof text);
    tutti_check(strcmp(text + 3 * TUTTI_ERROR_DEPTH_MAX, "..") == 0);
    return 0;
}

static int errs(void *arg)
{
    const struct tutti_sim_world *sim = *(struct tutti_sim_world **)arg;
    (void)tutti_error(-5, "first");
    size_t live = sim->arena.live;
    for (int i = 0; i < 100; i++) {
        (void)tutti_error(-5, "another");
        (void)tutti_error_because(-6, "because of it");
        tutti_error_also(-7, "and also");
    }
    (void)tutti_error(-5, "the last");
    tutti_check(sim->arena.live == live);
    return 0;
}

/* Records that a later one takes the place of are given back, with all below them. */
static void nothing_adds_up(void **state)
{
    struct tutti_sim_world sim, *its = &sim;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    assert_int_equal(tutti_run(&sim.world, errs, &its), 0);
    tutti_sim_world_close(&sim);
}

static int claims_another(void *arg)
{
    int rc = tutti_nursery_run(body_fails, arg);
    tutti_check_error(rc, "-7[EBROKEN<-5]");
    return 0;
}

/* What is not so ends the run here, and the message says what it is. */
static void what_does_not_hold(void **state)
{
    struct tutti_sim_world sim;
    struct tutti_run_stats stats;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    assert_int_equal(tutti_run(&sim.world, claims_another, NULL), TUTTI_ECHECK);
    tutti_run_last(&stats);
    assert_non_null(
        strstr(stats.message, "error is -7[EBROKEN<-5,EBROKEN<-5], not -7[EBROKEN<-5]"));
    assert_non_null(strstr(stats.site->file, "error_test.c"));
    tutti_sim_world_close(&sim);
}

REHEARSE_MAIN(REHEARSED(trees), REHEARSED(deep), cmocka_unit_test(what_does_not_hold),
              cmocka_unit_test(nothing_adds_up))
