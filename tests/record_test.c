/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs in the real world, recorded and played back. The programs here are in the real world because
 * that is what a recording is of; nothing depends on how fast anything is. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "recorded_programs.h"

#include "tutti/core/loop.h"
#include "tutti/instruments/playback.h"
#include "tutti/instruments/record.h"
#include "tutti/instruments/text.h"
#include "tutti/instruments/trace_check.h"
#include "tutti/instruments/view.h"

/* A trace in memory, copied. */
struct trace {
    char *text;
    size_t size;
};

static struct trace keep(struct tutti_record *record)
{
    struct trace trace;
    const char *text = tutti_trace_text(tutti_record_trace(record), &trace.size);
    assert_non_null(text);
    trace.text = malloc(trace.size + 1);
    assert_non_null(trace.text);
    memcpy(trace.text, text, trace.size + 1);
    return trace;
}

static const struct tutti_trace_header header = {
    .prog = "record_test", .world = "real", .policy = "plain"};

/* One run in `world`, with a trace of all that came in. */
static struct trace run(const struct tutti_world *world, int (*fn)(void *arg), int level, int *rc)
{
    struct tutti_record *record;
    assert_int_equal(tutti_record_open(&record, world, NULL, &header, level), 0);
    *rc = tutti_run(tutti_record_world(record), fn, NULL);
    struct trace trace = keep(record);
    assert_int_equal(tutti_record_close(record, NULL), 0);
    return trace;
}

static struct trace record(int (*fn)(void *arg), int level)
{
    int rc;
    change = SAME;
    struct trace trace = run(tutti_world_real(), fn, level, &rc);
    if (rc < 0) print_error("recorded: %s\n", tutti_error_text(rc));
    assert_int_equal(rc, 0);
    return trace;
}

static struct tutti_playback *open_playback(const struct trace *trace)
{
    struct tutti_reader *reader;
    struct tutti_playback *playback;
    assert_int_equal(tutti_reader_open_memory(&reader, "run.jsonl", trace->text, trace->size), 0);
    if (tutti_playback_open(&playback, tutti_world_real(), reader) < 0) {
        print_error("%s\n", tutti_reader_error(reader));
        fail();
    }
    tutti_reader_close(reader);
    return playback;
}

static void check(const struct trace *trace)
{
    struct tutti_reader *reader;
    struct tutti_check_result result;
    assert_int_equal(tutti_reader_open_memory(&reader, "run.jsonl", trace->text, trace->size), 0);
    if (tutti_trace_check(reader, &result) < 0) fail_msg("%s", result.message);
    tutti_reader_close(reader);
}

/* Both are one from line 2 on. */
static void assert_same(const struct trace *a, const struct trace *b)
{
    struct tutti_trace_difference difference;
    const struct tutti_trace_source left = {.text = a->text, .size = a->size},
                                    right = {.text = b->text, .size = b->size};
    if (tutti_trace_compare_sources(&left, &right, &difference) == 0) return;
    fail_msg("line %llu:\n  %s\n  %s", (unsigned long long)difference.line, difference.a,
             difference.b);
}

/* A run of the real world is made again, three times, without it: the same in every byte. */
static void plays_back(int (*fn)(void *arg), int level)
{
    struct trace first = record(fn, level);
    check(&first);
    for (int i = 0; i < 3; i++) {
        int rc;
        bool cut;
        struct tutti_playback *playback = open_playback(&first);
        struct trace again = run(tutti_playback_world(playback), fn, level, &rc);
        const char *parted = tutti_playback_parted(playback, &cut);
        if (parted) print_error("%s\n", parted);
        assert_same(&first, &again);
        assert_null(parted);
        assert_int_equal(rc, 0);
        tutti_playback_close(playback);
        free(again.text);
    }
    free(first.text);
}

static void plays_back_everything(void **state)
{
    (void)state;
    for (int level = 1; level <= TUTTI_TRACE_LEVEL_MAX; level++)
        plays_back(everything, level);
}

