/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The fair lot: service in proportion to weights, first come first served among the eligible, and
 * nothing for those who saved up. */
#include "aborts.h"

#include "tutti/core/fair.h"
#include "tutti/core/select.h"

enum { PARTIES = 3, SERVED = 64 };

/* What parties wait for, and in which order they got it. */
struct counter {
    struct tutti_fair_lot fair;
    struct tutti_fair_share shares[PARTIES];
    struct tutti_scope scopes[PARTIES];
    uint32_t cost[PARTIES];
    char served[SERVED + 1];
    int count, inside, cancelled;
};

struct request {
    struct counter *counter;
    int party;
};

static void counter_open(struct counter *counter, uint32_t a, uint32_t b, uint32_t c)
{
    const uint32_t weights[PARTIES] = {a, b, c};
    *counter = (struct counter){.cost = {1, 1, 1}};
    tutti_fair_init(&counter->fair, "counter");
    for (int i = 0; i < PARTIES; i++) {
        tutti_fair_share_init(&counter->shares[i], &counter->fair, weights[i]);
    }
}

static int asks(void *arg)
{
    const struct request *request = arg;
    struct counter *counter = request->counter;
    int party = request->party;
    TUTTI_TRY(tutti_fair_park(&counter->shares[party], counter->cost[party], "asks"));
    counter->served[counter->count++] = (char)('a' + party);
    return 0;
}

/* Starts a request for each letter; they wait in the order of the text. */
static int ask(struct tutti_nursery *nursery, struct counter *counter, const char *parties)
{
    for (; *parties; parties++) {
        struct request request = {counter, *parties - 'a'};
        TUTTI_TRY(tutti_nursery_start_copy(nursery, asks, &request, sizeof request));
        TUTTI_TRY(tutti_sleep(1));
    }
    return 0;
}

/* Serves them one by one; returns whether that was the order. */
static int serve(struct counter *counter, const char *order)
{
    counter->count = 0;
    while (tutti_fair_unpark(&counter->fair, 1) == 1)
        TUTTI_TRY(tutti_sleep(1));
    counter->served[counter->count] = '\0';
    if (strcmp(counter->served, order) != 0) print_error("served: %s\n", counter->served);
    tutti_check(strcmp(counter->served, order) == 0);
    tutti_check(!counter->fair.top && tutti_fair_statistics(&counter->fair).waiting == 0);
    return 0;
}

static int alternate_body(struct tutti_nursery *nursery, void *arg)
{
    struct counter *counter = arg;
    TUTTI_TRY(ask(nursery, counter, "aaaaaabbbc"));
    struct tutti_fair_stats stats = tutti_fair_statistics(&counter->fair);
    tutti_check(stats.waiting == 10 && stats.shares == 3);
    return serve(counter, "abcababaaa");
}

/* Whoever asks often waits for its own requests, not the others for it. */
static int alternate(void *arg)
{
    struct counter counter;
    (void)arg;
    counter_open(&counter, 1, 1, 1);
    return tutti_nursery_run(alternate_body, &counter);
}

static int weights_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(ask(nursery, arg, "bbbaaaaaa"));
    return serve(arg, "baabaabaa");
}

static int weights(void *arg)
{
    struct counter counter;
    (void)arg;
    counter_open(&counter, 2, 1, 1);
    return tutti_nursery_run(weights_body, &counter);
}

static int costs_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(ask(nursery, arg, "aabbbbbb"));
    return serve(arg, "abbbabbb");
}

static int costs(void *arg)
{
    struct counter counter;
    (void)arg;
    counter_open(&counter, 1, 1, 1);
    counter.cost[0] = 3;
    return tutti_nursery_run(costs_body, &counter);
}

/* Who was alone for long owes nothing to who comes late, and the other way round. */
static int newcomer_body(struct tutti_nursery *nursery, void *arg)
{
    struct counter *counter = arg;
    for (int i = 0; i < 1000; i++)
        TUTTI_TRY(tutti_fair_pass(&counter->shares[0], 1));
    TUTTI_TRY(ask(nursery, counter, "aaabbb"));
    tutti_check(tutti_fair_pass(&counter->shares[2], 1) == TUTTI_EWOULDBLOCK);
    return serve(counter, "bababa");
}

static int newcomer(void *arg)
{
    struct counter counter;
    (void)arg;
    counter_open(&counter, 1, 1, 1);
    return tutti_nursery_run(newcomer_body, &counter);
}

/* A cancelled request costs nothing, and its place is the next one's. */
static int cancelled_request(void *arg)
{
    const struct request *request = arg;
    struct tutti_scope *scope = &request->counter->scopes[request->party];
    TUTTI_TRY(tutti_scope_open(scope, TUTTI_NEVER));
    int rc = asks(arg);
    request->counter->cancelled += rc == TUTTI_ECANCELED;
    return tutti_scope_close(scope, rc);
}

