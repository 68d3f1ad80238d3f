/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What people see of a trace: cat, tree, lanes, and the model below them. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "trace_script.h"
#include "tutti/instruments/model.h"
#include "tutti/instruments/trace_check.h"
#include "tutti/instruments/view.h"

static struct script script;

/* The bank's trace of a level; to be closed. */
static struct tutti_trace *bank(int level, const char **text, size_t *size)
{
    struct tutti_trace *trace;
    assert_int_equal(tutti_trace_open_memory(&trace, &script_header, level), 0);
    assert_int_equal(script_play(trace), 0);
    *text = tutti_trace_text(trace, size);
    assert_non_null(*text);
    return trace;
}

static struct tutti_reader *open_text(const char *text, size_t size)
{
    struct tutti_reader *reader;
    if (tutti_reader_open_memory(&reader, "text", text, size) < 0) {
        fail_msg("%s", tutti_reader_error(reader));
    }
    return reader;
}

static void test_tree(void **state)
{
    (void)state;
    const char *text;
    size_t size;
    struct tutti_trace *trace = bank(3, &text, &size);
    char *tree = tutti_view_tree_text(text, size);
    assert_string_equal(
        tree, "after event 32, at 104us, the end: deadlock: 3 tasks wait\n"
              "`- main #1: nursery.join nursery \"tellers\" since 0us at bank.c:103\n"
              "      nursery \"tellers\" #5\n"
              "      |- teller 1 #6: lock.acquire lock \"account B\" since 104us at bank.c:43"
              "  <- held by teller 2 #7\n"
              "      `- teller 2 #7: lock.acquire lock \"account A\" since 100us at bank.c:43"
              "  <- held by teller 1 #6\n");
    free(tree);
    tutti_trace_close(trace, NULL);
}

static void assert_tree_at(const char *text, size_t size, uint64_t n, const char *wanted)
{
    struct tutti_reader *reader = open_text(text, size);
    struct tutti_text out = {0};
    assert_int_equal(tutti_view_tree(reader, n, tutti_view_collect, &out), 0);
    assert_string_equal(out.bytes, wanted);
    tutti_text_free(&out);
    tutti_reader_close(reader);
}

static void test_tree_at_events(void **state)
{
    (void)state;
    const char *text;
    size_t size;
    struct tutti_trace *trace = bank(3, &text, &size);
    assert_tree_at(text, size, 1, "after event 1, at 0us\nno task is alive\n");
    assert_tree_at(text, size, 2, "after event 2, at 0us\n`- main #1: alive since 0us\n");
    assert_tree_at(text, size, 15,
                   "after event 15, at 0us\n"
                   "`- main #1: nursery.join nursery \"tellers\" since 0us at bank.c:103\n"
                   "      nursery \"tellers\" #5\n"
                   "      |- teller 1 #6: ready since 0us (spawn by main #1)\n"
                   "      `- teller 2 #7: running since 0us\n");
    assert_tree_at(text, size, 22,
                   "after event 22, at 100us\n"
                   "`- main #1: nursery.join nursery \"tellers\" since 0us at bank.c:103\n"
                   "      nursery \"tellers\" #5\n"
                   "      |- teller 1 #6: sleep since 0us until 104us at bank.c:40\n"
                   "      `- teller 2 #7: ready since 100us (timer) in sleep at bank.c:40\n");
    tutti_trace_close(trace, NULL);
    trace = bank(1, &text, &size);
    assert_tree_at(text, size, 0,
                   "the trace is of level 1, which has no tasks: write it with a higher level\n");
    tutti_trace_close(trace, NULL);
}

static void assert_lanes(const char *text, size_t size, uint32_t width, uint32_t rows,
                         const char *wanted)
{
    struct tutti_lanes_options options = {.width = width, .rows = rows};
    char *lanes = tutti_view_lanes_text(text, size, &options);
    assert_string_equal(lanes, wanted);
    free(lanes);
}

