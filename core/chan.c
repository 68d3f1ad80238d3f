/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/chan.h"

#include <string.h>

#include "tutti/core/chan_priv.h"
#include "tutti/core/held_priv.h"
#include "tutti/core/park_priv.h"
#include "tutti/core/select.h"

/* The least room that an unbounded channel takes. */
enum { UNBOUNDED_ROOM_MIN = 16 };
/* The most items that are taken at once: one more is an int, too. */
enum { BATCH_MAX = INT32_MAX - 1 };

static void set_limit(struct tutti_chan *chan)
{
    size_t limit = chan->capacity < chan->room ? chan->capacity : chan->room;
    chan->limit = chan->discarding ? 0 : limit;
}

int tutti_chan_open_at(struct tutti_chan_sender *sender, struct tutti_chan_receiver *receiver,
                       const char *name, size_t item_size, size_t capacity,
                       const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    size_t room = capacity == TUTTI_CHAN_UNBOUNDED ? 0 : capacity, bytes, all;
    *sender = (struct tutti_chan_sender){.chan = NULL};
    *receiver = (struct tutti_chan_receiver){.chan = NULL};
    if (item_size == 0 || __builtin_mul_overflow(item_size, room, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct tutti_chan), &all)) {
        return tutti_error_at(site, false, TUTTI_EINVALID,
                              "a channel of %zu items of %zu bytes is not possible", capacity,
                              item_size);
    }
    struct tutti_chan *chan = mem_take(run, all, site);
    if (!chan) return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory for a channel");
    int64_t cap = capacity > INT64_MAX ? INT64_MAX : (int64_t)capacity;
    object_init(run, &chan->senders.object, TUTTI_OBJECT_CHAN, name, cap, site);
    chan->receivers.object = chan->senders.object;
    chan->ring = chan->first_ring;
    chan->item_size = item_size;
    chan->capacity = capacity;
    chan->room = room;
    set_limit(chan);
    chan->senders_open = chan->receivers_open = 1;
    chan->holds = 2;
    sender->chan = receiver->chan = chan;
    sender->path = receiver->path = chan->senders.object.path;
    return 0;
}

static void drop_ring(struct run *run, struct tutti_chan *chan)
{
    if (chan->ring != chan->first_ring) mem_give(run, chan->ring, NULL);
}

static void let_go(struct run *run, struct tutti_chan *chan)
{
    TUTTI_ASSERT(chan->holds > 0);
    if (--chan->holds) return;
    EMIT(run, OBJ_FREE, .obj = chan->senders.object.id);
    drop_ring(run, chan);
    mem_give(run, chan, NULL);
}

int tutti_chan_clone_send_at(struct tutti_chan_sender *clone,
                             const struct tutti_chan_sender *sender, const struct tutti_site *site)
{
    struct run *run = run_require(site);
    struct tutti_chan *chan = sender->chan;
    *clone = (struct tutti_chan_sender){.chan = chan, .path = sender->path};
    if (TOUCHES(run)) chan_touch_clone(run, sender->path);
    if (!chan) return TUTTI_ECLOSED;
    chan->senders_open++;
    chan->holds++;
    return 0;
}

int tutti_chan_clone_receive_at(struct tutti_chan_receiver *clone,
                                const struct tutti_chan_receiver *receiver,
                                const struct tutti_site *site)
{
    struct run *run = run_require(site);
    struct tutti_chan *chan = receiver->chan;
    *clone = (struct tutti_chan_receiver){.chan = chan, .path = receiver->path};
    if (TOUCHES(run)) chan_touch_clone(run, receiver->path);
    if (!chan) return TUTTI_ECLOSED;
    chan->receivers_open++;
    chan->holds++;
    return 0;
}

/* The compiler knows how to copy a word without a call. */
static inline void copy_item(const struct tutti_chan *chan, void *to, const void *from)
{
    if (chan->item_size == sizeof(uint64_t)) {
        memcpy(to, from, sizeof(uint64_t));
    } else {
        memcpy(to, from, chan->item_size);
    }
}

static void *slot(const struct tutti_chan *chan, size_t index)
{
    size_t at = chan->first + index;
    if (at >= chan->room) at -= chan->room;
    TUTTI_ASSERT(at < chan->room);
    return chan->ring + at * chan->item_size;
}

static void push(struct tutti_chan *chan, const void *item)
{
    copy_item(chan, slot(chan, chan->count), item);
    chan->sent++;
    if (++chan->count > chan->count_max) chan->count_max = chan->count;
}

