/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "rehearsed.h"

#include "tutti/core/compose.h"
#include "tutti/core/scope.h"
#include "tutti/io/lockstep.h"
#include "tutti/io/memory_stream.h"
#include "tutti/io/reader.h"
#include "tutti/io/trickle.h"

/* A reader of what a test puts in. */
struct source {
    struct tutti_memory_receiver end;
    struct tutti_reader reader;
};

static void source_open(struct source *source, const char *text)
{
    tutti_memory_receiver_init(&source->end);
    tutti_reader_init(&source->reader, &source->end.stream);
    tutti_check(tutti_memory_put(&source->end, text, strlen(text)) == 0);
}

static void source_close(struct source *source)
{
    tutti_reader_free(&source->reader);
    tutti_stream_free(&source->end.stream);
}

static bool is(char *const *text, int length, const char *expected)
{
    return length == (int)strlen(expected) && memcmp(*text, expected, (size_t)length) == 0 &&
           (*text)[length] == '\0';
}

static int lines(void *arg)
{
    struct source source;
    char *line, bytes[8];
    (void)arg;
    source_open(&source, "one\ntwo\r\n\n\r\n\r\r\nlonger than eight\nrest");
    tutti_memory_put_eof(&source.end);
    struct tutti_reader *reader = &source.reader;
    static const char *const expected[] = {"one", "two", "", "", "\r"};
    for (int i = 0; i < 5; i++)
        tutti_check(is(&line, tutti_reader_line(reader, 8, &line), expected[i]));
    for (int i = 0; i < 2; i++)
        tutti_check(tutti_reader_line(reader, 8, &line) == TUTTI_ETOOLONG);
    tutti_check(is(&line, tutti_reader_line(reader, 17, &line), "longer than eight"));
    for (int i = 0; i < 2; i++)
        tutti_check(tutti_reader_line(reader, 8, &line) == TUTTI_EBROKEN);
    tutti_check(tutti_reader_buffered(reader) == 4);
    tutti_check(tutti_reader_some(reader, bytes, 3) == 3 && memcmp(bytes, "res", 3) == 0);
    tutti_check(tutti_reader_some(reader, bytes, 3) == 1 && bytes[0] == 't');
    tutti_check(tutti_reader_some(reader, bytes, 3) == 0);
    tutti_check(tutti_reader_line(reader, 8, &line) == TUTTI_EEOF);
    source_close(&source);
    return 0;
}

/* The limit is one of the content, whatever ends it. */
static int line_limits(void *arg)
{
    struct source source;
    char *line;
    (void)arg;
    source_open(&source, "1234\r\n12345\n1234\n");
    tutti_check(is(&line, tutti_reader_line(&source.reader, 4, &line), "1234"));
    tutti_check(tutti_reader_line(&source.reader, 4, &line) == TUTTI_ETOOLONG);
    tutti_check(is(&line, tutti_reader_line(&source.reader, 5, &line), "12345"));
    tutti_check(is(&line, tutti_reader_line(&source.reader, 4, &line), "1234"));
    tutti_check(tutti_memory_put(&source.end, "12345\r", 6) == 0);
    tutti_check(tutti_reader_line(&source.reader, 4, &line) == TUTTI_ETOOLONG);
    tutti_check(tutti_memory_put(&source.end, "\n", 1) == 0);
    tutti_check(is(&line, tutti_reader_line(&source.reader, 5, &line), "12345"));
    source_close(&source);
    return 0;
}

static int delimiters(void *arg)
{
    struct source source;
    char *data;
    (void)arg;
    source_open(&source, "a;b;;;c--d-");
    struct tutti_reader *reader = &source.reader;
    tutti_check(is(&data, tutti_reader_until(reader, ";", 1, 9, &data), "a"));
    tutti_check(is(&data, tutti_reader_until(reader, ";;", 2, 1, &data), "b"));
    tutti_check(is(&data, tutti_reader_until(reader, ";", 1, 0, &data), ""));
    tutti_check(is(&data, tutti_reader_until(reader, "--", 2, 1, &data), "c"));
    tutti_check(tutti_memory_put(&source.end, "-!", 2) == 0);
    tutti_check(is(&data, tutti_reader_until(reader, "--!", 3, 1, &data), "d"));
    tutti_check(tutti_memory_put(&source.end, "aaab", 4) == 0);
    tutti_check(tutti_reader_until(reader, "aab", 3, 0, &data) == TUTTI_ETOOLONG);
    tutti_check(is(&data, tutti_reader_until(reader, "aab", 3, 1, &data), "a"));
    tutti_memory_put_eof(&source.end);
    tutti_check(tutti_reader_until(reader, "aab", 3, 1, &data) == TUTTI_EEOF);
    source_close(&source);
    return 0;
}

