/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bounded nurseries: how many at a time, who waits, what keeps them open. */
#include "rehearsed.h"

#include "tutti/core/service.h"
#include "tutti/core/starting.h"

struct crew {
    struct tutti_nursery nursery;
    int working, most, done, next, order[8], orders, cancelled;
};

static int work(void *arg)
{
    struct crew *crew = arg;
    if (++crew->working > crew->most) crew->most = crew->working;
    int rc = tutti_sleep(1);
    crew->working--;
    crew->done++;
    return rc;
}

static int fill_body(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < 5; i++)
        TUTTI_TRY(tutti_nursery_start_wait(nursery, work, arg));
    tutti_check(nursery->children <= 2 && tutti_now() >= 2);
    return 0;
}

/* Never more than max_tasks; starting waits for a place. */
static int no_more_than_two(void *arg)
{
    static const struct tutti_nursery_options two = {.name = "two", .max_tasks = 2};
    struct crew crew = {.next = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_open_with(&crew.nursery, &two));
    int rc = fill_body(&crew.nursery, &crew);
    TUTTI_TRY(tutti_nursery_close(&crew.nursery, rc));
    tutti_check(crew.most == 2 && crew.done == 5 && tutti_now() == 3);
    return 0;
}

static int named_body(struct tutti_nursery *nursery, void *arg)
{
    const char **name = arg;
    *name = nursery->object.name;
    return nursery->max_tasks > 0;
}

/* The same as a function; NULL is an unbounded one. */
static int function_form(void *arg)
{
    static const struct tutti_nursery_options two = {.name = "two", .max_tasks = 2},
                                              unnamed = {.max_tasks = 1};
    struct crew crew = {.next = 0};
    const char *name = NULL;
    (void)arg;
    TUTTI_TRY(tutti_nursery_run_with(&two, fill_body, &crew));
    tutti_check(crew.most == 2 && crew.done == 5 && tutti_now() == 3);
    tutti_check(tutti_nursery_run_with(&two, named_body, &name) == 1 && strcmp(name, "two") == 0);
    tutti_check(tutti_nursery_run_with(&unnamed, named_body, &name) == 1);
    tutti_check(strcmp(name, "named_body") == 0);
    tutti_check(tutti_nursery_run_with(NULL, named_body, &name) == 0);
    tutti_check(tutti_nursery_run_with(&two, NULL, NULL) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_nursery_open_with(&crew.nursery, NULL));
    tutti_check(!crew.nursery.max_tasks && !crew.nursery.object.name);
    return tutti_nursery_close(&crew.nursery, 0);
}

static int starts_when_there_is_room(void *arg)
{
    struct crew *crew = arg;
    int me = crew->next++;
    int rc = tutti_nursery_start_wait(&crew->nursery, work, crew);
    if (rc == 0) crew->order[crew->orders++] = me;
    crew->cancelled += rc == TUTTI_ECANCELED;
    return rc;
}

static int queue_body(struct tutti_nursery *outer, void *arg)
{
    struct crew *crew = arg;
    static const struct tutti_nursery_options one = {.name = "one", .max_tasks = 1};
    TUTTI_TRY(tutti_nursery_open_with(&crew->nursery, &one));
    TUTTI_TRY(tutti_nursery_start(&crew->nursery, work, crew));
    tutti_check(tutti_nursery_start(&crew->nursery, work, crew) == TUTTI_EWOULDBLOCK);
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_nursery_start(outer, starts_when_there_is_room, crew));
    while (crew->nursery.room.count < 3)
        TUTTI_TRY(tutti_checkpoint());
    return tutti_nursery_close(&crew->nursery, 0);
}

/* First come first served; who waits keeps the nursery open after its body has ended. */
static int first_come_first_served(void *arg)
{
    struct crew crew = {.next = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(queue_body, &crew));
    tutti_check(crew.orders == 3 && crew.order[0] == 0 && crew.order[1] == 1);
    tutti_check(crew.order[2] == 2 && crew.done == 4 && crew.most == 1 && tutti_now() == 4);
    return 0;
}