static void pop(struct tutti_chan *chan)
{
    chan->count--;
    chan->received++;
    if (++chan->first == chan->room) chan->first = 0;
}

/* Makes the ring larger, or leaves all as it is. */
static int grow(struct run *run, struct tutti_chan *chan, size_t room)
{
    size_t bytes;
    if (room <= chan->room) return 0;
    if (__builtin_mul_overflow(room, chan->item_size, &bytes)) return TUTTI_ENOMEMORY;
    unsigned char *ring = mem_take(run, bytes, NULL);
    if (!ring) return TUTTI_ENOMEMORY;
    size_t until_end = chan->room - chan->first;
    size_t head = chan->count < until_end ? chan->count : until_end;
    if (head) memcpy(ring, chan->ring + chan->first * chan->item_size, head * chan->item_size);
    if (chan->count > head) {
        memcpy(ring + head * chan->item_size, chan->ring, (chan->count - head) * chan->item_size);
    }
    drop_ring(run, chan);
    chan->ring = ring;
    chan->room = room;
    chan->first = 0;
    return 0;
}

/* The discard function may close handles: the caller has a hold on the channel. */
static void discard_oldest(struct run *run, struct tutti_chan *chan)
{
    void *item = slot(chan, 0); /* stays as it is: nobody may send now */
    pop(chan);
    chan->discarded++;
    object_op(run, &chan->senders.object, "discard", (uint32_t)chan->count);
    if (!chan->discard) return;
    bool outer = chan->discarding;
    chan->discarding = true;
    set_limit(chan);
    const struct tutti_task *current = run->current;
    uint64_t points = current ? current->schedule_points : 0;
    bool calling = run->calling_back;
    run->calling_back = true;
    chan->discard(item, chan->discard_arg);
    run->calling_back = calling;
    if (current && current->schedule_points != points) {
        tutti_panic_at(chan->senders.object.site,
                       "the discard function of channel \"%s\" waited, in %s: it may not; opened",
                       chan->senders.object.name ? chan->senders.object.name : "", current->op);
    }
    chan->discarding = outer;
    set_limit(chan);
}

static void require_no_discarding(const struct tutti_chan *chan, const struct tutti_site *site)
{
    if (chan->discarding) {
        tutti_panic_at(site, "channel \"%s\" is sent to or changed while it discards an item",
                       chan->senders.object.name ? chan->senders.object.name : "");
    }
}

/* The buffer is full. After 0 everything may be different: look again. */
static int make_room(struct run *run, struct tutti_chan *chan, const struct tutti_site *site)
{
    require_no_discarding(chan, site);
    if (chan->room < chan->capacity) {
        size_t twice = chan->room < chan->capacity / 2 ? chan->room * 2 : chan->capacity;
        int rc = grow(run, chan, twice < UNBOUNDED_ROOM_MIN ? UNBOUNDED_ROOM_MIN : twice);
        set_limit(chan);
        return rc;
    }
    if (!chan->drops_oldest) return TUTTI_EWOULDBLOCK;
    chan->holds++;
    discard_oldest(run, chan);
    let_go(run, chan);
    return 0;
}

static inline void hand_over(struct run *run, struct tutti_chan *chan, const void *item)
{
    struct tutti_waiter *receiver = chan->receivers.first;
    chan->sent++;
    chan->received++;
    copy_item(chan, receiver->data, item);
    receiver->park->winner = receiver;
    park_wake_here(run, receiver->park, 0, TUTTI_READY_WAKE);
    object_op(run, &chan->senders.object, "send", 0);
    object_given(run, &chan->senders.object, receiver->park->task, "recv", 0);
}

static int send_now(struct run *run, struct tutti_chan_sender *sender, const void *item,
                    const struct tutti_site *site)
{
    for (;;) {
        struct tutti_chan *chan = sender->chan;
        TOUCH(run, sender->path, ALL, READ);
        if (!chan) return error_bare(run, TUTTI_ECLOSED);
        if (TOUCHES(run)) chan_touch_send(run, chan);
        if (!chan->receivers_open) return error_bare(run, TUTTI_EBROKEN);
        if (chan->receivers.first) {
            hand_over(run, chan, item);
            return 0;
        }
        if (chan->count < chan->limit) {
            push(chan, item);
            object_op(run, &chan->senders.object, "send", (uint32_t)chan->count);
            return 0;
        }
        int rc = make_room(run, chan, site);
        if (rc < 0) return rc;
    }
}

