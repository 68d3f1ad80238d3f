/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Broadcast: watchers see the latest value, each generation at most once, and the end. */
#include "rehearsed.h"

#include "tutti/core/broadcast.h"
#include "tutti/core/lot_break.h"

struct news {
    struct tutti_broadcast broadcast;
    int value;
    int seen_last[2], seen_count[2], cancelled;
    int next;
};

static int watch_all(void *arg)
{
    struct news *news = arg;
    int me = news->next++, rc;
    uint64_t seen = 0;
    for (;;) {
        uint64_t before = seen;
        int value = -1;
        rc = tutti_broadcast_wait(&news->broadcast, &seen, &value);
        if (rc < 0) {
            tutti_check(seen == before && value == -1);
            break;
        }
        tutti_check(seen > before && seen <= news->broadcast.generation);
        tutti_check(value == (int)seen * 10 && value > news->seen_last[me]);
        news->seen_last[me] = value;
        news->seen_count[me]++;
    }
    news->cancelled += rc == TUTTI_ECANCELED;
    return rc == TUTTI_EEOF ? 0 : rc;
}

static int watcher(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, watch_all, arg);
}

static void announce(struct news *news, int value)
{
    tutti_broadcast_announce(&news->broadcast, &value);
}

static int two_watchers(struct tutti_nursery *nursery, void *arg)
{
    struct news *news = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, watcher, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, watcher, arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_broadcast_statistics(&news->broadcast).waiting == 2);
    announce(news, 10);
    tutti_check(tutti_broadcast_statistics(&news->broadcast).waiting == 0);
    announce(news, 20);
    announce(news, 30);
    TUTTI_TRY(tutti_sleep(1));
    tutti_broadcast_end(&news->broadcast);
    tutti_broadcast_end(&news->broadcast);
    return 0;
}

static void init_news(struct news *news)
{
    *news = (struct news){.value = 0};
    tutti_broadcast_init(&news->broadcast, "news", &news->value, sizeof news->value);
}

/* Who waited has the value that woke it, then the latest; what was in between is missed. */
static int latest_value(void *arg)
{
    struct news news;
    (void)arg;
    init_news(&news);
    TUTTI_TRY(tutti_nursery_run(two_watchers, &news));
    for (int i = 0; i < 2; i++)
        tutti_check(news.seen_last[i] == 30 && news.seen_count[i] == 2);
    struct tutti_broadcast_stats stats = tutti_broadcast_statistics(&news.broadcast);
    tutti_check(stats.generation == 3 && stats.waiting == 0 && stats.ended);
    return 0;
}

/* A newer generation is there at once; after the end what is new is still seen. */
static int without_waiting(void *arg)
{
    const struct tutti_task *self = tutti_task_self();
    struct news news;
    uint64_t seen = 0;
    int value = -1;
    (void)arg;
    init_news(&news);
    tutti_check(tutti_broadcast_wait_nowait(&news.broadcast, &seen, &value) == TUTTI_EWOULDBLOCK);
    announce(&news, 10);
    uint64_t points = tutti_task_schedule_points(self), cancels = tutti_task_cancel_points(self);
    TUTTI_TRY(tutti_broadcast_wait(&news.broadcast, &seen, &value));
    tutti_check(tutti_task_schedule_points(self) == points + 1);
    tutti_check(tutti_task_cancel_points(self) == cancels + 1);
    tutti_check(seen == 1 && value == 10 && news.value == 10);
    news.value = 20;
    tutti_broadcast_announce(&news.broadcast, NULL);
    tutti_broadcast_end(&news.broadcast);
    TUTTI_TRY(tutti_broadcast_wait(&news.broadcast, &seen, NULL));
    tutti_check(seen == 2 && value == 10);
    tutti_check(tutti_broadcast_wait_nowait(&news.broadcast, &seen, &value) == TUTTI_EEOF);
    tutti_check(tutti_broadcast_wait(&news.broadcast, &seen, &value) == TUTTI_EEOF);
    init_news(&news);
    seen = 0;
    tutti_lot_break(&news.broadcast.lot);
    tutti_check(tutti_broadcast_wait(&news.broadcast, &seen, &value) == TUTTI_EBROKEN);
    return 0;
}

/* Two announcements and the end, among two watchers of whom one may be cancelled. */
static int explored_body(struct tutti_nursery *nursery, void *arg)
{
    struct news *news = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, watcher, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, watcher, arg));
    announce(news, 10);
    TUTTI_TRY(tutti_checkpoint());
    announce(news, 20);
    TUTTI_TRY(tutti_checkpoint());
    tutti_broadcast_end(&news->broadcast);
    return 0;
}

static int explored(void *arg)
{
    struct news news;
    int saw_latest = 0;
    (void)arg;
    init_news(&news);
    TUTTI_TRY(tutti_nursery_run(explored_body, &news));
    for (int i = 0; i < 2; i++)
        saw_latest += news.seen_last[i] == 20;
    tutti_check(saw_latest + news.cancelled >= 2 && news.cancelled <= 1);
    tutti_check(news.broadcast.lot.count == 0);
    return 0;
}

REHEARSE_MAIN(REHEARSED(latest_value), REHEARSED(without_waiting), REHEARSED_ALL(explored, 1, 6838))
