/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The flight recorder: whatever it dropped, its file is a good trace, and the state in it is that
 * of the whole trace, at any moment of many schedules with cancellations. And when it writes. */
#define _GNU_SOURCE
#include "rehearsed.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flight_files.h"
#include "tutti/core/sem.h"
#include "tutti/core/span.h"
#include "tutti/core/starting.h"
#include "tutti/core/sync.h"
#include "tutti/core/token.h"
#include "tutti/instruments/tee.h"
#include "tutti/instruments/view.h"

/* A program that makes and drops things of all kinds. */

static struct tutti_lock lock;
static struct tutti_sem sem;
static struct tutti_event told;

static int hold(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_lock_acquire(&lock));
    int rc = tutti_sleep(3);
    tutti_lock_release(&lock);
    return rc;
}

static int worker(void *arg)
{
    struct tutti_scope scope;
    struct tutti_span span;
    (void)arg;
    tutti_span_begin(&span, "work");
    TUTTI_TRY(tutti_sem_acquire(&sem)); /* main gives it back, or nobody does */
    TUTTI_TRY(tutti_scope_open(&scope, 7));
    int rc = tutti_move_on_after(4, hold, NULL);
    tutti_scope_set_deadline(&scope, 20);
    tutti_log(TUTTI_LOG_INFO, "a word in between");
    if (rc == 0) rc = tutti_event_wait(&told);
    tutti_span_end(&span);
    return tutti_scope_close(&scope, rc);
}

static int server(struct tutti_starting *starting, void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    int rc = tutti_sleep(1);
    if (rc == 0) rc = tutti_started(starting, 0);
    if (rc == 0) rc = tutti_sleep(9);
    return tutti_scope_close(&scope, rc);
}

static int inner(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_named(nursery, "one \"1\"", worker, arg));
    TUTTI_TRY(tutti_nursery_start_named(nursery, "two", worker, arg));
    TUTTI_TRY(tutti_sleep(2));
    tutti_sem_release(&sem);
    return 0;
}

static int outer(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, worker, arg));
    TUTTI_TRY(tutti_nursery_start_ready(nursery, server, arg, NULL));
    TUTTI_TRY(tutti_nursery_run(inner, arg));
    tutti_event_set(&told);
    return tutti_sleep(1);
}

static int everything(void *arg)
{
    tutti_lock_init(&lock, "lock");
    tutti_sem_init(&sem, "sem", 2, TUTTI_SEM_UNBOUNDED);
    tutti_event_init(&told, "told");
    return tutti_nursery_run(outer, arg);
}

static void state_survives(void **state)
{
    enum { SEEDS = 60 };
    static struct tutti_tee tee;
    (void)state;
    static const uint32_t rooms[] = {1, 7, 31, 60};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        uint32_t room = rooms[i];
        struct tutti_flight_options options = {.events = room, .quiet = true};
        struct tutti_bounds bounds = {
            .step = true, .kinds = 1u << TUTTI_CHOICE_RUN, .cancels_max = room % 3};
        struct tutti_rehearsal rehearsal = {.main = everything};
        struct tutti_pick_random random;
        memset(&watch, 0, sizeof watch);
        watch.sink = (struct tutti_sink){.mask = tutti_trace_mask(3), .event = watch_event};
        assert_int_equal(tutti_flight_open(&watch.flight, path, &header, &options), 0);
        tutti_tee_init(&tee);
        assert_int_equal(tutti_tee_add(&tee, tutti_flight_sink(watch.flight)), 0);
        assert_int_equal(tutti_tee_add(&tee, &watch.sink), 0);
        assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
        rehearsal.sim.world.sink = &tee.sink;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct tutti_verdict verdict; /* some deadlock, which is as good */
            tutti_pick_random_init(&random, &bounds, rehearsed_takes, REHEARSED_CHOICES, seed);
            tutti_rehearse(&rehearsal, &random.by.picker, &verdict);
        }
        tutti_sim_world_close(&rehearsal.sim);
        assert_true(watch.with_snap > SEEDS / 2 && watch.moved > 0);
        assert_int_equal(tutti_flight_close(watch.flight), 0);
        tutti_model_close(watch.model);
    }
}

/* Two tasks, each of which has what the other wants, and one that works meanwhile. */

static struct tutti_lock left, right;
static struct tutti_flight *flight;

static int busy(void *arg)
{
    (void)arg;
    for (int i = 0; i < 50; i++)
        TUTTI_TRY(tutti_sleep(1));
    return 0;
}

static int grab(struct tutti_lock *first, struct tutti_lock *second)
{
    TUTTI_TRY(tutti_lock_acquire(first));
    int rc = tutti_sleep(2);
    if (rc == 0) rc = tutti_lock_acquire(second);
    if (rc == 0) tutti_lock_release(second);
    tutti_lock_release(first);
    return rc;
}

static int lefty(void *arg)
{
    (void)arg;
    return grab(&left, &right);
}

static int righty(void *arg)
{
    (void)arg;
    return grab(&right, &left);
}

static int start_three(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, lefty, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, righty, arg));
    return tutti_nursery_start(nursery, busy, arg);
}