/* The first who waits to send need not any more: its item was taken. */
static void sent(struct run *run, struct tutti_chan *chan)
{
    struct tutti_waiter *sender = chan->senders.first;
    tutti_waiter_wake(sender, 0);
    object_given(run, &chan->senders.object, sender->park->task, "send", (uint32_t)chan->count);
}

/* Senders that wait go on while there is room. */
static void admit(struct run *run, struct tutti_chan *chan)
{
    while (chan->senders.first && chan->count < chan->limit) {
        push(chan, chan->senders.first->data);
        sent(run, chan);
    }
}

static int receive_now(struct run *run, struct tutti_chan_receiver *receiver, void *item)
{
    struct tutti_chan *chan = receiver->chan;
    TOUCH(run, receiver->path, ALL, READ);
    if (!chan) return error_bare(run, TUTTI_ECLOSED);
    if (TOUCHES(run)) chan_touch_receive(run, chan);
    if (chan->count > 0) {
        copy_item(chan, item, slot(chan, 0));
        pop(chan);
        object_op(run, &chan->senders.object, "recv", (uint32_t)chan->count);
        admit(run, chan);
    } else if (chan->senders.first) {
        copy_item(chan, item, chan->senders.first->data);
        chan->sent++;
        chan->received++;
        object_op(run, &chan->senders.object, "recv", 0);
        sent(run, chan);
    } else {
        return chan->senders_open ? TUTTI_EWOULDBLOCK : error_bare(run, TUTTI_EEOF);
    }
    return 0;
}

static int batch_now(struct run *run, struct tutti_chan_receiver *receiver, unsigned char *items,
                     size_t max)
{
    int count = 0, rc = 0;
    for (size_t i = 0; i < max && i < BATCH_MAX; i++) {
        rc = receive_now(run, receiver, items);
        if (rc < 0) break;
        items += receiver->chan->item_size;
        count++;
    }
    return count ? count : rc;
}

/* Queues for `item`, by the handle whose count this is. */
static inline void join(struct tutti_lot *lot, struct tutti_park *park, struct tutti_waiter *place,
                        void *item, uint32_t *waiting)
{
    ++*waiting;
    lot_enter(lot, park, place, item, waiting);
}

static inline int wait_in(struct run *run, struct tutti_lot *lot, const char *op, void *item,
                          uint32_t *waiting, const struct tutti_site *site)
{
    struct tutti_park *wait = park_own(run, op, &lot->object, site);
    join(lot, wait, &run->current->place, item, waiting);
    return park_here(run, wait);
}

int tutti_chan_send_nowait_at(struct tutti_chan_sender *sender, const void *item,
                              const struct tutti_site *site)
{
    return send_now(run_require_task(site), sender, item, site);
}

int tutti_chan_receive_nowait_at(struct tutti_chan_receiver *receiver, void *item,
                                 const struct tutti_site *site)
{
    return receive_now(run_require_task(site), receiver, item);
}

static TUTTI_NOINLINE int send_any(struct tutti_chan_sender *sender, const void *item,
                                   const struct tutti_site *site)
{
    struct run *run = run_current;
    TUTTI_TRY(task_check(run, site));
    int rc = send_now(run, sender, item, site);
    if (rc == 0) return task_yield(run, run->current, "chan.send", NULL, site);
    if (rc != TUTTI_EWOULDBLOCK) return rc;
    /* the receiver only reads the item */
    return wait_in(run, &sender->chan->senders, "chan.send", (void *)(uintptr_t)item,
                   &sender->waiting, site);
}

/* send_any, short: to a receiver that waits. */
int tutti_chan_send_at(struct tutti_chan_sender *sender, const void *item,
                       const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_task *task = run->current;
    struct tutti_chan *chan = sender->chan;
    struct tutti_waiter *receiver = chan ? chan->receivers.first : NULL;
    if (!receiver || !waiter_is_plain(run, receiver) || task->scope->effective ||
        chan->item_size != sizeof(uint64_t)) {
        return send_any(sender, item, site);
    }
    task->cancel_points++;
    copy_item(chan, receiver->data, item);
    struct tutti_task *woken = lot_take_plain(&chan->receivers, receiver);
    return task_yield_to(run, task, woken, "chan.send", site);
}

static TUTTI_NOINLINE int receive_any(struct tutti_chan_receiver *receiver, void *item,
                                      const struct tutti_site *site)
{
    struct run *run = run_current;
    TUTTI_TRY(task_check(run, site));
    int rc = receive_now(run, receiver, item);
    if (rc == 0) return task_yield(run, run->current, "chan.receive", NULL, site);
    if (rc != TUTTI_EWOULDBLOCK) return rc;
    return wait_in(run, &receiver->chan->receivers, "chan.receive", item, &receiver->waiting, site);
}