static void test_lanes(void **state)
{
    (void)state;
    const char *text;
    size_t size;
    struct tutti_trace *trace = bank(3, &text, &size);
    assert_lanes(text, size, 0, 0,
                 "   step    time  main     teller 1 teller 2\n"
                 "      1     0us  *        |        |        nursery.join tellers\n"
                 "      2     0us  .        |        *        [1/2] sleep until 100us\n"
                 "      3     0us  .        *        .        lock account A; sleep until 104us\n"
                 "      4   100us  .        .        *        lock account B; lock.acquire account "
                 "A\n"
                 "      5   104us  .        *        .        lock.acquire account B\n"
                 "     !!   104us  deadlock: main, teller 1, teller 2\n");
    assert_lanes(
        text, size, 80, 2,
        "... 3 rows before\n"
        "   step    time  main     teller 1 teller 2\n"
        "      4   100us  .        .        *        lock account B; lock.acquire acco...\n"
        "      5   104us  .        *        .        lock.acquire account B\n"
        "     !!   104us  deadlock: main, teller 1, teller 2\n");
    tutti_trace_close(trace, NULL);
    trace = bank(2, &text, &size);
    assert_lanes(text, size, 80, 0,
                 "the trace is of level 2, which has no steps: write it with level 3 or higher\n");
    tutti_trace_close(trace, NULL);
}

/* Pseudo-tasks have rows of their own; a crash has no run.end. */
static void test_lanes_of_pseudo_tasks(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "\"t\":0,\"e\":\"task.spawn\",\"task\":1,\"parent\":0,\"nursery\":0,\"name\":\"main\","
        "\"at\":\"a.c:1\"",
        "\"t\":0,\"e\":\"task.ready\",\"task\":1,\"why\":\"spawn\",\"by\":0",
        "\"t\":0,\"e\":\"task.run\",\"task\":1",
        "\"t\":0,\"e\":\"scope.open\",\"scope\":2,\"task\":1,\"parent\":0,\"until\":5000,"
        "\"at\":\"src/a.c:2\"",
        "\"t\":0,\"e\":\"task.park\",\"task\":1,\"op\":\"sleep\",\"until\":2500,\"ck\":1",
        "\"t\":0,\"e\":\"choice\",\"kind\":\"run\",\"of\":2,\"pick\":0,\"key\":0,"
        "\"what\":\"advance\"",
        "\"t\":2500,\"e\":\"choice\",\"kind\":\"run\",\"of\":2,\"pick\":0,\"key\":1,"
        "\"what\":\"timer\"",
        "\"t\":2500,\"e\":\"task.ready\",\"task\":1,\"why\":\"timer\",\"by\":0",
        "\"t\":2500,\"e\":\"choice\",\"kind\":\"run\",\"of\":2,\"pick\":1,\"key\":2,"
        "\"what\":\"cancel\"",
        "\"t\":2500,\"e\":\"scope.cancel\",\"scope\":2,\"why\":\"explorer\",\"by\":0",
        "\"t\":2500,\"e\":\"task.run\",\"task\":1",
        "\"t\":2500,\"e\":\"choice\",\"kind\":\"user\",\"of\":3,\"pick\":2,\"key\":0,"
        "\"what\":\"none\"",
        "\"t\":2500,\"e\":\"task.cancelled\",\"task\":1,\"scope\":2,\"op\":\"checkpoint\"",
        "\"t\":2500,\"e\":\"scope.close\",\"scope\":2,\"caught\":true",
        "\"t\":2500,\"e\":\"task.exit\",\"task\":1,\"outcome\":\"error\",\"err\":-5,\"steps\":2,"
        "\"ck\":1",
    };
    script_begin(&script, SCRIPT_HEAD("3"));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        script_line(&script, lines[i]);
    }
    assert_lanes(script.text, script.size, 0, 0,
                 "   step    time  main\n"
                 "      1     0us  *    sleep until 2.5us\n"
                 "      -     0us  .    [0/2] time goes on\n"
                 "      -   2.5us  ~    [0/2] timer of main\n"
                 "      -   2.5us  !    [1/2] cancels scope #2 (a.c:2)\n"
                 "      2   2.5us  *    user [2/3]; cancelled in checkpoint; exits: error -5\n"
                 "     !!   2.5us  no run.end: the run crashed here, or the file was cut\n");
    assert_tree_at(script.text, script.size, 11,
                   "after event 11, at 2.5us\n"
                   "`- main #1: ready since 2.5us (timer) in sleep\n"
                   "      scope #2, until 5us, cancelled by explorer at 2.5us at src/a.c:2\n");
    /* Last words are shown. */
    struct script crash = script;
    script_line(&crash, "\"t\":2500,\"e\":\"warn\",\"kind\":\"panic\",\"msg\":\"oh\","
                        "\"at\":\"a.c:9\"");
    char *last_words = tutti_view_lanes_text(crash.text, crash.size, NULL);
    assert_non_null(strstr(last_words, "crashed here, or the file was cut: oh at a.c:9\n"));
    free(last_words);
    script_end(&script, "error", 2, 4, 1);
    char *lanes = tutti_view_lanes_text(script.text, script.size, NULL);
    assert_non_null(strstr(lanes, "\n     !!   900ns  error\n"));
    free(lanes);
}