static int cancel_body(struct tutti_nursery *nursery, void *arg)
{
    struct counter *counter = arg;
    struct request first = {counter, 0}, alone = {counter, 2};
    TUTTI_TRY(tutti_nursery_start_copy(nursery, cancelled_request, &first, sizeof first));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, cancelled_request, &alone, sizeof alone));
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(ask(nursery, counter, "baab"));
    tutti_scope_cancel(&counter->scopes[0]);
    tutti_scope_cancel(&counter->scopes[2]);
    tutti_check(tutti_fair_statistics(&counter->fair).waiting == 4); /* at once */
    tutti_check(tutti_fair_statistics(&counter->fair).shares == 2);
    TUTTI_TRY(serve(counter, "baab")); /* of the first two the one that came first now */
    tutti_check(counter->cancelled == 2 && !counter->shares[2].queued);
    return 0;
}

static int cancelled(void *arg)
{
    struct counter counter;
    (void)arg;
    counter_open(&counter, 1, 1, 1);
    return tutti_nursery_run(cancel_body, &counter);
}

/* As a case of a select, next to a time. */
static int choose(void *arg)
{
    struct counter *counter = arg;
    struct tutti_case cases[] = {tutti_case_fair(&counter->shares[0], 1),
                                 tutti_case_until(tutti_now() + 5),
                                 tutti_case_fair(&counter->shares[1], 0)};
    tutti_check(tutti_select(cases, 2) == 1 && !counter->fair.top);
    tutti_check(tutti_select(cases, 3) == 1);
    cases[1].until_ns = TUTTI_NEVER;
    tutti_check(tutti_select(cases + 2, 1) == 0 && cases[2].result == TUTTI_EINVALID);
    tutti_check(tutti_select(cases, 2) == 0 && cases[0].result == 0);
    return 0;
}

static int select_body(struct tutti_nursery *nursery, void *arg)
{
    struct counter *counter = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, choose, arg));
    TUTTI_TRY(tutti_sleep(10));
    tutti_check(tutti_fair_unpark(&counter->fair, UINT32_MAX) == 1);
    return 0;
}

static int selected(void *arg)
{
    struct counter counter;
    (void)arg;
    counter_open(&counter, 1, 1, 1);
    tutti_check(tutti_fair_park(&counter.shares[0], 0, "free") == TUTTI_EINVALID);
    tutti_check(tutti_fair_pass(&counter.shares[0], 0) == TUTTI_EINVALID);
    tutti_check(tutti_fair_unpark(&counter.fair, 1) == 0);
    return tutti_nursery_run(select_body, &counter);
}

/* Many shares, weights, costs and cancellations: as a plain search for the next one says. */
enum { MANY = 60, ROUNDS = 4 };

struct crowd {
    struct tutti_fair_lot fair;
    struct tutti_fair_share shares[MANY];
    struct tutti_scope scopes[MANY];
    int waits[MANY]; /* its number among those that wait now, 0: does not */
    int asked;
    int served; /* who was served last */
    uint32_t cost[MANY];
    uint64_t next[MANY], now;
};

struct member {
    struct crowd *crowd;
    int number;
};

static int asks_again(void *arg)
{
    const struct member *member = arg;
    struct crowd *crowd = member->crowd;
    int me = member->number;
    for (int i = 0; i < ROUNDS; i++) {
        TUTTI_TRY(tutti_scope_open(&crowd->scopes[me], TUTTI_NEVER));
        crowd->waits[me] = ++crowd->asked;
        int rc = tutti_fair_park(&crowd->shares[me], crowd->cost[me], "asks");
        crowd->waits[me] = 0;
        if (rc == 0) crowd->served = me;
        TUTTI_TRY(tutti_scope_close(&crowd->scopes[me], rc));
    }
    return 0;
}

/* The earliest virtual time, then the earliest arrival. -1: nobody waits. */
static int expected(const struct crowd *crowd)
{
    int best = -1;
    uint64_t best_start = 0;
    for (int i = 0; i < MANY; i++) {
        uint64_t start = crowd->next[i] > crowd->now ? crowd->next[i] : crowd->now;
        bool first = best < 0 || start < best_start ||
                     (start == best_start && crowd->waits[i] < crowd->waits[best]);
        if (!crowd->waits[i] || !first) continue;
        best = i;
        best_start = start;
    }
    return best;
}

