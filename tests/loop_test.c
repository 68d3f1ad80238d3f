/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A run driven by another loop: its steps, its timeouts, what the host may do in between. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tiny_world.h"
#include "tutti/core/loop.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"
#include "tutti/core/token.h"
#include "tutti/io/real.h"
#include "tutti/io/socket.h"

static struct tiny_world tiny;
static int steps, wakes;

static void count_wake(struct tutti_io *io)
{
    (void)io;
    wakes++;
}

static const struct tutti_world *host_world(void)
{
    static const struct tutti_options quiet = {.quiet = true};
    tiny_world_init(&tiny);
    tiny.io.wake = count_wake;
    tiny.world.options = &quiet;
    steps = wakes = 0;
    return &tiny.world;
}

static int ticks(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        steps++;
        TUTTI_TRY(tutti_checkpoint());
    }
    return 0;
}

static int start_ticks(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, ticks, arg));
    return tutti_nursery_start(nursery, ticks, arg);
}

static int ticks_then_sleep(void *arg)
{
    TUTTI_TRY(tutti_nursery_run(start_ticks, arg));
    TUTTI_TRY(tutti_sleep(100));
    return 7;
}

/* A step is a pass, however many tasks are always ready; then the host has its turn. */
static void one_pass_a_step(void **state)
{
    struct tutti_loop *loop;
    int64_t timeout_ns = -1;
    (void)state;
    assert_int_equal(tutti_loop_open(&loop, host_world(), ticks_then_sleep, NULL), 0);
    assert_true(tutti_in_run() && !tutti_in_task());
    assert_int_equal(steps, 0);
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE); /* main opens */
    for (int pass = 1; pass <= 3; pass++) {
        assert_int_equal(timeout_ns, 0);
        assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE);
        assert_int_equal(steps, pass * 2);
    }
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE); /* they end */
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE); /* main sleeps */
    assert_int_equal(timeout_ns, 100);
    tiny.now_ns += 40; /* the host had something else to do */
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE);
    assert_int_equal(timeout_ns, 60);
    tiny.now_ns += 60;
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_ENDED);
    assert_int_equal(tutti_loop_close(loop), 7);
    assert_false(tutti_in_run());
}

static struct tutti_event event;
static struct tutti_scope scope;

static int wait_for_host(void *arg)
{
    (void)arg;
    tutti_event_init(&event, "the host's");
    TUTTI_TRY(tutti_event_wait(&event));
    TUTTI_TRY(tutti_scope_open(&scope, 1000));
    return tutti_scope_close(&scope, tutti_sleep_forever());
}

/* Between two steps the host sets, cancels and moves deadlines: its wait ends, once. Waiting for
 * ever is no deadlock. */
static void host_may_call(void **state)
{
    struct tutti_loop *loop;
    int64_t timeout_ns;
    (void)state;
    assert_int_equal(tutti_loop_open(&loop, host_world(), wait_for_host, NULL), 0);
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE);
    assert_true(timeout_ns == TUTTI_NEVER);
    assert_int_equal(wakes, 0);
    tutti_event_set(&event);
    assert_int_equal(wakes, 1);
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE);
    assert_int_equal(timeout_ns, 1000);
    tutti_scope_set_deadline(&scope, 500);
    tutti_scope_set_deadline(&scope, 400);
    assert_int_equal(wakes, 2);
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE);
    assert_int_equal(timeout_ns, 400);
    tiny.now_ns = 30;
    assert_int_equal(tutti_now(), 30);
    tutti_scope_cancel(&scope);
    assert_int_equal(wakes, 3);
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_ENDED);
    assert_int_equal(tutti_loop_close(loop), 0);
    assert_true(scope.caught);
}

static int nested(void *arg)
{
    struct tutti_loop *loop;
    (void)arg;
    tutti_check(tutti_loop_open(&loop, &tiny.world, ticks, NULL) == TUTTI_ESTATE);
    return -5;
}

static int tutti_free_of_steps(void *arg)
{
    (void)arg;
    tutti_check(!"this fails");
    return 0;
}

/* What it returns is what tutti_run does. */
static void codes(void **state)
{
    struct tutti_loop *loop, *other;
    struct tutti_world unusable = {.error = -24};
    int64_t timeout_ns;
    (void)state;
    assert_int_equal(tutti_loop_open(&loop, host_world(), nested, NULL), 0);
    assert_int_equal(tutti_loop_open(&other, &tiny.world, nested, NULL), TUTTI_ESTATE);
    assert_int_equal(tutti_run(&tiny.world, nested, NULL), TUTTI_ESTATE);
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_ENDED);
    assert_int_equal(tutti_loop_close(loop), -5);
    assert_int_equal(tutti_loop_open(NULL, &tiny.world, nested, NULL), TUTTI_EINVALID);
    assert_int_equal(tutti_loop_open(&loop, NULL, nested, NULL), TUTTI_EINVALID);
    assert_int_equal(tutti_loop_open(&loop, &tiny.world, NULL, NULL), TUTTI_EINVALID);
    assert_int_equal(tutti_loop_open(&loop, &unusable, nested, NULL), -24);
    assert_int_equal(tutti_loop_open(&loop, host_world(), tutti_free_of_steps, NULL), 0);
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_ENDED);
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_ENDED);
    assert_int_equal(tutti_loop_close(loop), TUTTI_ECHECK);
    assert_int_equal(tutti_loop_open(&loop, host_world(), ticks_then_sleep, NULL), 0);
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE);
    assert_int_equal(tutti_loop_close(loop), TUTTI_EABANDONED); /* dropped where it is */
    assert_int_equal(tutti_run(host_world(), ticks, NULL), 0);
}