/* A hundred tasks: no line is wider than the page, and what is left out is said. */
static void many_tasks(int tasks)
{
    char line[300];
    script_begin(&script, SCRIPT_HEAD("3"));
    script_line(&script, "\"t\":0,\"e\":\"task.spawn\",\"task\":1,\"parent\":0,\"nursery\":0,"
                         "\"name\":\"main\",\"at\":\"a.c:1\"");
    script_line(&script, "\"t\":0,\"e\":\"scope.open\",\"scope\":2,\"task\":1,\"parent\":0,"
                         "\"at\":\"a.c:2\"");
    script_line(&script, "\"t\":0,\"e\":\"nursery.open\",\"nursery\":3,\"task\":1,\"scope\":2,"
                         "\"at\":\"a.c:2\"");
    for (int i = 0; i < tasks; i++) {
        snprintf(line, sizeof line,
                 "\"t\":0,\"e\":\"task.spawn\",\"task\":%d,\"parent\":1,\"nursery\":3,"
                 "\"name\":\"connection %d\",\"at\":\"a.c:4\"",
                 i + 10, i);
        script_line(&script, line);
    }
    for (int i = 0; i < 4; i++) {
        snprintf(line, sizeof line, "\"t\":0,\"e\":\"task.run\",\"task\":%d",
                 10 + tasks / 2 + i % 2);
        script_line(&script, line);
        snprintf(line, sizeof line,
                 "\"t\":0,\"e\":\"task.park\",\"task\":%d,\"op\":\"a.long.name.of.an.operation\","
                 "\"ck\":1",
                 10 + tasks / 2 + i % 2);
        script_line(&script, line);
    }
    script_end(&script, "deadlock", 4, 0, tasks + 1);
}

static void assert_width(const char *text, size_t width)
{
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        if (length > width) fail_msg("%zu columns: %.*s", length, (int)length, line);
        if (length > 0) assert_int_not_equal(line[length - 1], ' ');
        line += length + 1;
    }
}

static void test_many_tasks(void **state)
{
    (void)state;
    many_tasks(100);
    for (uint32_t width = 80; width <= 100; width += 20) {
        struct tutti_lanes_options options = {.width = width};
        char *lanes = tutti_view_lanes_text(script.text, script.size, &options);
        assert_width(lanes, width);
        uint32_t columns = (width - 17 - width / 8 * 3) / 4;
        char wanted[60];
        snprintf(wanted, sizeof wanted, "(%u more tasks are left out)\n", 101 - columns);
        assert_non_null(strstr(lanes, wanted));
        assert_non_null(strstr(lanes, "deadlock: connection 50, connection 51\n"));
        /* The busy ones have a column. */
        assert_null(strstr(lanes, "connection 50: "));
        free(lanes);
    }
    /* All fit when there are a few, in columns as wide as there is room for. */
    many_tasks(7);
    struct tutti_lanes_options options = {.width = 80};
    char *lanes = tutti_view_lanes_text(script.text, script.size, &options);
    assert_width(lanes, 80);
    assert_null(strstr(lanes, "left out"));
    assert_non_null(strstr(lanes, "   step    time  mai #10 #11 #12 #13 #14 #15 #16\n"));
    free(lanes);
    char *tree = tutti_view_tree_text(script.text, script.size);
    assert_null(strstr(tree, "more of"));
    free(tree);
    many_tasks(220);
    tree = tutti_view_tree_text(script.text, script.size);
    assert_non_null(strstr(tree, "\n... and 21 more of 221 tasks\n"));
    free(tree);
}