/* By a host that steps as often as it can. */
static struct trace run_hosted(const struct tutti_world *world, int *rc)
{
    struct tutti_record *record;
    struct tutti_loop *loop;
    int64_t timeout_ns;
    assert_int_equal(tutti_record_open(&record, world, NULL, &header, 3), 0);
    assert_int_equal(tutti_loop_open(&loop, tutti_record_world(record), everything, NULL), 0);
    while (tutti_loop_step(loop, &timeout_ns) == TUTTI_LOOP_MORE)
        continue;
    *rc = tutti_loop_close(loop);
    struct trace trace = keep(record);
    assert_int_equal(tutti_record_close(record, NULL), 0);
    return trace;
}

static void plays_back_what_a_host_stepped(void **state)
{
    int rc;
    bool cut;
    (void)state;
    change = SAME;
    struct trace first = run_hosted(tutti_world_real(), &rc);
    assert_int_equal(rc, 0);
    struct tutti_playback *playback = open_playback(&first);
    struct trace again = run_hosted(tutti_playback_world(playback), &rc);
    assert_same(&first, &again);
    assert_null(tutti_playback_parted(playback, &cut));
    tutti_playback_close(playback);
    free(first.text);
    free(again.text);
}

/* Handles that are left open are left open again, and the run ends alike. */
static int leaves_open(void *arg)
{
    struct tutti_handle reader, writer;
    (void)arg;
    TUTTI_TRY(tutti_pipe_open(&reader, &writer));
    tutti_handle_close(writer);
    return tutti_sleep(1);
}

/* A function that nobody waits for any more, and what it was given. */
static atomic_int drops;
static sem_t abandoned;

static int wait_long(void *arg)
{
    (void)arg;
    while (sem_wait(&abandoned) < 0)
        continue;
    return 0;
}

static void count_drop(void *arg)
{
    (void)arg;
    atomic_fetch_add(&drops, 1);
}

static int call_long(void *arg)
{
    return tutti_worker_call_abandonable(wait_long, arg, count_drop);
}

static int abandons(void *arg)
{
    TUTTI_TRY(tutti_move_on_after(TUTTI_MS, call_long, arg));
    return tutti_sleep(1);
}

/* What a run ends with it ends with again. */
static void ends_again(void **state)
{
    static const struct {
        int (*fn)(void *arg);
        int rc;
    } programs[] = {{leaves_open, TUTTI_ELEAK}, {abandons, 0}};
    (void)state;
    sem_init(&abandoned, 0, 0);
    for (int i = 0; i < 2; i++) {
        int rc, before = drops;
        bool cut;
        struct trace first = run(tutti_world_real(), programs[i].fn, 3, &rc);
        assert_int_equal(rc, programs[i].rc);
        bool called = programs[i].fn == abandons;
        if (called) sem_post(&abandoned);
        while (called && drops == before)
            sched_yield();
        struct tutti_playback *playback = open_playback(&first);
        struct trace again = run(tutti_playback_world(playback), programs[i].fn, 3, &rc);
        assert_same(&first, &again);
        assert_int_equal(rc, programs[i].rc);
        assert_null(tutti_playback_parted(playback, &cut));
        assert_int_equal(drops, called ? before + 2 : before);
        tutti_playback_close(playback);
        free(first.text);
        free(again.text);
    }
}

/* A thread's post that is taken by the last look of all, in the step that closes the token; when it
 * is played back the thread is slow.                                                             */
static bool slow;
static atomic_bool last_posted;
static struct tutti_post first_post, last_post;

static int on_any(void *arg)
{
    tell("post", arg, 1);
    return 0;
}

static void *post_late(void *arg)
{
    for (int i = 0; slow && i < 20000; i++)
        sched_yield();
    last_post = (struct tutti_post){.fn = on_any, .arg = arg};
    assert_int_equal(tutti_token_post(&token, &last_post, 0), 0);
    atomic_store(&last_posted, true);
    return NULL;
}

