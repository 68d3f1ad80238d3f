/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A target for libFuzzer: any bytes as a trace, before the checker, every view and a playback.
 * fuzz_test.sh builds and runs it; by hand, without an end:
 *
 *     clang -g -O1 -fsanitize=fuzzer,address -I... tests/fuzz_trace.c ... -ljansson -lunwind -lm
 */
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/op.h"
#include "tutti/core/scope.h"
#include "tutti/core/task.h"
#include "tutti/instruments/chrome.h"
#include "tutti/instruments/history.h"
#include "tutti/instruments/playback.h"
#include "tutti/instruments/trace_check.h"
#include "tutti/instruments/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int drop(void *context, const char *text, size_t size)
{
    (void)context;
    /* Every byte of it is looked at, so that none is out of bounds. */
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\0') abort(); /* no view prints one */
    }
    return 0;
}

enum { SHOWS = 11 };

static int show(int which, struct tutti_reader *reader, struct tutti_reader *again)
{
    static const struct tutti_view_options narrow = {.width = 60, .rows = 3}, json = {.json = true};
    static const struct tutti_lanes_options lanes = {.width = 80, .rows = 5};
    struct tutti_check_result result;
    switch (which) {
    case 0:
        return tutti_trace_check(reader, &result);
    case 1:
        return tutti_view_cat(reader, drop, NULL);
    case 2:
        return tutti_view_tree(reader, 0, drop, NULL);
    case 3:
        return tutti_view_lanes(reader, &lanes, drop, NULL);
    case 4:
        return tutti_view_waits(reader, &narrow, drop, NULL);
    case 5:
        return tutti_view_path(reader, &narrow, drop, NULL);
    case 6:
        return tutti_view_stats(reader, &json, drop, NULL);
    case 7:
        return tutti_view_stats(reader, &narrow, drop, NULL);
    case 8:
        return tutti_view_choices(reader, &narrow, drop, NULL);
    case 9:
        return tutti_chrome_export(reader, TUTTI_CHROME_TIME, drop, NULL);
    default:
        return tutti_view_diff(reader, again, &narrow, drop, NULL);
    }
}

/* A negative code is told in one line, or it is lack of memory. */
static void check_error(int rc, const struct tutti_reader *a, const struct tutti_reader *b)
{
    const char *text = tutti_reader_error(a);
    if (*text == '\0') text = tutti_reader_error(b);
    if (rc >= 0 || rc == TUTTI_ENOMEMORY) return;
    if (*text == '\0' || strchr(text, '\n')) abort();
}

/* States in the middle, there and back. */
static void look_around(const uint8_t *bytes, size_t size)
{
    struct tutti_reader *reader;
    struct tutti_history *history;
    const struct tutti_model *model;
    int rc = tutti_reader_open_memory(&reader, "fuzz", bytes, size);
    if (rc == 0 && tutti_history_open(&history, reader) == 0) {
        for (uint64_t n = history->count; n > 0; n /= 2) {
            if (tutti_history_at(history, n, &model) < 0) break;
        }
        if (tutti_history_at(history, UINT64_MAX, &model) < 0) abort();
        tutti_history_close(history);
    }
    tutti_reader_close(reader);
}

/* A world that has nothing: a playback wants one to be around. */
static int64_t no_now(struct tutti_clock *clock)
{
    (void)clock;
    return 0;
}

static int no_start(struct tutti_io *io, struct tutti_op *op)
{
    (void)io;
    op->result = TUTTI_EUNSUPPORTED;
    return TUTTI_IO_DONE;
}

static struct tutti_clock no_clock = {no_now};
static struct tutti_io no_io = {.start = no_start};
static const struct tutti_options options = {.quiet = true, .keep_stacks = true, .steps_max = 1000};
static const struct tutti_world no_world = {.clock = &no_clock, .io = &no_io, .options = &options};

static int receive(void *handle)
{
    char bytes[64];
    struct tutti_op recv = {.kind = TUTTI_OP_RECV, .buffer = bytes, .length = sizeof bytes};
    recv.handle = *(struct tutti_handle *)handle;
    return tutti_op_perform(&recv);
}

/* What the recording in tests/data/fuzz is of: whatever it says now, this comes to its end. */
static int program(void *arg)
{
    struct tutti_op pair = {.kind = TUTTI_OP_PAIR};
    int64_t number = 0;
    (void)arg;
    TUTTI_TRY(tutti_op_now(&pair));
    struct tutti_op option = {.kind = TUTTI_OP_OPTION, .detail = &number, .handle = pair.handle};
    int rc = tutti_op_now(&option);
    if (rc >= 0) rc = tutti_sleep(TUTTI_US);
    if (rc >= 0) rc = tutti_move_on_after(TUTTI_MS, receive, &pair.handle);
    struct tutti_op close = {.kind = TUTTI_OP_CLOSE, .handle = pair.handle};
    struct tutti_op close_other = {.kind = TUTTI_OP_CLOSE, .handle = pair.other};
    (void)!tutti_op_now(&close);
    (void)!tutti_op_now(&close_other);
    return rc;
}

static void play(const uint8_t *bytes, size_t size)
{
    struct tutti_reader *reader;
    struct tutti_playback *playback = NULL;
    bool cut;
    int rc = tutti_reader_open_memory(&reader, "fuzz", bytes, size);
    if (rc == 0) rc = tutti_playback_open(&playback, &no_world, reader);
    check_error(rc, reader, reader);
    tutti_reader_close(reader);
    if (rc < 0) return;
    (void)!tutti_run(tutti_playback_world(playback), program, NULL);
    const char *parted = tutti_playback_parted(playback, &cut);
    if (parted && strncmp(parted, "fuzz:", 5) != 0) abort();
    tutti_playback_close(playback);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    for (int i = 0; i < SHOWS; i++) {
        struct tutti_reader *reader, *again;
        int rc = tutti_reader_open_memory(&reader, "fuzz", bytes, size);
        int rc_again = tutti_reader_open_memory(&again, "fuzz", bytes, size);
        if (rc == 0 && rc_again == 0) rc = show(i, reader, again);
        check_error(rc, reader, again);
        tutti_reader_close(reader);
        tutti_reader_close(again);
        if (rc < 0 && i == 1) return 0; /* not readable: the others say the same */
    }
    look_around(bytes, size);
    play(bytes, size);
    return 0;
}
