/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Soft cancellation: asked to finish, with a grace time, before being cancelled. */
#include "rehearsed.h"

#include "tutti/core/finish.h"

static int sleep_forever(void *arg)
{
    (void)arg;
    return tutti_sleep_forever();
}

/* Two clients: one whose work takes 10, one whose work would take for ever. */
struct server {
    int accepting, served, given_up;
    int64_t stopped_ns;
    int64_t work_ns;
};

static int serve(void *arg)
{
    struct server *server = *(struct server **)arg;
    int rc = tutti_sleep(server->work_ns);
    server->served += rc == 0;
    server->given_up += rc == TUTTI_ECANCELED;
    tutti_check(tutti_finishing());
    return rc;
}

static int accept_clients(void *arg)
{
    struct server *server = *(struct server **)arg;
    server->accepting++;
    TUTTI_TRY(tutti_until_finish(sleep_forever, NULL));
    tutti_check(tutti_finishing() && !tutti_cancel_reason());
    server->accepting--;
    server->stopped_ns = tutti_now();
    return tutti_checkpoint(); /* it is not cancelled */
}

static int server_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, accept_clients, &arg, sizeof arg));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, serve, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(5));
    return tutti_nursery_finish(nursery, 20);
}

/* The waiting for clients ends at once, the work is done to its end. */
static int asked_and_finished(void *arg)
{
    struct server server = {.work_ns = 10};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(server_body, &server));
    tutti_check(server.served == 1 && !server.accepting && server.stopped_ns == 5);
    tutti_check(tutti_now() == 10 && !tutti_finishing());
    return tutti_checkpoint();
}

/* Work that takes longer than the grace time is cancelled then, in the name of who asked. */
static int grace_is_over(void *arg)
{
    struct server server = {.work_ns = TUTTI_S};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(server_body, &server));
    tutti_check(server.given_up == 1 && server.stopped_ns == 5 && tutti_now() == 25);
    return tutti_checkpoint();
}

/* Who asked, where, and what the reasons are. */
static int reasons(void *arg)
{
    struct tutti_scope outer, soft = TUTTI_SCOPE_INIT;
    (void)arg;
    uint64_t me = tutti_task_id(tutti_task_self());
    TUTTI_TRY(tutti_scope_open(&outer, TUTTI_NEVER));
    tutti_scope_set_soft(&soft, true);
    TUTTI_TRY(tutti_scope_enter(&soft));
    TUTTI_TRY(tutti_scope_finish(&outer, 5));
    uint32_t line = __LINE__ - 1;
    const struct tutti_cancel_info *reason = tutti_cancel_reason();
    tutti_check(reason == &soft.info && reason->why == TUTTI_CANCEL_FINISH);
    tutti_check(reason->task == me && reason->site->line == line && reason->at_ns == 0);
    tutti_check(soft.cancelled && !outer.cancelled && outer.asked && !soft.asked);
    tutti_check(tutti_effective_deadline() == TUTTI_ALREADY);
    TUTTI_TRY(tutti_scope_close(&soft, tutti_sleep_forever()));
    tutti_check(tutti_scope_caught(&soft) && tutti_effective_deadline() == 5);
    int rc = tutti_sleep_forever();
    reason = tutti_cancel_reason();
    tutti_check(reason->why == TUTTI_CANCEL_GRACE && reason->at_ns == 5);
    tutti_check(reason->task == me && reason->site->line == line);
    return tutti_scope_close(&outer, rc);
}

/* A shield hides the asking as it hides a cancellation; what is made later inside learns of it. */
static int shields_and_later_scopes(void *arg)
{
    struct tutti_scope outer, shield, late;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&outer, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_open(&shield, TUTTI_NEVER));
    tutti_scope_set_shield(&shield, true);
    TUTTI_TRY(tutti_scope_finish(&outer, TUTTI_NEVER));
    tutti_check(!tutti_finishing() && outer.finishing);
    tutti_scope_set_shield(&shield, false);
    tutti_check(tutti_finishing());
    TUTTI_TRY(tutti_scope_close(&shield, 0));
    TUTTI_TRY(tutti_scope_open(&late, TUTTI_NEVER));
    tutti_check(tutti_finishing());
    TUTTI_TRY(tutti_checkpoint());
    tutti_scope_set_soft(&late, true);
    tutti_check(tutti_checkpoint() == TUTTI_ECANCELED);
    tutti_scope_set_soft(&late, false); /* too late: it stays cancelled */
    TUTTI_TRY(tutti_scope_close(&late, tutti_checkpoint()));
    tutti_check(tutti_scope_caught(&late));
    TUTTI_TRY(tutti_until_finish(sleep_forever, NULL)); /* ended at its first checkpoint */
    TUTTI_TRY(tutti_sleep(100));
    TUTTI_TRY(tutti_scope_close(&outer, 0));
    tutti_check(!outer.cancelled && !tutti_finishing());
    return 0;
}

