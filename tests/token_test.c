/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Posts to a token, made by tasks: order, coalescing, fairness, closing. What real threads, signals
 * and failing posts do is in outside_test.c. */
#include "rehearsed.h"
#include "tutti/core/sync.h"
#include "tutti/core/token.h"

enum { MANY = 100 };

struct log {
    struct tutti_token token;
    struct tutti_post posts[MANY];
    int called[MANY * 3], calls;
};
struct entry {
    struct log *log;
    int number;
};

static int note(void *arg)
{
    struct entry *entry = arg;
    entry->log->called[entry->log->calls++] = entry->number;
    return 0;
}

static void make(struct log *log, struct entry *entries, int count)
{
    for (int i = 0; i < count; i++) {
        entries[i] = (struct entry){log, i};
        log->posts[i] = (struct tutti_post){.fn = note, .arg = &entries[i]};
    }
}

/* T86: first come first served. */
static int T86_posts_in_order(void *arg)
{
    struct log log = {.calls = 0};
    struct entry entries[MANY];
    (void)arg;
    make(&log, entries, MANY);
    TUTTI_TRY(tutti_token_open(&log.token, "token"));
    for (int i = 0; i < MANY; i++)
        tutti_check(tutti_token_post(&log.token, &log.posts[i], 0) == 0);
    tutti_check(log.calls == 0);
    tutti_token_close(&log.token);
    tutti_check(log.calls == MANY);
    for (int i = 0; i < MANY; i++)
        tutti_check(log.called[i] == i);
    return 0;
}

/* T86: pending posts are called once, however often they are posted; a second one that does not ask
 * for that is refused. */
static int T86_posts_once(void *arg)
{
    struct log log = {.calls = 0};
    struct entry entries[MANY];
    (void)arg;
    make(&log, entries, 3);
    TUTTI_TRY(tutti_token_open(&log.token, "token"));
    tutti_check(tutti_token_post(&log.token, &log.posts[0], 0) == 0);
    tutti_check(tutti_token_post(&log.token, &log.posts[0], 0) == TUTTI_EBUSY);
    for (int i = 0; i < 3; i++)
        tutti_check(tutti_token_post(&log.token, &log.posts[1], TUTTI_POST_ONCE) == 0);
    for (int i = 0; i < 2; i++)
        tutti_check(tutti_token_post(&log.token, &log.posts[2], TUTTI_POST_ONCE) == 0);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(log.calls == 3 && log.called[0] == 0 && log.called[1] == 1 && log.called[2] == 2);
    log.calls = 0;
    make(&log, entries, MANY);
    for (int i = 0; i < 3 * MANY; i++) {
        tutti_check(tutti_token_post(&log.token, &log.posts[i % MANY], TUTTI_POST_ONCE) == 0);
    }
    tutti_token_close(&log.token);
    tutti_check(log.calls == MANY);
    for (int i = 0; i < MANY; i++)
        tutti_check(log.called[i] == i);
    return 0;
}

struct again {
    struct tutti_token token;
    struct tutti_post post;
    int calls;
    bool enough;
};

static int post_again(void *arg)
{
    struct again *again = arg;
    again->calls++;
    if (again->enough) return 0;
    return tutti_token_post(&again->token, &again->post, TUTTI_POST_ONCE);
}

/* T86: a post that posts itself again has its turn once a pass, as everybody has. */
static int T86_reposting_is_fair(void *arg)
{
    struct again again = {.post = {.fn = post_again, .arg = &again}};
    (void)arg;
    TUTTI_TRY(tutti_token_open(&again.token, "token"));
    tutti_check(tutti_token_post(&again.token, &again.post, 0) == 0);
    for (int i = 0; i < 20; i++)
        TUTTI_TRY(tutti_checkpoint());
    again.enough = true;
    tutti_check(again.calls == 20);
    tutti_token_close(&again.token);
    return 0;
}

/* In any order: it ends. */
static int reposting_ends(void *arg)
{
    struct again again = {.post = {.fn = post_again, .arg = &again}};
    (void)arg;
    TUTTI_TRY(tutti_token_open(&again.token, "token"));
    tutti_check(tutti_token_post(&again.token, &again.post, 0) == 0);
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_checkpoint());
    again.enough = true;
    tutti_token_close(&again.token);
    tutti_check(again.calls >= 1 && !again.post.pending);
    return 0;
}

/* Not open, closed, open twice, opened again. */
static int gate(void *arg)
{
    struct log log = {.calls = 0};
    struct entry entries[2];
    (void)arg;
    make(&log, entries, 2);
    tutti_check(tutti_token_post(&log.token, &log.posts[0], 0) == TUTTI_ERUNFINISHED);
    tutti_check(!log.posts[0].pending);
    tutti_token_close(&log.token); /* nothing to do, and others may run */
    TUTTI_TRY(tutti_token_open(&log.token, "token"));
    tutti_check(tutti_token_open(&log.token, "token") == TUTTI_ESTATE);
    tutti_check(tutti_token_post(&log.token, NULL, 0) == TUTTI_EINVALID);
    tutti_check(tutti_token_post(NULL, &log.posts[0], 0) == TUTTI_EINVALID);
    tutti_check(tutti_token_post(&log.token, &log.posts[0], 2) == TUTTI_EINVALID);
    tutti_check(tutti_token_post(&log.token, &(struct tutti_post){.fn = NULL}, 0) ==
                TUTTI_EINVALID);
    tutti_token_close(&log.token);
    tutti_check(tutti_token_post(&log.token, &log.posts[0], 0) == TUTTI_ERUNFINISHED);
    TUTTI_TRY(tutti_token_open(&log.token, "token"));
    tutti_check(tutti_token_post(&log.token, &log.posts[1], 0) == 0);
    tutti_token_close(&log.token);
    tutti_check(log.calls == 1 && log.called[0] == 1);
    return 0;
}