static int crowd_body(struct tutti_nursery *nursery, void *arg)
{
    struct crowd *crowd = arg;
    uint64_t chance = 7;
    for (int i = 0; i < MANY; i++) {
        struct member member = {crowd, i};
        TUTTI_TRY(tutti_nursery_start_copy(nursery, asks_again, &member, sizeof member));
    }
    TUTTI_TRY(tutti_sleep(1));
    for (int who; (who = expected(crowd)) >= 0;) {
        chance = chance * UINT64_C(6364136223846793005) + 1442695040888963407;
        int victim = (int)(chance >> 33) % MANY;
        if (crowd->waits[victim] && chance >> 62 == 0) {
            tutti_scope_cancel(&crowd->scopes[victim]);
            TUTTI_TRY(tutti_sleep(1));
            continue;
        }
        crowd->served = -1;
        tutti_check(tutti_fair_unpark(&crowd->fair, 1) == 1);
        uint64_t start = crowd->next[who] > crowd->now ? crowd->next[who] : crowd->now;
        crowd->now = start;
        crowd->next[who] =
            start + (uint64_t)crowd->cost[who] * TUTTI_FAIR_WEIGHT_MAX / crowd->shares[who].weight;
        TUTTI_TRY(tutti_sleep(1));
        tutti_check(crowd->served == who);
    }
    return 0;
}

static int crowd(void *arg)
{
    static struct crowd crowd;
    (void)arg;
    crowd = (struct crowd){.asked = 0};
    tutti_fair_init(&crowd.fair, "crowd");
    for (int i = 0; i < MANY; i++) {
        tutti_fair_share_init(&crowd.shares[i], &crowd.fair, (uint32_t)(i % 5 + 1));
        crowd.cost[i] = (uint32_t)(i % 3 + 1);
    }
    return tutti_nursery_run(crowd_body, &crowd);
}

/* Explored: a turnstile for one at a time, each with a share of its own. A task that was served and
 * cancelled in the same moment has its turn, so none is lost. */
static int pass_turnstile(void *arg)
{
    const struct request *request = arg;
    struct counter *counter = request->counter;
    struct tutti_fair_share *share = &counter->shares[request->party];
    TUTTI_TRY(tutti_checkpoint());
    if (counter->inside) {
        TUTTI_TRY(tutti_fair_park(share, 1, "turnstile"));
    } else {
        TUTTI_TRY(tutti_fair_pass(share, 1));
        counter->inside = 1;
    }
    int rc = tutti_checkpoint();
    counter->count++;
    if (tutti_fair_unpark(&counter->fair, 1) == 0) counter->inside = 0;
    return rc;
}

static int passes(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, pass_turnstile, arg);
}

static int turnstile_of(struct tutti_nursery *nursery, void *arg, int users)
{
    for (int i = 0; i < users; i++) {
        struct request request = {arg, i % 2};
        TUTTI_TRY(tutti_nursery_start_copy(nursery, passes, &request, sizeof request));
    }
    return 0;
}

static int two_body(struct tutti_nursery *nursery, void *arg)
{
    return turnstile_of(nursery, arg, 2);
}

static int three_body(struct tutti_nursery *nursery, void *arg)
{
    return turnstile_of(nursery, arg, 3);
}

static int turnstile(int (*body)(struct tutti_nursery *nursery, void *arg), int users)
{
    struct counter counter;
    counter_open(&counter, 1, 2, 1);
    TUTTI_TRY(tutti_nursery_run(body, &counter));
    tutti_check(!counter.inside && !counter.fair.top && counter.count >= users - 1);
    tutti_check(tutti_fair_pass(&counter.shares[0], 1) == 0);
    return 0;
}

static int two_users(void *arg)
{
    (void)arg;
    return turnstile(two_body, 2);
}

static int three_users(void *arg)
{
    (void)arg;
    return turnstile(three_body, 3);
}

static int weighs_nothing(void *arg)
{
    struct tutti_fair_lot fair;
    struct tutti_fair_share share;
    (void)arg;
    tutti_fair_init(&fair, "fair");
    MISTAKE("weight 0", tutti_fair_share_init(&share, &fair, 0));
    return 0;
}

static int weighs_too_much(void *arg)
{
    struct tutti_fair_lot fair;
    struct tutti_fair_share share;
    (void)arg;
    tutti_fair_init(&fair, "fair");
    tutti_fair_share_init(&share, &fair, TUTTI_FAIR_WEIGHT_MAX);
    MISTAKE("weight 65537", tutti_fair_share_init(&share, &fair, TUTTI_FAIR_WEIGHT_MAX + 1));
    return 0;
}

static void mistakes(void **state)
{
    (void)state;
    assert_aborts(weighs_nothing);
    assert_aborts(weighs_too_much);
}

REHEARSE_MAIN(REHEARSED(alternate), REHEARSED(weights), REHEARSED(costs), REHEARSED(newcomer),
              REHEARSED(cancelled), REHEARSED(selected), REHEARSED_PLAIN(crowd),
              REHEARSED_ALL(two_users, 1, 110), REHEARSED_ALL(three_users, 1, 13116),
              cmocka_unit_test(mistakes))