/* Namesakes are told apart by their ids, however narrow the page. */
static void test_namesakes(void **state)
{
    static const char *const names[] = {"connection", "connection", "w", "w", "other"};
    char line[300];
    (void)state;
    script_begin(&script, SCRIPT_HEAD("3"));
    for (int i = 0; i < 5; i++) {
        snprintf(line, sizeof line,
                 "\"t\":0,\"e\":\"task.spawn\",\"task\":%d,\"parent\":0,\"nursery\":0,"
                 "\"name\":\"%s\",\"at\":\"a.c:4\"",
                 i + 998, names[i]);
        script_line(&script, line);
    }
    script_line(&script, "\"t\":0,\"e\":\"task.run\",\"task\":998");
    script_line(&script, "\"t\":0,\"e\":\"task.exit\",\"task\":998,\"outcome\":\"error\","
                         "\"err\":-5008,\"steps\":1,\"ck\":1");
    script_end(&script, "deadlock", 1, 0, 5);
    char *lanes = tutti_view_lanes_text(script.text, script.size, NULL);
    assert_non_null(strstr(lanes, "time  conn#998 conn#999 w#1000   w#1001   other\n"));
    assert_non_null(strstr(lanes, "exits: error TUTTI_EINVALID\n"));
    free(lanes);
    struct tutti_lanes_options options = {.width = 60};
    lanes = tutti_view_lanes_text(script.text, script.size, &options);
    assert_width(lanes, 60);
    assert_non_null(strstr(lanes, "time  c#998 c#999 #1000 (2 more)\n"));
    free(lanes);
}

static void assert_cat_has(const char *text, size_t size, const char *wanted)
{
    struct tutti_reader *reader = open_text(text, size);
    struct tutti_text out = {0};
    assert_int_equal(tutti_view_cat(reader, tutti_view_collect, &out), 0);
    if (!strstr(out.bytes, wanted)) fail_msg("%s\nis not in\n%s", wanted, out.bytes);
    tutti_text_free(&out);
    tutti_reader_close(reader);
}

static void test_cat(void **state)
{
    (void)state;
    const char *text;
    size_t size;
    struct tutti_trace *trace = bank(3, &text, &size);
    static const char *const lines[] = {
        "      1        0us  run.begin       prog bank  test transfer  world sim  policy random  "
        "seed 0x1d  list 1;step;run;c1;  version " TUTTI_VERSION "  level 3\n",
        "      2        0us  task.spawn      task main #1  at bank.c:90\n",
        "      5        0us  obj.new         lock \"account A\" #2  task main #1  at bank.c:92\n",
        "      8        0us  nursery.open    nursery \"tellers\" #5  task main #1  scope #4  "
        "at bank.c:96\n",
        "     14        0us  choice          kind run  of 2  pick 1  key teller 2 #7  what task\n",
        "     16        0us  task.park       task teller 2 #7  op sleep  until 100us  ck 1  "
        "at bank.c:40\n",
        "     22      100us  task.ready      task teller 2 #7  why timer  by the runtime\n",
        "     32      104us  run.end         outcome deadlock  steps 5  choices 1  tasks 3\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_cat_has(text, size, lines[i]);
    }
    tutti_trace_close(trace, NULL);
}

/* A name cannot play with the terminal; an unknown event is named. */
static void test_cat_of_strange_things(void **state)
{
    (void)state;
    script_begin(&script, SCRIPT_HEAD("3"));
    script_line(&script, "\"t\":0,\"e\":\"task.spawn\",\"task\":1,\"parent\":0,\"nursery\":0,"
                         "\"name\":\"a\\u001b[31mb\\u009bc\\n\xc3\xbc\",\"at\":\"\\r:1\"");
    script_line(&script, "\"t\":1500000000,\"e\":\"task.\\u0007sings\",\"song\":1");
    assert_cat_has(script.text, script.size, "task a?[31mb?c?\xc3\xbc #1  at ?:1\n");
    assert_cat_has(script.text, script.size,
                   "      3       1.5s  task.?sings     (unknown to this tutti, left out)\n");
}

/* Bad input as text: the sentence. */
static void test_text_of_bad_input(void **state)
{
    (void)state;
    char *tree = tutti_view_tree_text("", 0);
    assert_non_null(strstr(tree, "(trace in memory):1: the file is empty, 0 bytes"));
    free(tree);
    char *lanes = tutti_view_lanes_text(NULL, 0, NULL);
    assert_non_null(strstr(lanes, "(trace in memory):1: the file is empty, 0 bytes"));
    free(lanes);
}

static int refuse(void *context, const char *text, size_t size)
{
    int *calls = context;
    (void)text, (void)size;
    ++*calls;
    return TUTTI_EBROKEN;
}

static void test_print_may_stop(void **state)
{
    (void)state;
    const char *text;
    size_t size;
    int calls = 0;
    struct tutti_trace *trace = bank(3, &text, &size);
    struct tutti_reader *reader = open_text(text, size);
    assert_int_equal(tutti_view_cat(reader, refuse, &calls), TUTTI_EBROKEN);
    assert_int_equal(calls, 1);
    tutti_reader_close(reader);
    tutti_trace_close(trace, NULL);
}

