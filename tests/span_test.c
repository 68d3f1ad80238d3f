/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a program says about itself, memory that the picker refuses, checkpoints that do not park:
 * how all that looks in a trace. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "trace_script.h"
#include "tutti/core/compose.h"
#include "tutti/core/mem.h"
#include "tutti/core/span.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/instruments/chrome.h"
#include "tutti/instruments/trace_check.h"
#include "tutti/sim/sim_world.h"

static struct tutti_trace *trace;
static const char *text;
static size_t size;

/* Runs it in the simulated world; the code. */
static int run(int (*main)(void *arg), int level, struct tutti_pick *pick)
{
    struct tutti_sim_world sim;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    assert_int_equal(tutti_trace_open_memory(&trace, &script_header, level), 0);
    sim.world.sink = tutti_trace_sink(trace);
    sim.world.pick = pick;
    int rc = tutti_run(&sim.world, main, NULL);
    tutti_sim_world_close(&sim);
    text = tutti_trace_text(trace, &size);
    return rc;
}

static struct tutti_reader *reader_of(const char *bytes, size_t length)
{
    struct tutti_reader *reader;
    assert_int_equal(tutti_reader_open_memory(&reader, "text", bytes, length), 0);
    return reader;
}

/* "" or what is wrong with a trace. */
static const char *checked(const char *bytes, size_t length)
{
    static struct tutti_check_result result;
    struct tutti_reader *reader = reader_of(bytes, length);
    int rc = tutti_trace_check(reader, &result);
    assert_true((rc < 0) == (*result.message != '\0'));
    tutti_reader_close(reader);
    return result.message;
}

static size_t count(const char *what)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, what)); at++) {
        found++;
    }
    return found;
}

static struct tutti_span shared;

static int first(void *arg)
{
    (void)arg;
    char name[] = "transfer";
    tutti_span_begin(&shared, name);
    name[0] = 'X'; /* the trace has a copy */
    tutti_log(TUTTI_LOG_INFO, "moved %d from %s", 10, "A");
    return tutti_checkpoint();
}

static int second(void *arg)
{
    (void)arg;
    struct tutti_span own;
    tutti_span_begin(&own, "other");
    TUTTI_TRY(tutti_checkpoint());
    tutti_span_end(&shared); /* of the other task, and across its step */
    tutti_span_end(&shared); /* nothing */
    tutti_span_end(&own);
    return tutti_checkpoint_if_cancelled();
}

static int talk(void *arg)
{
    static struct tutti_lock lock;
    (void)arg;
    tutti_lock_init(&lock, "lock");
    TUTTI_TRY(tutti_lock_acquire(&lock));
    tutti_lock_release(&lock);
    struct tutti_branch both[] = {TUTTI_BRANCH(first, NULL), TUTTI_BRANCH(second, NULL)};
    return tutti_gather(both, 2);
}

static void test_lines(void **state)
{
    (void)state;
    assert_int_equal(run(talk, 4, NULL), 0);
    assert_string_equal(checked(text, size), "");
    assert_int_equal(count("\"e\":\"span.begin\""), 2);
    assert_int_equal(count("\"e\":\"span.end\""), 2);
    assert_int_equal(count(",\"name\":\"transfer\",\"at\":\""), 1);
    assert_int_equal(count(",\"lvl\":\"info\",\"msg\":\"moved 10 from A\",\"at\":\""), 1);
    /* the lock, which was free, looks, too */
    assert_int_equal(count("\"e\":\"task.ck\""), 2);
    tutti_trace_close(trace, NULL);
    /* One level less, and without checkpoints; two less, and the ids are the same. */
    assert_int_equal(run(talk, 2, NULL), 0);
    assert_string_equal(checked(text, size), "");
    assert_int_equal(count("\"e\":\"span.begin\""), 2);
    assert_int_equal(count("\"e\":\"task.ck\""), 0);
    tutti_trace_close(trace, NULL);
    assert_int_equal(run(talk, 1, NULL), 0);
    assert_int_equal(count("\"e\":\"log\""), 0);
    tutti_trace_close(trace, NULL);
}

/* In the export they are pairs, which overlap. */
static void test_chrome(void **state)
{
    (void)state;
    struct tutti_text out = {0};
    assert_int_equal(run(talk, 3, NULL), 0);
    struct tutti_reader *reader = reader_of(text, size);
    assert_int_equal(tutti_chrome_export(reader, TUTTI_CHROME_STEPS, tutti_view_collect, &out), 0);
    tutti_reader_close(reader);
    tutti_trace_close(trace, NULL);
    text = out.bytes;
    assert_int_equal(count("{\"ph\":\"b\""), 2);
    assert_int_equal(count("{\"ph\":\"e\""), 2);
    assert_int_equal(count("\"cat\":\"span\""), 4);
    assert_int_equal(count("\"name\":\"transfer\""), 2);
    tutti_text_free(&out);
}