static int closes_late(void *arg)
{
    pthread_t thread;
    (void)arg;
    last_posted = false;
    first_post = (struct tutti_post){.fn = on_any, .arg = ""};
    TUTTI_TRY(tutti_token_open(&token, "thread"));
    TUTTI_TRY(tutti_checkpoint()); /* its task waits now */
    TUTTI_TRY(tutti_token_post(&token, &first_post, 0));
    TUTTI_TRY(tutti_checkpoint()); /* and is ready again, behind this one */
    tutti_check(pthread_create(&thread, NULL, post_late, "x") == 0);
    while (!slow && !last_posted)
        sched_yield();
    tutti_token_close(&token);
    pthread_join(thread, NULL);
    return 0;
}

static void waits_before_a_token_closes(void **state)
{
    (void)state;
    slow = false;
    struct trace first = record(closes_late, 3);
    assert_non_null(strstr(first.text, "\"posts\":2}"));
    for (int i = 0; i < 3; i++) {
        int rc;
        bool cut;
        struct tutti_playback *playback = open_playback(&first);
        slow = true;
        struct trace again = run(tutti_playback_world(playback), closes_late, 3, &rc);
        slow = false;
        assert_same(&first, &again);
        assert_null(tutti_playback_parted(playback, &cut));
        tutti_playback_close(playback);
        free(again.text);
    }
    free(first.text);
}

/* Plays a recording back to a program that is another one by now: it is cancelled where it parts
 * from it, and that is said with a line of the recording. */
static void parts(const struct trace *trace, int (*fn)(void *arg), int wanted, const char *sentence)
{
    int rc;
    bool cut;
    struct tutti_playback *playback = open_playback(trace);
    struct trace again = run(tutti_playback_world(playback), fn, 3, &rc);
    const char *parted = tutti_playback_parted(playback, &cut);
    assert_non_null(parted);
    if (!strstr(parted, sentence)) fail_msg("\"%s\" has no \"%s\"", parted, sentence);
    assert_memory_equal(parted, "run.jsonl:", strlen("run.jsonl:"));
    assert_true(strtoull(parted + strlen("run.jsonl:"), NULL, 10) > 1);
    assert_false(cut);
    if (rc != wanted) fail_msg("%s: the run ends with %d", parted, rc);
    tutti_playback_close(playback);
    free(again.text);
}

static int sleeps_once(void *arg)
{
    (void)arg;
    return tutti_sleep(TUTTI_MS);
}

static int waits_in_vain(void *arg)
{
    struct tutti_socket a, b;
    (void)arg;
    TUTTI_TRY(tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM));
    int rc = receive_for_ever(&b);
    tutti_socket_close(&a);
    tutti_socket_close(&b);
    return rc;
}

