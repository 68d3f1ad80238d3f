/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The trace's writer: its bytes, its hash, levels, full ring, crash paths, a full disk. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace_script.h"
#include "tutti/instruments/ring.h"
#include "tutti/instruments/trace_check.h"

static char folder[] = "/tmp/trace_test_XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/trace_test.jsonl", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return unlink(path) < 0 || rmdir(folder) < 0 ? -1 : 0;
}

/* The whole file, NUL-terminated, to be freed. */
static char *read_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, file) < (1 << 20) - 1);
    fclose(file);
    return text;
}

/* Lines with their newlines. */
static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; text++) {
        lines += *text == '\n';
    }
    return lines;
}

static void assert_good(const char *text)
{
    struct tutti_reader *reader;
    struct tutti_check_result result;
    int rc = tutti_reader_open_memory(&reader, "memory", text, strlen(text));
    if (rc < 0) fail_msg("%s", tutti_reader_error(reader));
    rc = tutti_trace_check(reader, &result);
    if (rc < 0) fail_msg("%s", result.message);
    tutti_reader_close(reader);
}

static void test_file_and_memory_are_the_same(void **state)
{
    (void)state;
    struct tutti_trace *trace;
    struct tutti_trace_result in_file, in_memory;
    size_t size;
    assert_int_equal(tutti_trace_open(&trace, path, &script_header, 3), 0);
    assert_null(tutti_trace_text(trace, &size));
    assert_int_equal(script_play(trace), 0);
    assert_int_equal(tutti_trace_close(trace, &in_file), 0);
    assert_int_equal(tutti_trace_open_memory(&trace, &script_header, 3), 0);
    assert_int_equal(script_play(trace), 0);
    char *file = read_file(path);
    const char *memory = tutti_trace_text(trace, &size);
    assert_int_equal(size, strlen(file));
    assert_string_equal(file, memory);
    assert_good(file);
    assert_int_equal(tutti_trace_close(trace, &in_memory), 0);
    assert_true(in_file.hash == in_memory.hash);
    assert_true(in_file.ended);
    assert_int_equal(in_file.lines, count_lines(file));
    char hash[40];
    snprintf(hash, sizeof hash, "\"hash\":\"%016llx\"}\n", (unsigned long long)in_file.hash);
    assert_string_equal(strstr(file, "\"hash\""), hash);
    assert_string_equal(in_file.message, "");
    assert_non_null(strstr(file, "\"e\":\"run.begin\",\"v\":1,\"prog\":\"bank\",\"test\":"
                                 "\"transfer\",\"args\":[],\"version\":\"" TUTTI_VERSION
                                 "\",\"world\":\"sim\",\"seed\":\"0x1d\",\"policy\":\"random\","
                                 "\"level\":3,\"list\":\"1;step;run;c1;\"}\n"));
    free(file);
}

/* Line 1 may say what it wants, the hash is of the others. */
static void test_hash_begins_at_line_2(void **state)
{
    (void)state;
    struct tutti_trace_header other = script_header;
    struct tutti_trace *trace;
    struct tutti_trace_result results[2];
    const char *const arguments[] = {"--seed=30", "n\xff\n", NULL};
    other.args = arguments;
    other.policy = NULL;
    other.list = NULL;
    other.steps_max = 500;
    other.stack_size = UINT64_MAX; /* no size of anything */
    for (int i = 0; i < 2; i++) {
        const struct tutti_trace_header *header = i ? &other : &script_header;
        assert_int_equal(tutti_trace_open_memory(&trace, header, 3), 0);
        assert_int_equal(script_play(trace), 0);
        assert_good(tutti_trace_text(trace, NULL));
        if (i) assert_non_null(strstr(tutti_trace_text(trace, NULL), "[\"--seed=30\",\"n\xef\xbf"));
        if (i) {
            assert_non_null(strstr(tutti_trace_text(trace, NULL),
                                   "\"policy\":\"\",\"steps\":500,\"level\":3}\n"));
        }
        assert_int_equal(tutti_trace_close(trace, &results[i]), 0);
    }
    assert_true(results[0].hash == results[1].hash);
}

static void test_levels(void **state)
{
    (void)state;
    static const size_t lines[] = {0, 4, 11, 32, 32};
    struct tutti_trace *trace;
    assert_int_equal(tutti_trace_open_memory(&trace, &script_header, 0), TUTTI_EINVALID);
    assert_int_equal(tutti_trace_open_memory(&trace, &script_header, 5), TUTTI_EINVALID);
    for (int level = 1; level <= TUTTI_TRACE_LEVEL_MAX; level++) {
        assert_int_equal(tutti_trace_open_memory(&trace, &script_header, level), 0);
        assert_int_equal(script_play(trace), 0);
        const char *text = tutti_trace_text(trace, NULL);
        assert_int_equal(count_lines(text), lines[level]);
        assert_good(text);
        assert_int_equal(tutti_trace_close(trace, NULL), 0);
    }
}

