/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Nurseries and scopes that are not left in reverse order, or not at all (T12, T13): each is a
 * panic that names the place in the program. */
#include "aborts.h"
#include "rehearsed.h"

#include "tutti/core/defer.h"
#include "tutti/core/starting.h"

static int ends_with_nursery_open(void *arg)
{
    static struct tutti_nursery nursery;
    int rc = 0;
    (void)arg;
    MISTAKE("ended with a scope or nursery still open", rc = tutti_nursery_open(&nursery));
    return rc;
}

static int defers_and_leaves_scope_open(void *arg)
{
    static struct tutti_scope scope;
    int rc = 0;
    TUTTI_TRY(tutti_defer(ends_with_nursery_open, arg));
    MISTAKE("still open", rc = tutti_scope_open(&scope, TUTTI_NEVER));
    return rc;
}

static int closes_outer_nursery_first(void *arg)
{
    struct tutti_nursery outer, inner;
    int rc = 0;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&outer));
    TUTTI_TRY(tutti_nursery_open(&inner));
    MISTAKE("before the one opened inside it", rc = tutti_nursery_close(&outer, 0));
    return rc;
}

static int closes_nursery_inside_scope(void *arg)
{
    struct tutti_nursery nursery;
    struct tutti_scope scope;
    int rc = 0;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    MISTAKE("before the one opened inside it", rc = tutti_nursery_close(&nursery, 0));
    return rc;
}

static int closes_for_another(void *arg)
{
    int rc = 0;
    MISTAKE("by another task", rc = tutti_nursery_close((struct tutti_nursery *)arg, 0));
    return rc;
}

static int foreign_body(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_nursery_start(nursery, closes_for_another, nursery));
    return tutti_sleep(1);
}

static int another_closes(void *arg)
{
    return tutti_nursery_run(foreign_body, arg);
}

static int closes_nursery_twice(void *arg)
{
    struct tutti_nursery nursery;
    int rc = 0;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    MISTAKE("closed that is not open", rc = tutti_nursery_close(&nursery, 0));
    return rc;
}

static int never_ready(struct tutti_starting *starting, void *arg)
{
    static struct tutti_nursery nursery;
    int rc = 0;
    (void)starting, (void)arg;
    MISTAKE("still open", rc = tutti_nursery_open(&nursery));
    return rc;
}

static int starts_misnested(void *arg)
{
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    int rc = tutti_nursery_start_ready(&nursery, never_ready, arg, NULL);
    return tutti_nursery_close(&nursery, rc);
}

static void T12_abandoned_nursery(void **state)
{
    (void)state;
    assert_aborts(ends_with_nursery_open);
    assert_aborts(defers_and_leaves_scope_open);
    assert_aborts(starts_misnested);
}

static void T13_misnested(void **state)
{
    (void)state;
    assert_aborts(closes_outer_nursery_first);
    assert_aborts(closes_nursery_inside_scope);
    assert_aborts(another_closes);
    assert_aborts(closes_nursery_twice);
}

REHEARSE_MAIN(cmocka_unit_test(T12_abandoned_nursery), cmocka_unit_test(T13_misnested))