static void another_program_is_told_where(void **state)
{
    static const struct {
        int (*fn)(void *arg);
        enum change change;
        int rc;
        const char *sentence;
    } cases[] = {
        {others, SLEEPS_MORE, TUTTI_ECANCELED,
         "here the run had all that came in, and now the program goes on"},
        {others, ASKS_MORE, TUTTI_ECANCELED, "and now the program does the operation pair, #"},
        {others, RETURNS_OTHER, TUTTI_ECANCELED, " calls returned 10, and now 11"},
        {bulk, READS_LESS, TUTTI_ECANCELED, " brought does not fit into the recv that it is now"},
        {from_outside, POSTS_MORE, 0, " closed with "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct trace first = record(cases[i].fn, 3);
        change = cases[i].change;
        parts(&first, cases[i].fn, cases[i].rc, cases[i].sentence);
        change = SAME;
        free(first.text);
    }
    struct trace first = record(sleeps_once, 3);
    parts(&first, waits_in_vain, TUTTI_ECANCELED,
          "here the clock was read, and now the program does the operation");
    free(first.text);
}

/* Every beginning of a recording is one: the program does what it did as far as that goes. */
static void plays_back_a_cut_recording(void **state)
{
    struct trace first = record(others, 3), again;
    size_t lines = 0;
    int parted_runs = 0;
    (void)state;
    for (char *at = first.text; (at = strchr(at, '\n')) != NULL; at++) {
        struct trace part = {.text = first.text, .size = (size_t)(at + 1 - first.text)};
        if (lines++ % 5 != 0 || part.size == first.size) continue;
        int rc;
        bool cut;
        struct tutti_playback *playback = open_playback(&part);
        again = run(tutti_playback_world(playback), others, 3, &rc);
        const char *parted = tutti_playback_parted(playback, &cut);
        assert_true(!parted || cut);
        if (parted) assert_non_null(strstr(parted, "the recording ends here without run.end"));
        parted_runs += parted != NULL;
        assert_true(again.size >= part.size);
        const char *from = strchr(first.text, '\n');
        const char *other = strchr(again.text, '\n');
        assert_memory_equal(from, other, part.size - (size_t)(from - first.text));
        tutti_playback_close(playback);
        free(again.text);
    }
    assert_true(parted_runs > 5);
    free(first.text);
}

#define HEAD                                                                                       \
    "{\"n\":1,\"t\":0,\"e\":\"run.begin\",\"v\":1,\"prog\":\"p\",\"test\":\"\",\"args\":[],"       \
    "\"version\":\"0.1.0\",\"world\":\"real\",\"clock\":\"recorded\",\"seed\":\"0x0\","            \
    "\"policy\":\"plain\",\"level\":3}\n"

static void refuses_what_is_no_recording(void **state)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {HEAD "{\"n\":2,\"t\":9,\"e\":\"clock.read\",\"ns\":9}\n"
              "{\"n\":3,\"t\":9,\"e\":\"clock.read\",\"ns\":8}\n",
         "bad.jsonl:3: the clock shows 8 ns after 9 "},
        {HEAD "{\"n\":2,\"t\":0,\"e\":\"clock.read\",\"ns\":-1}\n",
         "bad.jsonl:2: the clock shows -1 ns after 0 "},
        {HEAD "{\"n\":2,\"t\":0,\"e\":\"io.done\",\"io\":7,\"res\":1}\n"
              "{\"n\":3,\"t\":0,\"e\":\"io.done\",\"io\":7,\"res\":1}\n",
         "bad.jsonl:3: the operation #7 ends a second time"},
        {HEAD "{\"n\":2,\"t\":0,\"e\":\"io.done\",\"io\":0,\"res\":1}\n",
         "bad.jsonl:2: the operation #0 ends a second time, or was none"},
        {HEAD "{\"n\":2,\"t\":0,\"e\":\"io.done\",\"io\":7,\"res\":1,\"data\":\"QQ\"}\n",
         "bad.jsonl:2: \"data\" is no base64 "},
        {HEAD "{\"n\":2,\"t\":0,\"e\":\"io.data\",\"io\":7,\"data\":\"Q=Q=\"}\n",
         "bad.jsonl:2: \"data\" is no base64 "},
        {HEAD "{\"n\":2,\"t\":0,\"e\":\"post.seen\",\"obj\":7,\"look\":1,\"posts\":0}\n",
         "bad.jsonl:2: the looks at token #7 are in no order, or find nothing "},
        {HEAD "{\"n\":2,\"t\":0,\"e\":\"post.seen\",\"obj\":7,\"look\":2,\"posts\":1}\n"
              "{\"n\":3,\"t\":0,\"e\":\"post.seen\",\"obj\":7,\"look\":2,\"posts\":1}\n",
         "bad.jsonl:3: the looks at token #7 are in no order"},
        {HEAD "{\"n\":2,\"t\":0,\"e\":\"run.drop\",\"count\":3}\n",
         "bad.jsonl:2: events are missing, so the run cannot be repeated "},
        {HEAD "{\"n\":2,\"t\":0,\"e\":\"clock.read\",\"ns\":\n", "bad.jsonl:2: not JSON"},
    };
    (void)state;
    struct tutti_reader *reader;
    struct tutti_playback *playback;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            tutti_reader_open_memory(&reader, "bad.jsonl", cases[i].text, strlen(cases[i].text)),
            0);
        int rc = tutti_playback_open(&playback, tutti_world_real(), reader);
        assert_int_equal(rc, TUTTI_EINVALID);
        assert_null(playback);
        const char *said = tutti_reader_error(reader);
        if (!strstr(said, cases[i].sentence)) fail_msg("%s\n%s", said, cases[i].sentence);
        tutti_reader_close(reader);
    }
    struct tutti_trace *trace;
    size_t size;
    assert_int_equal(tutti_trace_open_memory(&trace, &header, 3), 0);
    const char *text = tutti_trace_text(trace, &size);
    assert_int_equal(tutti_reader_open_memory(&reader, "plain.jsonl", text, size), 0);
    assert_int_equal(tutti_playback_open(&playback, tutti_world_real(), reader), TUTTI_EINVALID);
    assert_non_null(strstr(tutti_reader_error(reader), "the trace is no recording"));
    tutti_reader_close(reader);
    tutti_trace_close(trace, NULL);
}