/* The asking goes down through scopes that are neither asked themselves nor soft, and into
 * nurseries opened inside. */
static int sleeps_softly(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_until_finish(sleep_forever, NULL));
    tutti_check(tutti_finishing() && !tutti_cancel_reason() && tutti_now() == 1);
    return tutti_sleep(2); /* what is not soft goes on */
}

static int far_inside(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, sleeps_softly, arg);
}

static int far_inside_body(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start(nursery, far_inside, arg);
}

static int nursery_inside(void *arg)
{
    return tutti_nursery_run(far_inside_body, arg);
}

static int asks_from_far(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, nursery_inside, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, far_inside, arg));
    TUTTI_TRY(tutti_sleep(1));
    return tutti_nursery_finish(nursery, 20);
}

static int asked_from_far(void *arg)
{
    TUTTI_TRY(tutti_nursery_run(asks_from_far, arg));
    tutti_check(tutti_now() == 3);
    return 0;
}

/* The earliest deadline holds; more time can be given; asking twice is asking once. */
static int deadlines(void *arg)
{
    struct tutti_scope scope = TUTTI_SCOPE_INIT;
    (void)arg;
    tutti_check(tutti_scope_finish(&scope, 5) == TUTTI_ESTATE && !scope.asked);
    TUTTI_TRY(tutti_scope_set_deadline(&scope, 30));
    TUTTI_TRY(tutti_scope_enter(&scope));
    tutti_check(tutti_scope_finish(&scope, -1) == TUTTI_EINVALID && !scope.asked);
    TUTTI_TRY(tutti_scope_finish(&scope, 50));
    tutti_check(scope.asked && tutti_effective_deadline() == 30);
    TUTTI_TRY(tutti_scope_finish(&scope, 10));
    tutti_check(tutti_effective_deadline() == 10);
    TUTTI_TRY(tutti_sleep(9));
    TUTTI_TRY(tutti_scope_set_relative_deadline(&scope, 10));
    int rc = tutti_sleep_forever();
    tutti_check(tutti_now() == 19 && scope.info.why == TUTTI_CANCEL_DEADLINE);
    TUTTI_TRY(tutti_scope_finish(&scope, 0)); /* nothing more to do */
    TUTTI_TRY(tutti_scope_close(&scope, rc));
    TUTTI_TRY(tutti_scope_finish(&scope, 0));
    struct tutti_scope now;
    TUTTI_TRY(tutti_scope_open(&now, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_finish(&now, 0));
    rc = tutti_checkpoint();
    tutti_check(rc == TUTTI_ECANCELED && now.info.why == TUTTI_CANCEL_GRACE);
    return tutti_scope_close(&now, rc);
}

/* A soft scope around a nursery: its members are cancelled, and errors still come out. */
static int fail_when_cancelled(void *arg)
{
    (void)arg;
    return tutti_sleep_forever() == TUTTI_ECANCELED ? tutti_error(-EIO, "torn") : 0;
}

static int nursery_in_soft(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start(nursery, fail_when_cancelled, arg);
}

static int run_nursery(void *arg)
{
    return tutti_nursery_run(nursery_in_soft, arg);
}

static int errors_come_out(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    tutti_check(tutti_until_finish(NULL, NULL) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_finish(&scope, 10));
    tutti_check(tutti_until_finish(run_nursery, NULL) == -EIO);
    return tutti_scope_close(&scope, 0);
}

/* Every schedule of the server, with one cancellation: nobody is left, nothing is half done. */
static int accept_or_give_up(void *arg)
{
    struct server *server = *(struct server **)arg;
    server->accepting++;
    int rc = tutti_until_finish(sleep_forever, NULL);
    server->accepting--;
    tutti_check(rc == 0 || tutti_cancel_reason());
    return rc;
}

static int small_server(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, accept_or_give_up, &arg, sizeof arg));
    TUTTI_TRY(tutti_checkpoint());
    return tutti_nursery_finish(nursery, 20);
}

static int run_small_server(void *arg)
{
    return tutti_nursery_run(small_server, arg);
}

static int all_of_a_server(void *arg)
{
    struct server server = {.accepting = 0};
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    int rc = tutti_scope_close(&scope, run_small_server(&server));
    tutti_check(tutti_now() == 0 && !server.accepting && !tutti_finishing());
    return rc;
}

REHEARSE_MAIN(REHEARSED(asked_and_finished), REHEARSED(grace_is_over), REHEARSED(reasons),
              REHEARSED(shields_and_later_scopes), REHEARSED(deadlines), REHEARSED(asked_from_far),
              REHEARSED(errors_come_out), REHEARSED_ALL(all_of_a_server, 1, 14))