/* receive_any, short: of a channel that is empty. */
int tutti_chan_receive_at(struct tutti_chan_receiver *receiver, void *item,
                          const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_chan *chan = receiver->chan;
    if (!chan || chan->count || chan->senders.first || !chan->senders_open ||
        run->current->scope->effective || run->slow) {
        return receive_any(receiver, item, site);
    }
    run->current->cancel_points++;
    receiver->waiting++;
    return park_plainly_in(run, &chan->receivers, "chan.receive", item, &receiver->waiting, site);
}

static int require_max(size_t max, const struct tutti_site *site)
{
    if (max > 0) return 0;
    return tutti_error_at(site, false, TUTTI_EINVALID, "a batch of 0 items");
}

int tutti_chan_receive_batch_nowait_at(struct tutti_chan_receiver *receiver, void *items,
                                       size_t max, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    int rc = require_max(max, site);
    return rc < 0 ? rc : batch_now(run, receiver, items, max);
}

int tutti_chan_receive_batch_at(struct tutti_chan_receiver *receiver, void *items, size_t max,
                                const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    TUTTI_TRY(task_check(run, site));
    int rc = require_max(max, site);
    if (rc == 0) rc = batch_now(run, receiver, items, max);
    if (rc == TUTTI_EWOULDBLOCK) {
        rc = wait_in(run, &receiver->chan->receivers, "chan.receive", items, &receiver->waiting,
                     site);
        if (rc < 0 || max == 1 || !receiver->chan) return rc < 0 ? rc : 1;
        /* what came between the wake and now */
        unsigned char *next = (unsigned char *)items + receiver->chan->item_size;
        int more = batch_now(run, receiver, next, max - 1);
        return more > 0 ? 1 + more : 1;
    }
    if (rc > 0) task_yield(run, run->current, "chan.receive", NULL, site);
    return rc;
}

static void wake_all(struct tutti_lot *lot, int rc)
{
    while (lot->first)
        tutti_waiter_wake(lot->first, rc);
}

/* Wakes those who wait by this handle. A task may have several places, which it leaves at once. */
static void wake_by(struct tutti_lot *lot, const uint32_t *waiting, int rc)
{
    struct tutti_waiter *waiter = lot->first, *next;
    for (; waiter; waiter = next) {
        next = waiter->next;
        if (waiter->count != waiting) continue;
        while (next && next->park == waiter->park)
            next = next->next;
        tutti_waiter_wake(waiter, rc);
    }
}

void tutti_chan_close_send_at(struct tutti_chan_sender *sender, const struct tutti_site *site)
{
    struct run *run = run_require(site);
    struct tutti_chan *chan = sender->chan;
    TOUCH(run, sender->path, ALL, WRITE); /* that it is closed already is seen, too */
    if (!chan) return;
    sender->chan = NULL;
    if (!chan->senders_open) tutti_panic_at(site, "a copy of this handle was closed already");
    chan->senders_open--;
    object_op(run, &chan->senders.object, "close.send", (uint32_t)chan->count);
    if (sender->waiting) wake_by(&chan->senders, &sender->waiting, TUTTI_ECLOSED);
    if (!chan->senders_open) wake_all(&chan->receivers, TUTTI_EEOF); /* nothing is left */
    let_go(run, chan);
}

void tutti_chan_close_receive_at(struct tutti_chan_receiver *receiver,
                                 const struct tutti_site *site)
{
    struct run *run = run_require(site);
    struct tutti_chan *chan = receiver->chan;
    TOUCH(run, receiver->path, ALL, WRITE);
    if (!chan) return;
    receiver->chan = NULL;
    if (!chan->receivers_open) tutti_panic_at(site, "a copy of this handle was closed already");
    chan->receivers_open--;
    object_op(run, &chan->senders.object, "close.recv", (uint32_t)chan->count);
    if (receiver->waiting) wake_by(&chan->receivers, &receiver->waiting, TUTTI_ECLOSED);
    if (!chan->receivers_open) {
        wake_all(&chan->senders, TUTTI_EBROKEN);
        while (chan->count)
            discard_oldest(run, chan);
    }
    let_go(run, chan);
}

int tutti_chan_set_discard_at(struct tutti_chan *chan, void (*discard)(void *item, void *arg),
                              void *arg, const struct tutti_site *site)
{
    (void)run_require(site);
    if (!chan) return TUTTI_ECLOSED;
    chan->discard = discard;
    chan->discard_arg = arg;
    return 0;
}