static int exact(void *arg)
{
    struct source source;
    char bytes[8] = "--------";
    (void)arg;
    source_open(&source, "12345678");
    tutti_check(tutti_reader_exact(&source.reader, bytes, 0) == 0);
    tutti_check(tutti_reader_exact(&source.reader, bytes, 3) == 0);
    tutti_check(memcmp(bytes, "123-----", 8) == 0);
    tutti_memory_put_eof(&source.end);
    tutti_check(tutti_reader_exact(&source.reader, bytes, 6) == TUTTI_EBROKEN);
    tutti_check(memcmp(bytes, "123-----", 8) == 0);
    tutti_check(tutti_reader_exact(&source.reader, bytes, 5) == 0);
    tutti_check(memcmp(bytes, "45678---", 8) == 0);
    tutti_check(tutti_reader_exact(&source.reader, bytes, 1) == TUTTI_EEOF);
    tutti_check(tutti_reader_exact(&source.reader, bytes, 0) == 0);
    source_close(&source);
    return 0;
}

static void put_frame(struct source *source, unsigned prefix, const char *text)
{
    unsigned char bytes[8];
    tutti_check(tutti_frame_prefix(bytes, prefix, strlen(text)) == 0);
    tutti_check(tutti_memory_put(&source->end, bytes, prefix) == 0);
    tutti_check(tutti_memory_put(&source->end, text, strlen(text)) == 0);
}

static int frames(void *arg)
{
    struct source source;
    void *data;
    (void)arg;
    source_open(&source, "");
    for (unsigned prefix = 1; prefix <= 8; prefix++)
        put_frame(&source, prefix, "frame");
    for (unsigned prefix = 1; prefix <= 8; prefix++) {
        tutti_check(tutti_reader_frame(&source.reader, prefix, 5, &data) == 5);
        tutti_check(memcmp(data, "frame", 5) == 0);
    }
    put_frame(&source, 2, "");
    tutti_check(tutti_reader_frame(&source.reader, 2, 0, &data) == 0);
    put_frame(&source, 2, "too long");
    for (int i = 0; i < 2; i++)
        tutti_check(tutti_reader_frame(&source.reader, 2, 7, &data) == TUTTI_ETOOLONG);
    tutti_check(tutti_reader_frame(&source.reader, 2, 8, &data) == 8);
    tutti_check(tutti_memory_put(&source.end, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) == 0);
    tutti_check(tutti_reader_frame(&source.reader, 8, INT32_MAX, &data) == TUTTI_ETOOLONG);
    tutti_check(tutti_reader_exact(&source.reader, (char[8]){0}, 8) == 0);
    tutti_check(tutti_memory_put(&source.end, "\0\5fra", 5) == 0);
    tutti_memory_put_eof(&source.end);
    tutti_check(tutti_reader_frame(&source.reader, 2, 9, &data) == TUTTI_EBROKEN);
    tutti_check(tutti_reader_buffered(&source.reader) == 5);
    source_close(&source);
    return 0;
}