struct counting {
    struct tutti_alloc alloc;
    int left, live;
};

static void *resize_counted(struct tutti_alloc *alloc, void *old, size_t old_size, size_t size)
{
    struct counting *counting = TUTTI_CONTAINER(alloc, struct counting, alloc);
    (void)old_size;
    if (!size) {
        counting->live -= old != NULL;
        free(old);
        return NULL;
    }
    if (counting->left-- == 0) return NULL;
    counting->live += old == NULL;
    return realloc(old, size);
}

static void no_memory(void **state)
{
    struct counting counting = {.alloc = {resize_counted}};
    struct tutti_loop *loop;
    int64_t timeout_ns;
    (void)state;
    host_world();
    tiny.world.alloc = &counting.alloc;
    assert_int_equal(tutti_loop_open(&loop, &tiny.world, ticks, NULL), TUTTI_ENOMEMORY);
    counting.left = 1;
    assert_int_equal(tutti_loop_open(&loop, &tiny.world, ticks, NULL), 0);
    while (tutti_loop_step(loop, &timeout_ns) == TUTTI_LOOP_MORE) {
    }
    assert_int_equal(tutti_loop_close(loop), 0);
    assert_int_equal(counting.live, 0);
}

static int posted(void *arg)
{
    tutti_event_set(arg);
    return 0;
}

static struct tutti_token token;

static int real_main(void *arg)
{
    tutti_event_init(&event, "posted");
    TUTTI_TRY(tutti_token_open(&token, "host"));
    TUTTI_TRY(tutti_sleep(TUTTI_MS));
    ++*(int *)arg;
    return tutti_event_wait(&event);
}

/* Real time: a host of poll() and the real world's descriptor. */
static void in_the_real_world(void **state)
{
    struct tutti_loop *loop;
    struct tutti_post post = {.fn = posted, .arg = &event};
    struct pollfd poll_fd = {.fd = tutti_world_real_descriptor(), .events = POLLIN};
    int64_t timeout_ns;
    int slept = 0, turns = 0;
    (void)state;
    assert_true(poll_fd.fd >= 0);
    assert_int_equal(tutti_loop_open(&loop, tutti_world_real(), real_main, &slept), 0);
    while (tutti_loop_step(loop, &timeout_ns) == TUTTI_LOOP_MORE) {
        assert_true(++turns < 100);
        if (slept && !post.pending && timeout_ns == TUTTI_NEVER) {
            assert_int_equal(tutti_token_post(&token, &post, 0), 0);
        }
        int64_t ms = timeout_ns == TUTTI_NEVER ? -1 : (timeout_ns + TUTTI_MS - 1) / TUTTI_MS;
        (void)poll(&poll_fd, 1, (int)ms);
    }
    assert_int_equal(tutti_loop_close(loop), 0);
    assert_int_equal(slept, 1);
}

/* A host that cancels an operation is to make the step in which it completes. */
static struct tutti_scope receiving;

static int receives(void *arg)
{
    struct tutti_socket *pair = arg;
    char byte;
    TUTTI_TRY(tutti_socket_pair(&pair[0], &pair[1], TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_scope_open(&receiving, TUTTI_NEVER));
    int rc = tutti_scope_close(&receiving, tutti_socket_receive(&pair[0], &byte, 1));
    tutti_check(tutti_scope_caught(&receiving));
    rc = rc < 0 ? rc : tutti_socket_receive(&pair[0], &byte, 1); /* until there is something */
    tutti_socket_close(&pair[0]);
    tutti_socket_close(&pair[1]);
    return rc == 1 ? 0 : rc;
}

/* Steps as a host would, until it has nothing to do but wait. */
static void step_until_idle(struct tutti_loop *loop, struct pollfd *poll_fd)
{
    int64_t timeout_ns;
    do {
        assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE);
    } while (timeout_ns != TUTTI_NEVER || poll(poll_fd, 1, 0) == 1);
}

static void waits_for_io(void **state)
{
    struct tutti_loop *loop;
    struct tutti_socket pair[2];
    struct pollfd poll_fd = {.fd = tutti_world_real_descriptor(), .events = POLLIN};
    int64_t timeout_ns;
    (void)state;
    assert_int_equal(tutti_loop_open(&loop, tutti_world_real(), receives, pair), 0);
    step_until_idle(loop, &poll_fd);
    tutti_scope_cancel(&receiving);
    assert_int_equal(poll(&poll_fd, 1, 0), 1);
    step_until_idle(loop, &poll_fd);
    int far = tutti_real_descriptor(pair[1].handle);
    assert_int_equal(send(far, "x", 1, 0), 1);
    assert_int_equal(poll(&poll_fd, 1, 0), 1);
    while (tutti_loop_step(loop, &timeout_ns) == TUTTI_LOOP_MORE) {
    }
    assert_int_equal(tutti_loop_close(loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_pass_a_step),
        cmocka_unit_test(host_may_call),
        cmocka_unit_test(codes),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(in_the_real_world),
        cmocka_unit_test(waits_for_io),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