static int starts_in_vain(void *arg)
{
    return tutti_move_on_after(1, starts_when_there_is_room, arg);
}

static int works_2(void *arg)
{
    TUTTI_TRY(tutti_sleep(1));
    return work(arg);
}

static int vain_body(struct tutti_nursery *outer, void *arg)
{
    struct crew *crew = arg;
    static const struct tutti_nursery_options one = {.max_tasks = 1};
    TUTTI_TRY(tutti_nursery_open_with(&crew->nursery, &one));
    TUTTI_TRY(tutti_nursery_start(&crew->nursery, works_2, crew));
    TUTTI_TRY(tutti_nursery_start(outer, starts_in_vain, crew));
    TUTTI_TRY(tutti_sleep(3));
    tutti_check(crew->nursery.children == 0 && crew->nursery.pending == 0);
    TUTTI_TRY(tutti_nursery_start(&crew->nursery, work, crew));
    return tutti_nursery_close(&crew->nursery, 0);
}

/* Who gives up waiting leaves the queue, and takes no place. */
static int gives_up(void *arg)
{
    struct crew crew = {.next = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(vain_body, &crew));
    tutti_check(crew.cancelled == 1 && crew.done == 2);
    return 0;
}

static int ready_after_1(struct tutti_starting *starting, void *arg)
{
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(tutti_started(starting, 0));
    return work(arg);
}

static int idle_service(void *arg)
{
    (void)arg;
    return tutti_sleep_forever();
}

/* A start until ready takes a place from its beginning; a service takes none. */
static int who_takes_a_place(void *arg)
{
    static const struct tutti_nursery_options one = {.max_tasks = 1};
    struct crew crew = {.next = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_open_with(&crew.nursery, &one));
    TUTTI_TRY(tutti_nursery_start_service(&crew.nursery, idle_service, NULL));
    TUTTI_TRY(tutti_nursery_start_ready(&crew.nursery, ready_after_1, &crew, NULL));
    tutti_check(tutti_now() == 1 && crew.nursery.pending == 0);
    tutti_check(tutti_nursery_start(&crew.nursery, work, &crew) == TUTTI_EWOULDBLOCK);
    TUTTI_TRY(tutti_nursery_start_ready(&crew.nursery, ready_after_1, &crew, NULL));
    tutti_check(tutti_now() == 3);
    return tutti_nursery_close(&crew.nursery, 0);
}

static int one_step(void *arg)
{
    struct crew *crew = arg;
    tutti_check(crew->working++ == 0);
    int rc = tutti_checkpoint();
    crew->working--;
    return rc;
}

static int start_one_step(void *arg)
{
    struct crew *crew = arg;
    int rc = tutti_nursery_start_wait(&crew->nursery, one_step, crew);
    crew->done += rc == 0;
    crew->cancelled += rc == TUTTI_ECANCELED;
    return rc;
}

static int scoped_start(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, start_one_step, arg);
}

static int two_starters_body(struct tutti_nursery *outer, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(outer, scoped_start, arg));
    return tutti_nursery_start(outer, scoped_start, arg);
}

static int one_place_two_starters(void *arg)
{
    static const struct tutti_nursery_options one = {.max_tasks = 1};
    struct crew crew = {.next = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_open_with(&crew.nursery, &one));
    int rc = tutti_nursery_run(two_starters_body, &crew);
    TUTTI_TRY(tutti_nursery_close(&crew.nursery, rc));
    tutti_check(crew.done + crew.cancelled == 2 && crew.cancelled <= 1);
    tutti_check(!crew.nursery.pending && !crew.nursery.room.count);
    return 0;
}

REHEARSE_MAIN(REHEARSED(no_more_than_two), REHEARSED(function_form),
              REHEARSED(first_come_first_served), REHEARSED(gives_up), REHEARSED(who_takes_a_place),
              REHEARSED_ALL(one_place_two_starters, 1, 1052))