static int bad_arguments(void *arg)
{
    struct source source;
    struct tutti_reader nobody;
    char *text, byte;
    void *data;
    unsigned char bytes[8];
    (void)arg;
    source_open(&source, "text");
    struct tutti_reader *reader = &source.reader;
    tutti_check(tutti_reader_until(reader, "", 0, 1, &text) == TUTTI_EINVALID);
    tutti_check(tutti_reader_until(reader, "x", 1, SIZE_MAX, &text) == TUTTI_EINVALID);
    tutti_check(tutti_reader_line(reader, (size_t)INT32_MAX + 1, &text) == TUTTI_EINVALID);
    tutti_check(tutti_reader_frame(reader, 0, 1, &data) == TUTTI_EINVALID);
    tutti_check(tutti_reader_frame(reader, 9, 1, &data) == TUTTI_EINVALID);
    tutti_check(tutti_reader_frame(reader, 4, SIZE_MAX, &data) == TUTTI_EINVALID);
    tutti_check(tutti_reader_some(reader, &byte, 0) == TUTTI_EINVALID);
    tutti_check(tutti_reader_exact(reader, &byte, 1) == 0 && byte == 't');
    tutti_check(tutti_reader_some(reader, &byte, 0) == TUTTI_EINVALID);
    tutti_check(tutti_frame_prefix(bytes, 0, 1) == TUTTI_EINVALID);
    tutti_check(tutti_frame_prefix(bytes, 9, 1) == TUTTI_EINVALID);
    tutti_check(tutti_frame_prefix(bytes, 1, 255) == 0 && bytes[0] == 255);
    tutti_check(tutti_frame_prefix(bytes, 1, 256) == TUTTI_ETOOLONG);
    tutti_check(tutti_frame_prefix(bytes, 3, 0x010203) == 0 && bytes[0] == 1 && bytes[2] == 3);
    tutti_reader_init(&nobody, NULL);
    tutti_check(tutti_reader_line(&nobody, 9, &text) == TUTTI_EINVALID);
    tutti_reader_free(&nobody);
    source_close(&source);
    return 0;
}

struct reading {
    struct source source;
    char *line;
    int rc;
};

static int read_line(void *arg)
{
    struct reading *reading = arg;
    reading->rc = tutti_reader_line(&reading->source.reader, 9, &reading->line);
    return reading->rc < 0 ? reading->rc : 0;
}

/* One task at a time; and while nothing has come there is no memory. */
static int one_reads(void *arg)
{
    struct reading reading;
    struct tutti_nursery nursery;
    char *line, bytes[2];
    (void)arg;
    source_open(&reading.source, "");
    struct tutti_reader *reader = &reading.source.reader;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, read_line, &reading));
    while (!reading.source.end.buffer.readers.count)
        tutti_yield_shielded();
    tutti_check(!reader->bytes);
    tutti_check(tutti_reader_line(reader, 9, &line) == TUTTI_EBUSY);
    tutti_check(tutti_reader_exact(reader, bytes, 1) == TUTTI_EBUSY);
    tutti_check(tutti_reader_some(reader, bytes, 1) == TUTTI_EBUSY);
    tutti_check(tutti_reader_until(reader, "x", 1, 9, &line) == TUTTI_EBUSY);
    tutti_check(tutti_reader_frame(reader, 1, 9, &(void *){NULL}) == TUTTI_EBUSY);
    tutti_check(tutti_memory_put(&reading.source.end, "ab\n", 3) == 0);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(is(&reading.line, reading.rc, "ab"));
    source_close(&reading.source);
    return 0;
}

/* Long and short ones in turn: the buffer grows and moves. */
static int many_sizes(void *arg)
{
    static char text[9000];
    struct source source;
    char *line;
    (void)arg;
    source_open(&source, "");
    for (size_t i = 1; i < 60; i++) {
        size_t length = i * 1237 % (sizeof text - 1);
        memset(text, 'x', sizeof text);
        text[length / 2] = 'm';
        text[length] = '\n';
        tutti_check(tutti_memory_put(&source.end, text, length + 1) == 0);
        if (i % 3) continue;
        for (size_t k = i - 2; k <= i; k++) {
            length = k * 1237 % (sizeof text - 1);
            tutti_check(tutti_reader_line(&source.reader, sizeof text, &line) == (int)length);
            tutti_check(line[length / 2] == 'm' && line[length] == '\0');
        }
    }
    source_close(&source);
    return 0;
}

/* A message of each sort, sent in pieces, read in a scope that may be cancelled; then once more. */
static const char talk[] = "ab\ncd;;\0\2efgh";
enum { TALK = sizeof talk - 1 };

struct talk {
    struct tutti_reader reader;
    int step;
    char bytes[2];
};

static int read_talk(void *arg)
{
    struct talk *now = arg;
    char *text;
    void *frame;
    for (; now->step < 4; now->step++) {
        switch (now->step) {
        case 0:
            TUTTI_TRY(tutti_reader_line(&now->reader, 2, &text));
            tutti_check(is(&text, 2, "ab"));
            break;
        case 1:
            TUTTI_TRY(tutti_reader_until(&now->reader, ";;", 2, 2, &text));
            tutti_check(is(&text, 2, "cd"));
            break;
        case 2:
            TUTTI_TRY(tutti_reader_frame(&now->reader, 2, 2, &frame));
            tutti_check(memcmp(frame, "ef", 2) == 0);
            break;
        default:
            TUTTI_TRY(tutti_reader_exact(&now->reader, now->bytes, 2));
            tutti_check(memcmp(now->bytes, "gh", 2) == 0);
        }
    }
    return 1;
}