/* Counts what comes out of a ring. */
static int count_taken(void *context, const struct tutti_trace_event *event)
{
    uint64_t *taken = context;
    assert_int_equal(event->task, ++*taken);
    if (event->kind == TUTTI_EVENT_TASK_SPAWN) assert_string_equal(event->name, "a name");
    return 0;
}

static void test_full_ring_drops_nothing(void **state)
{
    (void)state;
    static struct tutti_ring ring;
    uint64_t taken = 0, sent = 0;
    tutti_ring_init(&ring, tutti_trace_mask(4), count_taken, &taken);
    for (; sent < 3 * TUTTI_RING_EVENTS + 5; sent++) {
        char name[] = "a name";
        struct tutti_trace_event event = {.task = sent + 1, .name = name};
        event.kind = sent % 2 ? TUTTI_EVENT_TASK_SPAWN : TUTTI_EVENT_TASK_RUN;
        assert_int_equal(ring.sink.event(&ring.sink, &event), 0);
        memset(name, 'x', sizeof name - 1);
    }
    assert_int_equal(taken, 3 * TUTTI_RING_EVENTS);
    ring.sink.idle(&ring.sink);
    assert_int_equal(taken, sent);
    assert_int_equal(ring.text_used, 0);
}

/* More bytes of names than the ring has room for, less events than would fill it. */
static void test_full_of_names(void **state)
{
    (void)state;
    static char name[TUTTI_TRACE_TEXT_MAX + 100];
    struct tutti_trace *trace;
    memset(name, 'n', sizeof name - 1);
    assert_int_equal(tutti_trace_open_memory(&trace, &script_header, 2), 0);
    struct tutti_sink *sink = tutti_trace_sink(trace);
    for (uint64_t i = 1; i <= 500; i++) {
        struct tutti_trace_event event = {.kind = TUTTI_EVENT_TASK_SPAWN, .task = i, .name = name};
        assert_int_equal(sink->event(sink, &event), 0);
    }
    const char *text = tutti_trace_text(trace, NULL);
    assert_int_equal(count_lines(text), 501);
    assert_null(strstr(text, "\"name\":\"\""));
    assert_int_equal(tutti_trace_close(trace, NULL), 0);
}

/* The child of test_full_disk: 0 when everything was told. */
static int fill(void)
{
    struct tutti_trace *trace;
    struct tutti_trace_result result;
    int rc = 0;
    if (tutti_trace_open(&trace, path, &script_header, 3) < 0) return 3;
    struct tutti_sink *sink = tutti_trace_sink(trace);
    for (int i = 0; rc == 0 && i < 100000; i++) {
        struct tutti_trace_event event = {.kind = TUTTI_EVENT_TASK_RUN, .task = 1};
        rc = sink->event(sink, &event);
    }
    if (rc != -EFBIG) return 4;
    if (tutti_trace_close(trace, &result) != -EFBIG) return 5;
    char *text = read_file(path), wanted[1000];
    snprintf(wanted, sizeof wanted,
             "%s:%zu: the trace could not be written: File too large; all "
             "that happened after this line is lost",
             path, count_lines(text));
    free(text);
    return strncmp(result.message, wanted, strlen(wanted)) == 0 ? 0 : 6;
}

static void test_full_disk(void **state)
{
    (void)state;
    struct tutti_trace *trace;
    struct tutti_trace_result result;
    int rc = tutti_trace_open(&trace, "/dev/full", &script_header, 3);
    assert_int_equal(rc, -ENOSPC);
    assert_null(trace);
    /* A disk that fills up later: a limit on the size of files does the same. */
    struct rlimit limit = {.rlim_cur = 4096, .rlim_max = 4096};
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        _exit(setrlimit(RLIMIT_FSIZE, &limit) == 0 ? fill() : 2);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(tutti_trace_close(NULL, &result), 0);
}

static void test_cannot_create(void **state)
{
    (void)state;
    struct tutti_trace *trace;
    assert_int_equal(tutti_trace_open(&trace, "/nowhere/x", &script_header, 3), -ENOENT);
    assert_int_equal(tutti_trace_open(&trace, "/tmp", &script_header, 3), -EISDIR);
}

static void test_second_run_is_told(void **state)
{
    (void)state;
    struct tutti_trace *trace;
    struct tutti_trace_result result;
    assert_int_equal(tutti_trace_open(&trace, path, &script_header, 3), 0);
    assert_int_equal(script_play(trace), 0);
    assert_int_equal(script_play(trace), TUTTI_ESTATE);
    assert_int_equal(tutti_trace_close(trace, &result), TUTTI_ESTATE);
    assert_non_null(
        strstr(result.message, "trace_test.jsonl:32: a second run began after run.end"));
    char *text = read_file(path);
    assert_good(text);
    free(text);
}