/* A name for what a trace needs not. */
static int lines_of(const struct trace *trace, const char *what)
{
    int count = 0;
    for (const char *at = trace->text; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

static int add(void *context, const char *text, size_t size)
{
    tutti_text_add(context, text, size);
    return 0;
}

/* `tutti trace cat` of what came in: how much, and what if it is a text. */
static void assert_cat(const struct trace *trace, const char *line)
{
    struct tutti_text text = {0};
    struct tutti_reader *reader;
    assert_int_equal(tutti_reader_open_memory(&reader, "run.jsonl", trace->text, trace->size), 0);
    assert_int_equal(tutti_view_cat(reader, add, &text), 0);
    if (!strstr(text.bytes, line)) fail_msg("no \"%s\" in\n%s", line, text.bytes);
    tutti_reader_close(reader);
    tutti_text_free(&text);
}

/* A trace of level 1 is enough; and what a recording adds is told in it only. */
static void has_what_came_in(void **state)
{
    int rc;
    (void)state;
    struct trace trace = record(everything, 1);
    assert_true(lines_of(&trace, "\"e\":\"io.data\"") > BULK / 768);
    assert_true(lines_of(&trace, "\"e\":\"post.seen\"") > 0);
    assert_true(lines_of(&trace, "\"e\":\"clock.read\"") > 10);
    assert_int_equal(lines_of(&trace, "\"e\":\"task.run\""), 0);
    assert_int_equal(lines_of(&trace, "\"clock\":\"recorded\""), 1);
    assert_non_null(strstr(trace.text, "\"data\":\"a25vY2s=\"")); /* knock */
    assert_cat(&trace, "  res 5  data 5 bytes: knock\n");
    assert_cat(&trace, "  data 768 bytes\n");
    free(trace.text);
    struct tutti_trace *plain;
    struct tutti_world world = *tutti_world_real();
    assert_int_equal(tutti_trace_open_memory(&plain, &header, TUTTI_TRACE_LEVEL_MAX), 0);
    world.sink = tutti_trace_sink(plain);
    rc = tutti_run(&world, everything, NULL);
    assert_int_equal(rc, 0);
    trace.text = (char *)(uintptr_t)tutti_trace_text(plain, &trace.size);
    assert_int_equal(lines_of(&trace, "\"data\":"), 0);
    assert_int_equal(lines_of(&trace, "\"e\":\"clock.read\""), 0);
    assert_int_equal(lines_of(&trace, "\"e\":\"post.seen\""), 0);
    tutti_trace_close(plain, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays_back_everything),
        cmocka_unit_test(plays_back_what_a_host_stepped),
        cmocka_unit_test(ends_again),
        cmocka_unit_test(waits_before_a_token_closes),
        cmocka_unit_test(another_program_is_told_where),
        cmocka_unit_test(plays_back_a_cut_recording),
        cmocka_unit_test(refuses_what_is_no_recording),
        cmocka_unit_test(has_what_came_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