static int talk_long(void *arg)
{
    char words[2000];
    (void)arg;
    memset(words, 'x', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    tutti_log(TUTTI_LOG_ERROR, "%s", words);
    return 0;
}

static void test_long_message(void **state)
{
    (void)state;
    assert_int_equal(run(talk_long, 2, NULL), 0);
    assert_string_equal(checked(text, size), "");
    assert_int_equal(count("xxxx...\",\"at\":"), 1);
    tutti_trace_close(trace, NULL);
}

static bool asked; /* the program itself asks for memory */

static uint32_t refuse(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    (void)pick;
    return asked ? choice->of - 1 : 0;
}

static int hungry(void *arg)
{
    (void)arg;
    asked = true;
    void *memory = tutti_malloc(1234);
    asked = false;
    int rc = memory ? -1 : 0;
    tutti_free(memory);
    return rc;
}

/* Refused memory is a fault, told after its choice. */
static void test_fault(void **state)
{
    (void)state;
    struct tutti_pick pick = {.mask = 1u << TUTTI_CHOICE_ALLOC, .pick = refuse};
    assert_int_equal(run(hungry, 2, &pick), 0);
    assert_string_equal(checked(text, size), "");
    assert_int_equal(count("\"e\":\"fault\",\"kind\":\"alloc\",\"val\":"), 1);
    assert_int_equal(count("\"kind\":\"alloc\",\"of\":2,\"pick\":1"), 1);
    tutti_trace_close(trace, NULL);
}

#define SPAWN "\"t\":0,\"e\":\"task.spawn\",\"task\":1,\"parent\":0,\"nursery\":0,\"name\":\"main\""

static void test_rules(void **state)
{
    (void)state;
    static struct script script;
    static const struct {
        const char *lines[2], *wrong;
    } bad[] = {
        {{"\"t\":0,\"e\":\"span.end\",\"task\":1,\"span\":2"}, "span is #2, which was never made"},
        {{"\"t\":0,\"e\":\"span.begin\",\"task\":9,\"span\":2,\"name\":\"a\",\"at\":\"a.c:1\""},
         "task is #9, which was never made"},
        {{"\"t\":0,\"e\":\"span.begin\",\"task\":1,\"span\":1,\"name\":\"a\",\"at\":\"a.c:1\""},
         "a new id names task #1"},
        {{"\"t\":0,\"e\":\"log\",\"task\":3,\"lvl\":\"info\",\"msg\":\"a\",\"at\":\"a.c:1\""},
         "task is #3, which was never made"},
        {{"\"t\":0,\"e\":\"task.ck\",\"task\":1,\"at\":\"a.c:1\""}, "task.ck names task #1"},
        /* What came before events are missing counts no more, what a line says does. */
        {{"\"t\":0,\"e\":\"run.drop\",\"count\":0", "\"t\":0,\"e\":\"task.run\",\"task\":77"},
         "task is #77, which was never made"},
        {{"\"t\":5,\"e\":\"run.drop\",\"count\":9", "\"t\":4,\"e\":\"task.run\",\"task\":77"},
         "t is 4 after 5"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        script_begin(&script, SCRIPT_HEAD("4"));
        script_line(&script, SPAWN);
        script_line(&script, bad[i].lines[0]);
        if (bad[i].lines[1]) script_line(&script, bad[i].lines[1]);
        const char *wrong = checked(script.text, script.size);
        if (!strstr(wrong, bad[i].wrong)) fail_msg("%s\nand not\n%s", wrong, bad[i].wrong);
    }
    script_begin(&script, SCRIPT_HEAD("4"));
    script_line(&script, "\"t\":0,\"e\":\"run.drop\",\"count\":4096");
    script_line(&script, "\"t\":0,\"e\":\"task.run\",\"task\":77");
    script_line(&script, "\"t\":0,\"e\":\"task.park\",\"task\":77,\"op\":\"sleep\",\"ck\":1");
    script_end(&script, "deadlock", 900, 20, 80);
    assert_string_equal(checked(script.text, script.size), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),        cmocka_unit_test(test_chrome),
        cmocka_unit_test(test_long_message), cmocka_unit_test(test_fault),
        cmocka_unit_test(test_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