static int set_event(void *arg)
{
    tutti_event_set(arg);
    return 0;
}

struct meeting {
    struct tutti_token token;
    struct tutti_event event;
    struct tutti_post post;
    struct tutti_nursery *nursery;
    int rc, started;
};

static int wait_for_it(void *arg)
{
    struct meeting *meeting = *(struct meeting **)arg;
    return tutti_event_wait(&meeting->event);
}

static int post_it(void *arg)
{
    struct meeting *meeting = *(struct meeting **)arg;
    TUTTI_TRY(tutti_checkpoint());
    return tutti_token_post(&meeting->token, &meeting->post, 0);
}

static int meet(void *arg)
{
    struct meeting *meeting = *(struct meeting **)arg;
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    int rc = tutti_nursery_start_copy(&nursery, wait_for_it, arg, sizeof meeting);
    if (rc == 0) rc = tutti_nursery_start_copy(&nursery, post_it, arg, sizeof meeting);
    return tutti_nursery_close(&nursery, rc);
}

/* One waits, one posts what ends the wait, and it may all be called off: a post that was accepted
 * is called all the same. */
static int post_and_wait(void *arg)
{
    struct meeting meeting = {.rc = 0}, *p = &meeting;
    (void)arg;
    tutti_event_init(&meeting.event, "event");
    meeting.post = (struct tutti_post){.fn = set_event, .arg = &meeting.event};
    TUTTI_TRY(tutti_token_open(&meeting.token, "token"));
    int rc = tutti_move_on_after(TUTTI_S, meet, &p);
    bool accepted = meeting.post.pending || meeting.event.is_set;
    tutti_token_close(&meeting.token);
    tutti_check(rc == 0 && !meeting.post.pending && meeting.event.is_set == accepted);
    return 0;
}

static int count_start(void *arg)
{
    struct meeting *meeting = *(struct meeting **)arg;
    meeting->started++;
    return 0;
}

static int start_in_nursery(void *arg)
{
    struct meeting *meeting = arg;
    return tutti_nursery_start_copy(meeting->nursery, count_start, &arg, sizeof arg);
}

static int starter(struct tutti_nursery *nursery, void *arg)
{
    struct meeting *meeting = arg;
    meeting->nursery = nursery;
    TUTTI_TRY(tutti_token_open(&meeting->token, "token"));
    int rc = tutti_token_post(&meeting->token, &meeting->post, 0);
    tutti_token_close(&meeting->token);
    return rc;
}

/* A post may start tasks in a nursery it knows. */
static int post_starts_task(void *arg)
{
    struct meeting meeting = {.post = {.fn = start_in_nursery, .arg = &meeting}};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(starter, &meeting));
    tutti_check(meeting.started == 1);
    return 0;
}

/* Where the program is. */
static int note_where(void *arg)
{
    *(bool *)arg = tutti_in_run() && tutti_in_task();
    return 0;
}

static int in_run_in_task(void *arg)
{
    struct tutti_token token = {.next = NULL};
    bool both = false;
    struct tutti_post post = {.fn = note_where, .arg = &both};
    (void)arg;
    tutti_check(tutti_in_run() && tutti_in_task());
    TUTTI_TRY(tutti_token_open(&token, "token"));
    TUTTI_TRY(tutti_token_post(&token, &post, 0));
    tutti_token_close(&token);
    tutti_check(both);
    return 0;
}

/* R39: the first task's end closes what is open, and what was accepted is called before the run
 * ends: each run looks at the one before. */
static struct {
    struct tutti_token token, other;
    struct tutti_post post, other_post;
    int called;
    bool before;
} left;

static int count_left(void *arg)
{
    (void)arg;
    left.called++;
    return 0;
}

static int R39_accepted_before_the_end(void *arg)
{
    (void)arg;
    tutti_check(left.called == (left.before ? 2 : 0));
    left.before = true;
    left.called = 0;
    left.post = left.other_post = (struct tutti_post){.fn = count_left};
    TUTTI_TRY(tutti_token_open(&left.token, "left open"));
    TUTTI_TRY(tutti_token_open(&left.other, "as well"));
    TUTTI_TRY(tutti_token_post(&left.other, &left.other_post, 0));
    return tutti_token_post(&left.token, &left.post, 0);
}

REHEARSE_MAIN(REHEARSED(T86_posts_in_order), REHEARSED(T86_posts_once),
              REHEARSED_BATCH(T86_reposting_is_fair), REHEARSED(reposting_ends), REHEARSED(gate),
              REHEARSED_ALL(post_and_wait, 1, 202), REHEARSED(post_starts_task),
              REHEARSED(in_run_in_task), REHEARSED(R39_accepted_before_the_end))
