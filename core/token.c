/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The way into a run. What other threads touch is the token's gate and its list of posts.
 *
 * A poster is counted at the gate while it is at it, and looks only then whether the gate is open.
 * Who closes it waits until nobody is counted. So from the moment a poster has seen it open nothing
 * can refuse its post, and the world it wakes is still there.                                   */
#include "tutti/core/token.h"

#include <stdatomic.h>

#include "tutti/core/run_priv.h"

#define GATE_OPEN (UINT32_C(1) << 31)

int tutti_token_post(struct tutti_token *token, struct tutti_post *post, unsigned flags)
{
    if (!token || !post || !post->fn || (flags & ~(unsigned)TUTTI_POST_ONCE)) {
        return TUTTI_EINVALID;
    }
    int rc = 0;
    if (run_current && token->object.path) TOUCH(run_current, token->object.path, QUEUE, WRITE);
    if (!(atomic_fetch_add(&token->gate, 1) & GATE_OPEN)) {
        rc = TUTTI_ERUNFINISHED;
    } else if (atomic_exchange(&post->pending, true)) {
        rc = flags & TUTTI_POST_ONCE ? 0 : TUTTI_EBUSY;
    } else {
        struct tutti_post *newest = atomic_load(&token->posts);
        do {
            post->next = newest;
        } while (!atomic_compare_exchange_weak(&token->posts, &newest, post));
        token->io->wake(token->io);
    }
    atomic_fetch_sub(&token->gate, 1);
    return rc;
}

static uint32_t count(const struct tutti_post *post)
{
    uint32_t found = 0;
    for (; post; post = post->next)
        found++;
    return found;
}

/* Others may only add some, at the front. */
uint32_t tutti_token_waiting(const struct tutti_token *token)
{
    object_look(&token->object);
    return count(token->taken) + count(atomic_load(&token->posts));
}

/* How many posts the run sees now; not 0 stands for all, if the world has no say in it. */
static uint32_t look(struct run *run, struct tutti_token *token)
{
    struct tutti_io *io = run->world->io;
    if (TUTTI_LIKELY(!io->posts)) return atomic_load(&token->posts) ? UINT32_MAX : 0;
    token->looks++;
    return io->posts(io, token);
}