static int three(void *arg)
{
    tutti_lock_init(&left, "left");
    tutti_lock_init(&right, "right");
    return tutti_nursery_run(start_three, arg);
}

static int run_with(int (*fn)(void *arg), const struct tutti_flight_options *options)
{
    struct tutti_sim_world sim;
    (void)unlink(path);
    assert_int_equal(tutti_flight_open(&flight, path, &header, options), 0);
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    sim.world.sink = tutti_flight_sink(flight);
    int rc = tutti_run(&sim.world, fn, NULL);
    tutti_sim_world_close(&sim);
    return rc;
}

static char *read_file(size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    assert_non_null(file);
    assert_non_null(text);
    *size = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    return text;
}

/* The events that tell who has which lock are long gone, and yet the tree knows. */
static void deadlock_is_written(void **state)
{
    static const struct tutti_flight_options options = {.events = 16, .quiet = true};
    size_t size;
    (void)state;
    assert_int_equal(run_with(three, &options), TUTTI_EDEADLOCK);
    assert_int_equal(tutti_flight_close(flight), 0);
    assert_good_file(true);
    char *text = read_file(&size);
    char *tree = tutti_view_tree_text(text, size);
    assert_non_null(strstr(text, "\"e\":\"run.drop\""));
    assert_non_null(strstr(text, "\"e\":\"run.snap\""));
    assert_non_null(strstr(tree, "lefty #6: lock.acquire lock \"right\" since 2ns at"));
    assert_non_null(strstr(tree, "<- held by righty #7"));
    assert_non_null(strstr(tree, "<- held by lefty #6"));
    free(tree);
    free(text);
}

/* Every view takes such a file as it takes others. */
static void views_take_it(void **state)
{
    static const struct tutti_flight_options options = {.events = 16, .quiet = true};
    int (*const views[])(struct tutti_reader *, const struct tutti_view_options *, tutti_print *,
                         void *) = {tutti_view_stats, tutti_view_waits, tutti_view_path};
    (void)state;
    assert_int_equal(run_with(three, &options), TUTTI_EDEADLOCK);
    assert_int_equal(tutti_flight_close(flight), 0);
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        struct tutti_reader *reader;
        struct tutti_text out = {0};
        assert_int_equal(tutti_reader_open(&reader, path), 0);
        assert_int_equal(views[i](reader, NULL, tutti_view_collect, &out), 0);
        assert_non_null(out.bytes);
        tutti_text_free(&out);
        tutti_reader_close(reader);
    }
}

static void assert_bad(const char *text, const char *message)
{
    struct tutti_check_result result;
    struct tutti_reader *reader;
    assert_int_equal(tutti_reader_open_memory(&reader, "bad", text, strlen(text)), 0);
    assert_int_equal(tutti_trace_check(reader, &result), TUTTI_EINVALID);
    if (!strstr(result.message, message)) print_error("%s\n", result.message);
    assert_non_null(strstr(result.message, message));
    tutti_reader_close(reader);
}

/* A snapshot that is not what it says, one in the wrong place, one that uses what it did not make.
 */
static void false_snapshots(void **state)
{
    static const struct tutti_flight_options options = {.events = 16, .quiet = true};
    size_t size;
    (void)state;
    assert_int_equal(run_with(three, &options), TUTTI_EDEADLOCK);
    assert_int_equal(tutti_flight_close(flight), 0);
    char *text = read_file(&size);
    char *scopes = strstr(text, "\"scopes\":1");
    *(scopes + strlen("\"scopes\":")) = '2';
    assert_bad(text, "bad:25: run.snap of line 3 tells of 4 tasks, 1 nurseries, 2 scopes");
    *(scopes + strlen("\"scopes\":")) = '1';
    char *ids = strstr(text, "\"ids\":8");
    *(ids + strlen("\"ids\":")) = '0';
    char *parked = strstr(text, "\"task\":6,\"op\":\"lock.acquire\",\"obj\":3");
    *(parked + strlen("\"task\":6,\"op\":\"lock.acquire\",\"obj\":")) = '9';
    assert_bad(text, "obj is #9, which was never made");
    free(text);
    assert_bad(
        "{\"n\":1,\"t\":0,\"e\":\"run.begin\",\"v\":1,\"prog\":\"p\",\"test\":\"t\",\"args\":[],"
        "\"version\":\"0\",\"world\":\"sim\",\"seed\":\"0x0\",\"policy\":\"\",\"level\":3}\n"
        "{\"n\":2,\"t\":0,\"e\":\"task.spawn\",\"task\":1,\"parent\":0,\"nursery\":0,"
        "\"name\":\"main\"}\n"
        "{\"n\":3,\"t\":0,\"e\":\"run.snap\",\"tasks\":0,\"nurseries\":0,\"scopes\":0,"
        "\"objects\":0,\"lines\":0}\n",
        "bad:3: run.snap stands at the beginning");
}

