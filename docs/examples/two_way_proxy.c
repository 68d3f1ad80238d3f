/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A two-way proxy: what comes from either side goes to the other, over channels.
 *
 * Two tasks, one a direction. The end of one direction is passed on and leaves the other one open;
 * a side that went away ends both, because a failure in a nursery cancels its other members.     */
#include "tutti/core/chan.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

/* One side: what it sends us, and what we send it. */
struct peer {
    struct tutti_chan_receiver in;
    struct tutti_chan_sender out;
};

struct direction {
    struct tutti_chan_receiver *from;
    struct tutti_chan_sender *to;
};

/* Ends well when `from` has nothing more to say. */
static int pump(void *arg)
{
    const struct direction *direction = arg;
    int item, rc;
    while ((rc = tutti_chan_receive(direction->from, &item)) == 0)
        TUTTI_TRY(tutti_chan_send(direction->to, &item));
    if (rc != TUTTI_EEOF) return rc;
    tutti_chan_close_send(direction->to); /* the other side learns of it */
    return 0;
}

static int both_ways(struct tutti_nursery *nursery, void *arg)
{
    struct peer *peers = arg;
    struct direction there = {&peers[0].in, &peers[1].out}, back = {&peers[1].in, &peers[0].out};
    TUTTI_TRY(tutti_nursery_start_copy(nursery, pump, &there, sizeof there));
    return tutti_nursery_start_copy(nursery, pump, &back, sizeof back);
}

static void close_peer(struct peer *peer)
{
    tutti_chan_close_receive(&peer->in);
    tutti_chan_close_send(&peer->out);
}

/* Serves two peers until both have ended, or one has gone. Closes its ends of their channels. */
static int proxy(struct peer peers[2])
{
    int rc = tutti_nursery_run(both_ways, peers);
    close_peer(&peers[0]);
    close_peer(&peers[1]);
    return rc;
}

/* The tests: two parties, with the proxy between them. */
struct scene {
    struct peer ours[2], theirs[2]; /* the proxy's ends of the channels, and the parties' */
    int (*party[2])(struct peer *me);
    int proxy_rc;
};

struct part {
    struct scene *scene;
    int number;
};

static int play(void *arg)
{
    const struct part *part = arg;
    struct peer *me = &part->scene->theirs[part->number];
    int rc = part->scene->party[part->number](me);
    close_peer(me);
    return rc;
}

static int run_proxy(void *arg)
{
    struct scene *scene = *(struct scene **)arg;
    scene->proxy_rc = proxy(scene->ours);
    return scene->proxy_rc == TUTTI_EBROKEN ? 0 : scene->proxy_rc;
}

static int everybody(struct tutti_nursery *nursery, void *arg)
{
    struct scene *scene = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, run_proxy, &arg, sizeof arg));
    for (int i = 0; i < 2; i++) {
        struct part part = {scene, i};
        TUTTI_TRY(tutti_nursery_start_copy(nursery, play, &part, sizeof part));
    }
    return 0;
}

static int run_scene(struct scene *scene)
{
    for (int i = 0; i < 2; i++) {
        struct peer *ours = &scene->ours[i], *theirs = &scene->theirs[i];
        TUTTI_TRY(tutti_chan_open(&theirs->out, &ours->in, "to the proxy", sizeof(int), 1));
        TUTTI_TRY(tutti_chan_open(&ours->out, &theirs->in, "from the proxy", sizeof(int), 1));
    }
    return tutti_nursery_run(everybody, scene);
}

static int asks(struct peer *me)
{
    for (int i = 1; i <= 2; i++) {
        int answer = 0;
        TUTTI_TRY(tutti_chan_send(&me->out, &i));
        TUTTI_TRY(tutti_chan_receive(&me->in, &answer));
        tutti_check(answer == i * 10);
    }
    return 0;
}

static int answers(struct peer *me)
{
    int item, rc;
    while ((rc = tutti_chan_receive(&me->in, &item)) == 0) {
        item *= 10;
        TUTTI_TRY(tutti_chan_send(&me->out, &item));
    }
    return rc == TUTTI_EEOF ? 0 : rc;
}

static int conversation(void *arg)
{
    struct scene scene = {.party = {asks, answers}};
    (void)arg;
    TUTTI_TRY(run_scene(&scene));
    tutti_check(scene.proxy_rc == 0);
    return 0;
}

/* Says all it has to say first, then reads all. */
static int sends_then_reads(struct peer *me)
{
    int item = 5, sum = 0, rc;
    TUTTI_TRY(tutti_chan_send(&me->out, &item));
    tutti_chan_close_send(&me->out);
    while ((rc = tutti_chan_receive(&me->in, &item)) == 0)
        sum += item;
    tutti_check(rc == TUTTI_EEOF && sum == 50);
    return 0;
}

static int half_close(void *arg)
{
    struct scene scene = {.party = {sends_then_reads, answers}};
    (void)arg;
    TUTTI_TRY(run_scene(&scene));
    tutti_check(scene.proxy_rc == 0);
    return 0;
}

static int goes_away(struct peer *me)
{
    (void)me;
    return 0;
}

static int talks_on(struct peer *me)
{
    int rc = 0;
    for (int i = 0; rc == 0; i++)
        rc = tutti_chan_send(&me->out, &i);
    tutti_check(rc == TUTTI_EBROKEN); /* the proxy has ended */
    return 0;
}

static int peer_gone(void *arg)
{
    struct scene scene = {.party = {goes_away, talks_on}};
    (void)arg;
    TUTTI_TRY(run_scene(&scene));
    tutti_check(scene.proxy_rc == TUTTI_EBROKEN);
    return 0;
}

const struct tutti_test tutti_tests[] = {
    {"conversation", conversation, "questions go one way, answers the other"},
    {"half_close", half_close, "the end of one direction leaves the other open"},
    {"peer_gone", peer_gone, "one side goes away: both directions end, nobody waits for ever"},
    {NULL, NULL, NULL},
};