/* Takes all posts, the oldest first. */
static struct tutti_post *take_all(struct tutti_token *token)
{
    struct tutti_post *newest = atomic_exchange(&token->posts, NULL), *oldest = NULL;
    while (newest) {
        struct tutti_post *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

static void call(struct run *run, struct tutti_token *token, struct tutti_post *post)
{
    struct tutti_task *task = run->current;
    int (*fn)(void *arg) = post->fn;
    void *arg = post->arg;
    uint64_t points = task->schedule_points;
    object_touch(run, &token->object, TUTTI_ACCESS_WRITE);
    bool pending = atomic_exchange(&post->pending, false);
    TUTTI_ASSERT(pending); /* and from here on it may be posted again, or be gone */
    object_op(run, &token->object, "token.call", 0);
    int rc = fn(arg);
    if (task->schedule_points != points) {
        tutti_panic_at(token->object.site,
                       "a function posted to the token \"%s\" waited, in %s: it may not; opened",
                       token->object.name ? token->object.name : "", task->op);
    }
    if (rc >= 0) return;
    struct tutti_error *record = error_take(run, task, rc, token->object.site);
    run_failed(run, rc, record);
    scope_cancel(run, &run->root, TUTTI_CANCEL_POST, token->object.site);
}

static void wait_for_posts(struct run *run, struct tutti_token *token)
{
    struct tutti_park wait = TUTTI_PARK_INIT("token.wait", &token->object, token->object.site);
    wait.shielded = true; /* it serves others until it is closed */
    token->idle = &wait;
    (void)park(run, &wait);
}

static void wake_server(struct run *run, struct tutti_token *token, enum tutti_ready_why why)
{
    struct tutti_park *idle = token->idle;
    if (!idle) return;
    token->idle = NULL;
    park_wake(run, idle, 0, why);
}

/* Closed, and all is called: it is as if it had never been open. */
static void forget(struct run *run, struct tutti_token *token)
{
    struct tutti_token **place = &run->tokens;
    while (*place != token)
        place = &(*place)->next;
    *place = token->next;
    token->task = NULL;
    token->closing = false;
    EMIT(run, OBJ_FREE, .obj = token->object.id);
    run_pace(run);
}

/* Nothing is accepted from here on. A world with a say in what is seen has it while there still may
 * come something, and the turns of other tasks are not a matter of how long somebody posts. */
static void shut(struct run *run, struct tutti_token *token)
{
    bool asked = run->world->io->posts != NULL;
    if (asked) (void)look(run, token);
    atomic_fetch_and(&token->gate, ~GATE_OPEN);
    while (atomic_load(&token->gate)) {
        if (asked) continue;
        task_yield(run, run->current, "token.close", &token->object, token->object.site);
    }
}

/* Calls the posts that are seen; those that they post come later. */
static void call_all(struct run *run, struct tutti_token *token)
{
    struct tutti_post **end = &token->taken;
    uint32_t seen = run->world->io->posts ? look(run, token) : UINT32_MAX;
    while (*end)
        end = &(*end)->next;
    *end = take_all(token);
    for (; token->taken && seen > 0; seen--) {
        struct tutti_post *post = token->taken;
        token->taken = post->next;
        call(run, token, post);
    }
}

/* The token's task: calls what has come, then lets everybody else run before it looks again. */
static int serve(void *arg)
{
    struct tutti_token *token = arg;
    struct run *run = run_current;
    struct tutti_task *task = run->current;
    const struct tutti_site *site = token->object.site;
    bool last;
    do {
        last = token->closing;
        if (last) shut(run, token);
        call_all(run, token);
        if (last) break;
        if (token->closing || look(run, token)) {
            task_yield(run, task, "token.serve", &token->object, site);
        } else {
            wait_for_posts(run, token);
        }
    } while (true);
    forget(run, token);
    (void)tutti_lot_unpark(&token->closers, UINT32_MAX);
    if (token->closed) token->closed(token, false); /* from here on it may be somebody else's */
    return 0;
}

int tutti_token_open_at(struct tutti_token *token, const char *name, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (token->task) return tutti_error_at(site, false, TUTTI_ESTATE, "the token is open");
    const struct task_plan plan = {.name = "token", .fn = serve, .arg = token, .site = site};
    token->task = task_start(run, NULL, &plan);
    if (!token->task) return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory for a token");
    object_init(run, &token->object, TUTTI_OBJECT_TOKEN, name, 0, site);
    token->closers = (struct tutti_lot){.object = token->object};
    token->task->system = true;
    run->systems++;
    token->io = run->world->io;
    token->idle = NULL;
    token->closing = false;
    token->looks = 0;
    token->next = run->tokens;
    run->tokens = token;
    run_pace(run);
    atomic_fetch_or(&token->gate, GATE_OPEN);
    return 0;
}

static void close_soon(struct run *run, struct tutti_token *token)
{
    object_touch(run, &token->object, TUTTI_ACCESS_WRITE);
    token->closing = true;
    wake_server(run, token, TUTTI_READY_WAKE);
}

void tutti_token_close_at(struct tutti_token *token, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (token->task == run->current) {
        tutti_panic_at(site, "a token is closed by a function that was posted to it");
    }
    if (!token->task) {
        task_yield(run, run->current, "token.close", NULL, site);
        return;
    }
    struct tutti_park wait = TUTTI_PARK_INIT("token.close", &token->object, site);
    struct tutti_waiter waiter;
    wait.shielded = true;
    close_soon(run, token);
    tutti_lot_join(&token->closers, &wait, &waiter, NULL);
    (void)park(run, &wait);
}

/* The first task has ended: nothing new is accepted, and then the run ends. */
void token_close_all(struct run *run)
{
    for (struct tutti_token *token = run->tokens; token; token = token->next)
        close_soon(run, token);
}

/* Whoever has posts is to call them: looked at when a pass begins, and after each wait. */
void token_notice(struct run *run)
{
    for (struct tutti_token *token = run->tokens; token; token = token->next) {
        if (look(run, token)) wake_server(run, token, TUTTI_READY_POST);
    }
}

/* How many posts are accepted and not called. Others may only add some, at the front. */
uint64_t token_waiting(const struct run *run)
{
    uint64_t waiting = 0;
    for (const struct tutti_token *token = run->tokens; token; token = token->next)
        waiting += tutti_token_waiting(token);
    return waiting;
}

/* They will not be called: they may be posted elsewhere. */
static void drop(struct tutti_post *post)
{
    for (struct tutti_post *next; post; post = next) {
        next = post->next;
        atomic_store(&post->pending, false);
    }
}

/* The run is over and calls nothing any more. Others may be about to wake its world. */
void token_drop_all(struct run *run)
{
    struct tutti_io *io = run->world->io;
    struct tutti_clock *clock = run->world->clock;
    while (run->tokens) {
        struct tutti_token *token = run->tokens;
        atomic_fetch_and(&token->gate, ~GATE_OPEN);
        while (atomic_load(&token->gate)) {
            (void)io->wait(io, clock->now(clock) + TUTTI_MS);
        }
        drop(token->taken);
        drop(take_all(token));
        token->taken = NULL;
        token->task = NULL;
        run->tokens = token->next;
        if (token->closed) token->closed(token, true);
    }
}