/* A good run leaves no file, unless it is to; a short one is all there. */
static void good_runs(void **state)
{
    struct tutti_flight_options options = {.quiet = true};
    size_t size;
    (void)state;
    assert_int_equal(run_with(busy, &options), 0);
    assert_int_equal(tutti_flight_close(flight), 0);
    assert_int_equal(access(path, F_OK), -1);
    options.always = true;
    assert_int_equal(run_with(busy, &options), 0);
    assert_int_equal(tutti_flight_close(flight), 0);
    assert_good_file(true);
    char *text = read_file(&size);
    assert_null(strstr(text, "run.drop"));
    assert_non_null(strstr(text, "\"outcome\":\"ok\",\"steps\":51,"));
    free(text);
}

static void second_run_begins_anew(void **state)
{
    static const struct tutti_flight_options options = {.events = 16, .quiet = true};
    struct tutti_sim_world sim;
    struct tutti_options quick = {.name = "again", .quiet = true};
    size_t size;
    (void)state;
    assert_int_equal(run_with(three, &options), TUTTI_EDEADLOCK);
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    sim.world.sink = tutti_flight_sink(flight);
    sim.world.options = &quick;
    assert_int_equal(tutti_run(&sim.world, busy, NULL), 0);
    assert_int_equal(tutti_flight_write(flight), 0);
    tutti_sim_world_close(&sim);
    assert_int_equal(tutti_flight_close(flight), 0);
    assert_good_file(true);
    char *text = read_file(&size);
    assert_null(strstr(text, "righty"));
    assert_non_null(strstr(text, "\"name\":\"again\""));
    free(text);
}

/* Asked by a handler, by a post, and where it cannot write. */

static void on_signal(int number)
{
    (void)number;
    tutti_flight_request(flight);
}

static int raises(void *arg)
{
    (void)arg;
    if (raise(SIGUSR1) != 0) return TUTTI_EINTERNAL;
    tutti_check(access(path, F_OK) < 0); /* not in the handler itself */
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(access(path, F_OK) == 0);
    return 0;
}

static void signal_asks(void **state)
{
    static const struct tutti_flight_options options = {.quiet = true};
    (void)state;
    signal(SIGUSR1, on_signal);
    assert_int_equal(run_with(raises, &options), 0);
    signal(SIGUSR1, SIG_DFL);
    assert_int_equal(tutti_flight_close(flight), 0);
    assert_good_file(false);
}

static int posts(void *arg)
{
    static struct tutti_token token;
    static struct tutti_post post;
    (void)arg;
    token = (struct tutti_token){0};
    post = (struct tutti_post){.fn = tutti_flight_post, .arg = flight};
    TUTTI_TRY(tutti_token_open(&token, "dump"));
    TUTTI_TRY(tutti_token_post(&token, &post, 0));
    tutti_token_close(&token);
    tutti_check(access(path, F_OK) == 0);
    return 0;
}

static void post_asks(void **state)
{
    static const struct tutti_flight_options options = {.quiet = true};
    (void)state;
    assert_int_equal(run_with(posts, &options), 0);
    assert_int_equal(tutti_flight_close(flight), 0);
    assert_good_file(false);
}

static void errors(void **state)
{
    struct tutti_flight_options options = {.level = 5};
    (void)state;
    assert_int_equal(tutti_flight_open(&flight, path, &header, &options), TUTTI_EINVALID);
    assert_null(flight);
    options = (struct tutti_flight_options){.quiet = true};
    assert_int_equal(tutti_flight_open(&flight, "/nowhere/at/all", &header, &options), 0);
    assert_int_equal(tutti_flight_write(flight), -ENOENT);
    assert_int_equal(tutti_flight_close(flight), -ENOENT);
    assert_int_equal(tutti_flight_open(&flight, "/dev/full", &header, &options), 0);
    assert_int_equal(tutti_flight_write(flight), -ENOSPC);
    assert_int_equal(tutti_flight_close(flight), -ENOSPC);
    assert_int_equal(tutti_flight_close(NULL), 0);
}

/* In a process of its own, which ends by it: the file's last line is the panic. */
static int falls(void *arg)
{
    TUTTI_TRY(busy(arg));
    tutti_panic("nothing goes on from here");
}

static void panic_is_written(void **state)
{
    static const struct tutti_flight_options options = {.events = 16, .quiet = true};
    size_t size;
    int status;
    (void)state;
    (void)unlink(path);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr)) _exit(1);
        signal(SIGABRT, SIG_DFL);
        (void)run_with(falls, &options);
        _exit(2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_good_file(false);
    char *text = read_file(&size);
    char *last = strstr(text, "\"e\":\"warn\",\"kind\":\"panic\"");
    assert_non_null(last);
    char *end = strchr(last, '\n') + 1;
    assert_non_null(strstr(end, "\"e\":\"run.sofar\""));
    assert_ptr_equal(strchr(end, '\n') + 1, text + size);
    assert_non_null(strstr(last, "nothing goes on from here"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_survives), cmocka_unit_test(deadlock_is_written),
        cmocka_unit_test(views_take_it),  cmocka_unit_test(false_snapshots),
        cmocka_unit_test(good_runs),      cmocka_unit_test(second_run_begins_anew),
        cmocka_unit_test(signal_asks),    cmocka_unit_test(post_asks),
        cmocka_unit_test(errors),         cmocka_unit_test(panic_is_written),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