/* The items and the senders that wait are as the settings want them. */
static void settle(struct run *run, struct tutti_chan *chan)
{
    if (TOUCHES(run)) chan_touch_all(run, chan);
    chan->holds++;
    set_limit(chan);
    while (chan->drops_oldest && chan->count > chan->capacity)
        discard_oldest(run, chan);
    while (chan->drops_oldest && chan->senders.first) {
        if (chan->count >= chan->limit) discard_oldest(run, chan);
        admit(run, chan);
    }
    admit(run, chan);
    let_go(run, chan);
}

int tutti_chan_set_drop_oldest_at(struct tutti_chan *chan, bool drop, const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (!chan) return TUTTI_ECLOSED;
    require_no_discarding(chan, site);
    if (drop && chan->capacity == 0) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "a rendezvous has no oldest item");
    }
    chan->drops_oldest = drop;
    settle(run, chan);
    return 0;
}

int tutti_chan_set_capacity_at(struct tutti_chan *chan, size_t capacity,
                               const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (!chan) return TUTTI_ECLOSED;
    require_no_discarding(chan, site);
    if (capacity == 0 && chan->drops_oldest) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "a rendezvous has no oldest item");
    }
    size_t room = capacity == TUTTI_CHAN_UNBOUNDED ? chan->count + chan->senders.count : capacity;
    int rc = grow(run, chan, room);
    if (rc < 0) return tutti_error_at(site, false, rc, "no memory for %zu items", capacity);
    chan->capacity = capacity;
    settle(run, chan);
    return 0;
}

struct tutti_chan_stats tutti_chan_statistics(const struct tutti_chan *chan)
{
    if (!chan) return (struct tutti_chan_stats){.used = 0};
    object_look(&chan->senders.object);
    return (struct tutti_chan_stats){.used = chan->count,
                                     .used_max = chan->count_max,
                                     .capacity = chan->capacity,
                                     .discarded = chan->discarded,
                                     .senders = chan->senders_open,
                                     .receivers = chan->receivers_open,
                                     .waiting_to_send = chan->senders.count,
                                     .waiting_to_receive = chan->receivers.count};
}

/* As cases of tutti_select. */

static bool send_ready(const struct tutti_case *one)
{
    const struct tutti_chan_sender *sender = one->object;
    const struct tutti_chan *chan = sender->chan;
    TOUCH(run_current, sender->path, ALL, READ);
    if (chan) object_look(&chan->senders.object);
    return !chan || !chan->receivers_open || chan->receivers.first || chan->count < chan->limit ||
           chan->room < chan->capacity || chan->drops_oldest;
}

static int send_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    return send_now(run_current, one->object, one->data, site);
}

static void send_join(struct tutti_case *one, struct tutti_park *park)
{
    struct tutti_chan_sender *sender = one->object;
    if (TOUCHES(run_current)) chan_touch_send(run_current, sender->chan);
    join(&sender->chan->senders, park, &one->place, one->data, &sender->waiting);
}

struct tutti_case tutti_case_send(struct tutti_chan_sender *sender, const void *item)
{
    static const struct tutti_case_kind kind = {send_ready, send_attempt, send_join, NULL, NULL};
    return (struct tutti_case){.kind = &kind, .object = sender, .data = (void *)(uintptr_t)item};
}

static bool receive_ready(const struct tutti_case *one)
{
    const struct tutti_chan_receiver *receiver = one->object;
    const struct tutti_chan *chan = receiver->chan;
    TOUCH(run_current, receiver->path, ALL, READ);
    if (chan) object_look(&chan->senders.object);
    return !chan || chan->count > 0 || chan->senders.first || !chan->senders_open;
}

static int receive_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    (void)site;
    return receive_now(run_current, one->object, one->data);
}

static void receive_join(struct tutti_case *one, struct tutti_park *park)
{
    struct tutti_chan_receiver *receiver = one->object;
    if (TOUCHES(run_current)) chan_touch_receive(run_current, receiver->chan);
    join(&receiver->chan->receivers, park, &one->place, one->data, &receiver->waiting);
}

struct tutti_case tutti_case_receive(struct tutti_chan_receiver *receiver, void *item)
{
    static const struct tutti_case_kind kind = {receive_ready, receive_attempt, receive_join, NULL,
                                                NULL};
    return (struct tutti_case){.kind = &kind, .object = receiver, .data = item};
}