static void test_model(void **state)
{
    (void)state;
    const char *text;
    size_t size;
    struct tutti_model *model;
    const struct tutti_trace_record *record;
    struct tutti_trace *trace = bank(3, &text, &size);
    struct tutti_reader *reader = open_text(text, size);
    assert_int_equal(tutti_model_open(&model), 0);
    while (tutti_reader_next(reader, &record) == 1) {
        assert_int_equal(tutti_model_apply(model, record), 0);
        if (record->n == 17) assert_int_equal(model->running->id, TELLER_1);
        const struct tutti_thing *timed = tutti_model_find(model, TELLER_2);
        if (record->n == 16) assert_int_equal(timed->task.until_ns, 100000);
        if (record->n == 22) assert_true(timed->task.until_ns == TUTTI_NEVER);
    }
    assert_true(model->ended);
    assert_int_equal(model->outcome, TUTTI_OUTCOME_DEADLOCK);
    assert_int_equal(model->steps, 5);
    assert_int_equal(model->choices, 1);
    assert_int_equal(model->tasks, 3);
    assert_null(model->running);
    assert_int_equal(tutti_model_find(model, LOCK_A)->object.holders[0].task, TELLER_1);
    const struct tutti_thing *teller = tutti_model_find(model, TELLER_1);
    assert_int_equal(teller->task.state, TUTTI_TASK_WAITING);
    assert_int_equal(teller->task.object, LOCK_B);
    assert_int_equal(teller->task.since_ns, 104000);
    assert_int_equal(teller->task.steps, 2);
    assert_int_equal(teller->owner->id, TELLERS);
    assert_int_equal(teller->owner->nursery.alive, 2);
    assert_int_equal(teller->owner->owner->id, MAIN);
    struct tutti_trace_record unlock = {.known = true, .n = 33};
    unlock.event = (struct tutti_trace_event){
        .kind = TUTTI_EVENT_OBJ_OP, .task = TELLER_1, .obj = LOCK_A, .name = "unlock"};
    assert_int_equal(tutti_model_apply(model, &unlock), 0);
    assert_int_equal(tutti_model_find(model, LOCK_A)->object.holders_count, 0);
    assert_null(tutti_model_find(model, 99));
    assert_null(tutti_model_find(model, 0));
    tutti_model_close(model);
    tutti_reader_close(reader);
    tutti_trace_close(trace, NULL);
}

/* Whatever a damaged file says, nothing breaks: lines exchanged, doubled, left out, digits changed.
 */
static void test_damaged_traces(void **state)
{
    (void)state;
    const char *text;
    size_t size;
    uint64_t random = 7;
    struct tutti_trace *trace = bank(3, &text, &size);
    char *damaged = malloc(size);
    assert_non_null(damaged);
    size_t head = (size_t)(strchr(text, '\n') + 1 - text);
    for (int round = 0; round < 3000; round++) {
        memcpy(damaged, text, size);
        for (int i = 0; i < 1 + round % 20; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            size_t at = head + (size_t)(random >> 33) % (size - head);
            if (damaged[at] >= '0' && damaged[at] <= '9') damaged[at] = (char)('0' + random % 10);
        }
        struct tutti_reader *reader = open_text(damaged, size);
        struct tutti_check_result result;
        struct tutti_text cat = {0};
        int rc = tutti_trace_check(reader, &result);
        assert_true(rc == 0 || rc == TUTTI_EINVALID);
        tutti_reader_close(reader);
        reader = open_text(damaged, size);
        rc = tutti_view_cat(reader, tutti_view_collect, &cat);
        assert_true(rc == 0 || rc == TUTTI_EINVALID);
        tutti_text_free(&cat);
        tutti_reader_close(reader);
        free(tutti_view_tree_text(damaged, size));
        free(tutti_view_lanes_text(damaged, size, NULL));
    }
    free(damaged);
    tutti_trace_close(trace, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_tree_at_events),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_lanes_of_pseudo_tasks),
        cmocka_unit_test(test_many_tasks),
        cmocka_unit_test(test_namesakes),
        cmocka_unit_test(test_cat),
        cmocka_unit_test(test_cat_of_strange_things),
        cmocka_unit_test(test_text_of_bad_input),
        cmocka_unit_test(test_print_may_stop),
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_damaged_traces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