static int read_in_scopes(void *arg)
{
    struct talk *now = arg;
    char byte;
    int rc = 0;
    while (rc == 0)
        rc = tutti_move_on_at(TUTTI_NEVER, read_talk, now);
    TUTTI_TRY(rc);
    tutti_check(now->step == 4 && tutti_reader_some(&now->reader, &byte, 1) == 0);
    return 0;
}

static int send_talk(void *arg)
{
    TUTTI_TRY(tutti_stream_send_all(arg, talk, TALK));
    return tutti_stream_close(arg);
}

static int cut_and_cancelled(void *arg)
{
    struct tutti_lockstep_pipe pipe;
    struct tutti_trickle pieces;
    struct talk now = {.step = 0};
    (void)arg;
    tutti_lockstep_pipe_init(&pipe);
    tutti_trickle_init(&pieces, &pipe.receiver, TALK);
    tutti_reader_init(&now.reader, &pieces.stream);
    struct tutti_branch both[] = {TUTTI_BRANCH(send_talk, &pipe.sender),
                                  TUTTI_BRANCH(read_in_scopes, &now)};
    int rc = tutti_gather(both, 2);
    tutti_reader_free(&now.reader);
    tutti_stream_free(&pipe.sender);
    tutti_stream_free(&pieces.stream);
    return rc;
}

/* Sizes of pieces are choices; a cancellation at every place, two in a row by chance. */
static void no_byte_is_lost(void **state)
{
    struct tutti_rehearsal rehearsal = {.main = cut_and_cancelled};
    struct tutti_bounds bounds = {
        .step = true, .kinds = 1u << TUTTI_CHOICE_RUN | 1u << TUTTI_CHOICE_USER, .cancels_max = 1};
    struct tutti_pick_random random;
    struct tutti_pick_dfs dfs;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    tutti_pick_dfs_init(&dfs, &bounds, rehearsed_takes, REHEARSED_CHOICES);
    dfs.deviations_max = 4;
    uint64_t runs = rehearsed_search("every place", &rehearsal, &dfs.picker, 0);
    assert_true(dfs.complete);
    assert_int_equal(runs, 22724);
    bounds.cancels_max = 4;
    tutti_pick_random_init(&random, &bounds, rehearsed_takes, REHEARSED_CHOICES, 1);
    rehearsed_search("by chance", &rehearsal, &random.by.picker, 10 * REHEARSED_SEEDS);
    tutti_sim_world_close(&rehearsal.sim);
}

/* Every request for memory fails once: after it all goes on where it was. */
static int until_there_is_memory(void *arg)
{
    struct source source;
    char *line;
    int rc;
    (void)arg;
    tutti_memory_receiver_init(&source.end);
    tutti_reader_init(&source.reader, &source.end.stream);
    while ((rc = tutti_memory_put(&source.end, "kept\n", 5)) == TUTTI_ENOMEMORY)
        continue;
    while ((rc = tutti_reader_line(&source.reader, 9, &line)) == TUTTI_ENOMEMORY)
        continue;
    tutti_check(is(&line, rc, "kept"));
    source_close(&source);
    return 0;
}

static void memory_fails(void **state)
{
    struct tutti_sim_world sim;
    uint64_t at = 0;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    do {
        tutti_sim_world_reset(&sim);
        sim.arena.fail_at = ++at;
        int rc = tutti_run(&sim.world, until_there_is_memory, NULL);
        assert_int_equal(rc, 0);
    } while (sim.arena.calls >= at);
    assert_int_equal(at, 3); /* what is put, what is read, and no more */
    tutti_sim_world_close(&sim);
}

REHEARSE_MAIN(REHEARSED(lines), REHEARSED(line_limits), REHEARSED(delimiters), REHEARSED(exact),
              REHEARSED(frames), REHEARSED(bad_arguments), REHEARSED(one_reads),
              REHEARSED_PLAIN(many_sizes), cmocka_unit_test(no_byte_is_lost),
              cmocka_unit_test(memory_fails))