/* Nobody closes: what was flushed is in the file, and it is the same as without the crash. */
static void test_flush_in_a_crash(void **state)
{
    (void)state;
    struct tutti_trace *trace;
    struct tutti_trace_result result;
    assert_int_equal(tutti_trace_open(&trace, path, &script_header, 3), 0);
    char *text = read_file(path);
    assert_int_equal(count_lines(text), 1);
    free(text);
    assert_int_equal(script_play(trace), 0);
    assert_int_equal(tutti_trace_flush(trace), 0);
    text = read_file(path);
    assert_int_equal(count_lines(text), 32);
    /* Here run.end was made without memory, and elsewhere by jansson: the same bytes. */
    assert_good(text);
    struct tutti_trace *memory;
    assert_int_equal(tutti_trace_open_memory(&memory, &script_header, 3), 0);
    assert_int_equal(script_play(memory), 0);
    assert_int_equal(tutti_trace_flush(memory), 0);
    assert_string_equal(tutti_trace_text(memory, NULL), text);
    assert_int_equal(tutti_trace_close(memory, NULL), 0);
    assert_int_equal(tutti_trace_close(trace, &result), 0);
    char *after = read_file(path);
    assert_string_equal(after, text);
    free(text);
    free(after);
}

static int take_fault(void *context, const struct tutti_trace_event *event)
{
    unsigned *calls = context;
    if (++*calls == 2) return event->task == 2 ? -EIO : -EINVAL;
    assert_int_equal(event->task, *calls);
    return 0;
}

/* A fault in the middle of a line. The event is whole again when the handler flushes, as it is when
 * a stack overflows in the writer.                                                              */
static struct tutti_trace *faulting;
static char *name_page;

static void on_fault(int number)
{
    (void)number;
    if (mprotect(name_page, 4096, PROT_READ | PROT_WRITE) < 0) _exit(8);
    memcpy(name_page, "mended", 7);
    _exit(tutti_trace_flush(faulting) == 0 ? 7 : 9);
}

static void crash_in_a_line(void)
{
    signal(SIGSEGV, on_fault);
    name_page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (tutti_trace_open(&faulting, path, &script_header, 3) < 0) _exit(1);
    struct tutti_sink *sink = tutti_trace_sink(faulting);
    for (uint64_t i = 1; i <= 3; i++) {
        /* op is static for the ring, so it is read only when the line is made */
        struct tutti_trace_event event = {.kind = TUTTI_EVENT_OBJ_OP, .task = i, .name = "lock"};
        if (i == 2) event.name = name_page;
        if (sink->event(sink, &event) < 0) _exit(2);
    }
    sink->idle(sink);
    _exit(3);
}

static void test_fault_in_a_line(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0) crash_in_a_line();
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    char *text = read_file(path);
    assert_string_equal(
        strchr(text, '\n') + 1,
        "{\"n\":2,\"t\":0,\"e\":\"obj.op\",\"task\":1,\"obj\":0,\"op\":\"lock\"}\n"
        "{\"n\":3,\"t\":0,\"e\":\"obj.op\",\"task\":2,\"obj\":0,\"op\":\"mended\"}\n"
        "{\"n\":4,\"t\":0,\"e\":\"obj.op\",\"task\":3,\"obj\":0,\"op\":\"lock\"}\n");
    free(text);
}

/* take fails: the event stays, nothing after it is taken, the error is told again. */
static void test_broken_ring(void **state)
{
    (void)state;
    static struct tutti_ring ring;
    unsigned calls = 0;
    tutti_ring_init(&ring, tutti_trace_mask(4), take_fault, &calls);
    for (uint64_t i = 1; i <= 3; i++) {
        struct tutti_trace_event event = {.kind = TUTTI_EVENT_TASK_RUN, .task = i};
        assert_int_equal(ring.sink.event(&ring.sink, &event), 0);
    }
    ring.sink.idle(&ring.sink);
    struct tutti_trace_event event = {.kind = TUTTI_EVENT_TASK_RUN, .task = 4};
    assert_int_equal(ring.sink.event(&ring.sink, &event), -EIO);
    assert_int_equal(tutti_ring_drain(&ring), -EIO);
    assert_int_equal(calls, 2);
    assert_int_equal(ring.first, 1);
    assert_int_equal(ring.count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_and_memory_are_the_same),
        cmocka_unit_test(test_hash_begins_at_line_2),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_full_ring_drops_nothing),
        cmocka_unit_test(test_full_of_names),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_cannot_create),
        cmocka_unit_test(test_second_run_is_told),
        cmocka_unit_test(test_flush_in_a_crash),
        cmocka_unit_test(test_fault_in_a_line),
        cmocka_unit_test(test_broken_ring),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
