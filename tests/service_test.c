/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Services: shielded while others need them, ended in reverse order when nobody does. */
#include "rehearsed.h"

#include "tutti/core/service.h"

struct log {
    struct tutti_nursery *nursery;
    char text[16]; /* what happened, a letter each */
    int count;
    bool busy;
};

static void note(struct log *log, char what)
{
    log->text[log->count++] = what;
}

static int serve(struct log *log, char name)
{
    int rc = tutti_sleep_forever();
    tutti_check(rc == TUTTI_ECANCELED && !log->busy);
    log->busy = true; /* one service ends at a time */
    tutti_yield_shielded();
    log->busy = false;
    note(log, name);
    return rc;
}

static int service_a(void *arg)
{
    return serve(arg, 'a');
}

static int service_b(void *arg)
{
    return serve(arg, 'b');
}

static int works(void *arg)
{
    int rc = tutti_sleep(5);
    tutti_yield_shielded();
    note(arg, rc == 0 ? 'w' : 'c');
    return rc;
}

static int served_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_service(nursery, service_a, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, works, arg));
    return tutti_nursery_start_service(nursery, service_b, arg);
}

/* They end after body and children, the latest first; that they are cancelled is no failure. */
static int ends_after_the_others(void *arg)
{
    struct log log = {.count = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(served_body, &log));
    tutti_check(strcmp(log.text, "wba") == 0 && tutti_now() == 5);
    return 0;
}

static int served(void *arg)
{
    return tutti_nursery_run(served_body, arg);
}

/* A cancellation from outside reaches the others first. */
static int shielded_from_outside(void *arg)
{
    struct log log = {.count = 0};
    (void)arg;
    tutti_check(tutti_fail_after(2, served, &log) == TUTTI_ETOOSLOW);
    tutti_check(strcmp(log.text, "cba") == 0 && tutti_now() == 2);
    return 0;
}

static int cancelling_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(served_body(nursery, arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_nursery_cancel(nursery);
    return 0;
}

static int shielded_from_its_nursery(void *arg)
{
    struct log log = {.count = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(cancelling_body, &log));
    tutti_check(strcmp(log.text, "cba") == 0 && tutti_now() == 1);
    return 0;
}

static int service_breaks(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_sleep(1));
    return tutti_error(-5, "the line is dead");
}

static int broken_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_service(nursery, service_breaks, arg));
    return served_body(nursery, arg);
}

/* A service that fails is a child that fails. */
static int failing_service(void *arg)
{
    struct log log = {.count = 0};
    (void)arg;
    int rc = tutti_nursery_run(broken_body, &log);
    tutti_check(rc == -5 && strcmp(log.text, "cba") == 0 && tutti_now() == 1);
    return 0;
}

static int last_order(void *arg)
{
    struct log *log = arg;
    int rc = tutti_sleep_forever();
    tutti_check(rc == TUTTI_ECANCELED);
    TUTTI_TRY(tutti_nursery_start(log->nursery, works, arg));
    note(log, 's');
    return rc;
}

static int last_order_body(struct tutti_nursery *nursery, void *arg)
{
    struct log *log = arg;
    log->nursery = nursery;
    TUTTI_TRY(tutti_nursery_start_service(nursery, service_a, arg));
    return tutti_nursery_start_service(nursery, last_order, arg);
}

/* A service that is being ended may start a task: the next service waits for that, too. */
static int starts_a_task_at_the_end(void *arg)
{
    struct log log = {.count = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(last_order_body, &log));
    tutti_check(strcmp(log.text, "swa") == 0 && tutti_now() == 5);
    return 0;
}

static int ends_early(void *arg)
{
    note(arg, 'e');
    return 0;
}

static int early_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_service(nursery, service_a, arg));
    TUTTI_TRY(tutti_nursery_start_service(nursery, ends_early, arg));
    TUTTI_TRY(tutti_nursery_start_service(nursery, service_b, arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(nursery->services == 2 && nursery->children == 2);
    return 0;
}

/* A service may end by itself, whichever it is. */
static int one_ends_early(void *arg)
{
    struct log log = {.count = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(early_body, &log));
    tutti_check(strcmp(log.text, "eba") == 0);
    return 0;
}

static int unused_body(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start_service(nursery, service_a, arg);
}

/* A body that ends before its service had a step. */
static int never_needed(void *arg)
{
    struct log log = {.count = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(unused_body, &log));
    tutti_check(strcmp(log.text, "a") == 0);
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    tutti_check(tutti_nursery_start_service(&nursery, NULL, NULL) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(tutti_nursery_start_service(&nursery, ends_early, &log) == TUTTI_ECLOSED);
    return 0;
}

static int brief_service(void *arg)
{
    int rc = tutti_sleep_forever();
    note(arg, 'a');
    return rc;
}

static int brief_work(void *arg)
{
    int rc = tutti_checkpoint();
    note(arg, 'w');
    return rc;
}

static int brief_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_service(nursery, brief_service, arg));
    return tutti_nursery_start(nursery, brief_work, arg);
}

static int brief(void *arg)
{
    return tutti_nursery_run(brief_body, arg);
}

static int service_or_cancel(void *arg)
{
    struct log log = {.count = 0};
    (void)arg;
    TUTTI_TRY(tutti_move_on_at(TUTTI_NEVER, brief, &log));
    tutti_check(strcmp(log.text, "wa") == 0 || log.count == 0);
    return 0;
}

REHEARSE_MAIN(REHEARSED(ends_after_the_others), REHEARSED(shielded_from_outside),
              REHEARSED(shielded_from_its_nursery), REHEARSED(failing_service),
              REHEARSED(starts_a_task_at_the_end), REHEARSED(one_ends_early),
              REHEARSED(never_needed), REHEARSED_ALL(service_or_cancel, 1, 28))
