/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE
#include "tutti/instruments/recording_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/instruments/os_file_priv.h"
#include "tutti/instruments/playback.h"
#include "tutti/instruments/record.h"

enum { LEVEL_DEFAULT = 3, ARGUMENTS_MAX = 4096, ARGUMENTS_SIZE = 64 * 1024 };

struct recording {
    struct tutti_playback *playback;
    struct tutti_record *record;
    pid_t process; /* a child that it forks has the file, too, and is not to write to it */
};

static _Thread_local struct recording *this_runs;

void recording_last_words(void)
{
    if (!this_runs || !this_runs->record || this_runs->process != getpid()) return;
    (void)tutti_trace_flush(tutti_record_trace(this_runs->record));
}

/* Somebody calls exit() in the middle of a run. */
static void flush_at_exit(void)
{
    recording_last_words();
}

static void say(const char *variable, const char *value, const char *what)
{
    dprintf(STDERR_FILENO, "tutti: %s=%s: %s\n", variable, value, what);
}

/* The program's arguments: as in main(), but for the first. `bytes` holds their texts. */
static void read_arguments(char *bytes, const char **arguments)
{
    int fd = file_open("/proc/self/cmdline");
    size_t size = 0, count = 0;
    int64_t more = fd < 0 ? 0 : 1;
    while (more > 0 && size < ARGUMENTS_SIZE - 1) {
        more = file_read(fd, bytes + size, ARGUMENTS_SIZE - 1 - size);
        if (more > 0) size += (size_t)more;
    }
    if (fd >= 0) (void)file_close(fd);
    bytes[size] = '\0';
    for (size_t at = strlen(bytes) + 1; at < size && count < ARGUMENTS_MAX;
         at += strlen(bytes + at) + 1) {
        arguments[count++] = bytes + at;
    }
    arguments[count] = NULL;
}

/* "PATH,level=N": the path, and the level unless it is not told. False: it is something else. */
static bool read_record(const char *value, char path[PATH_MAX], int *level)
{
    size_t length = strcspn(value, ",");
    if (length == 0 || length >= PATH_MAX) return false;
    memcpy(path, value, length);
    path[length] = '\0';
    if (!value[length]) return true;
    int digit = value[length + strlen(",level=")] - '0';
    if (strncmp(value + length, ",level=", strlen(",level=")) != 0) return false;
    if (digit < 1 || digit > TUTTI_TRACE_LEVEL_MAX) return false;
    *level = digit;
    return value[length + strlen(",level=") + 1] == '\0';
}

struct start {
    const char *arguments[ARGUMENTS_MAX + 1];
    char bytes[ARGUMENTS_SIZE], path[PATH_MAX];
};

/* `level`: unless the variable says another. */
static void open_record(struct recording *recording, const struct tutti_world *world,
                        const char *test, int level)
{
    const char *value = getenv("TUTTI_RECORD");
    const struct tutti_options *options = world->options;
    if (!value || !*value) return;
    struct start *start = malloc(sizeof *start);
    if (!start || !read_record(value, start->path, &level)) {
        say("TUTTI_RECORD", value,
            start ? "it is a path, and perhaps \",level=N\", N from 1 to 4. The program runs "
                    "without a recording."
                  : "there is no memory for a recording. The program runs without it.");
        free(start);
        return;
    }
    read_arguments(start->bytes, start->arguments);
    const struct tutti_trace_header header = {.prog = program_invocation_short_name,
                                              .test = test,
                                              .args = start->arguments,
                                              .build = tutti_trace_build(),
                                              .world = "real",
                                              .policy = "plain",
                                              .seed = options ? options->seed : 0,
                                              .steps_max = options ? options->steps_max : 0,
                                              .stack_size = options ? options->stack_size : 0};
    /* It has all that the program will receive: nobody else's to read. */
    int fd = open(start->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int rc = fd < 0 ? -errno : 0;
    if (fd >= 0) close(fd);
    if (rc == 0) rc = tutti_record_open(&recording->record, world, start->path, &header, level);
    if (rc < 0) {
        dprintf(STDERR_FILENO,
                "tutti: TUTTI_RECORD=%s: there can be no recording: %s. The program runs without "
                "it.\n",
                value, tutti_error_text(rc));
    }
    free(start);
}

/* A plain file as a source, under another name. */
struct named {
    struct tutti_source source;
    int fd;
};

static int64_t named_read(struct tutti_source *source, char *bytes, size_t size)
{
    return file_read(TUTTI_CONTAINER(source, struct named, source)->fd, bytes, size);
}

static void named_close(struct tutti_source *source)
{
    struct named *named = TUTTI_CONTAINER(source, struct named, source);
    (void)file_close(named->fd);
    free(named);
}

/* Opens "PATH" or "PATH,name=NAME": the latter is what messages call it. */
static int open_named(struct tutti_reader **reader, const char *value)
{
    const char *name = strstr(value, ",name=");
    char path[PATH_MAX];
    *reader = NULL;
    if (!name) return tutti_reader_open(reader, value);
    size_t length = (size_t)(name - value);
    struct named *named = length < sizeof path ? malloc(sizeof *named) : NULL;
    if (!named) return TUTTI_ENOMEMORY;
    memcpy(path, value, length);
    path[length] = '\0';
    *named = (struct named){.source = {named_read, named_close}, .fd = file_open(path)};
    if (named->fd >= 0) {
        return tutti_reader_open_source(reader, name + strlen(",name="), &named->source);
    }
    free(named);
    return tutti_reader_open(reader, path); /* which says what is wrong */
}

/* Returns 0, or why there is none; *level is the recording's. */
static int open_playback(struct recording *recording, const struct tutti_world *world, int *level)
{
    struct tutti_reader *reader;
    const char *value = getenv("TUTTI_PLAYBACK");
    if (!value || !*value) return 0;
    int rc = open_named(&reader, value);
    if (rc == 0) rc = tutti_reader_belongs(reader, program_invocation_short_name);
    if (rc == 0) {
        int64_t told = tutti_reader_start(reader)->level;
        if (told >= 1 && told <= TUTTI_TRACE_LEVEL_MAX) *level = (int)told;
        rc = tutti_playback_open(&recording->playback, world, reader);
    }
    if (rc < 0) {
        const char *why = tutti_reader_error(reader);
        dprintf(STDERR_FILENO, "tutti: %s\n", *why ? why : tutti_error_text(rc));
    }
    tutti_reader_close(reader);
    return rc;
}

static bool is_asked_for(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value;
}

struct recording *recording_open(const struct tutti_world *world, const char *test,
                                 struct tutti_world *mine)
{
    static atomic_bool taken;
    int level = LEVEL_DEFAULT;
    bool plays = is_asked_for("TUTTI_PLAYBACK"), records = is_asked_for("TUTTI_RECORD");
    *mine = *world;
    if (!plays && !records) return NULL;
    if (atomic_exchange(&taken, true)) {
        if (records) {
            say("TUTTI_RECORD", getenv("TUTTI_RECORD"),
                "a file holds one run, and this is another one of the program. It is not "
                "recorded.");
        }
        if (plays) mine->error = TUTTI_ESTATE;
        return NULL;
    }
    struct recording *recording = calloc(1, sizeof *recording);
    int rc = recording ? open_playback(recording, world, &level) : TUTTI_ENOMEMORY;
    if (rc == 0 && recording->playback) *mine = *tutti_playback_world(recording->playback);
    if (rc == 0) {
        /* The playback's options are as the program has them. */
        const struct tutti_world *base =
            recording->playback ? tutti_playback_world(recording->playback) : world;
        open_record(recording, base, test, level);
    }
    if (rc == 0 && recording->record) *mine = *tutti_record_world(recording->record);
    if (rc == 0 && (recording->record || recording->playback)) {
        recording->process = getpid();
        this_runs = recording;
        (void)atexit(flush_at_exit);
        return recording;
    }
    if (plays) mine->error = rc;
    free(recording);
    return NULL;
}

void recording_close(struct recording *recording)
{
    struct tutti_trace_result result;
    bool cut = false;
    if (!recording) return;
    this_runs = NULL;
    const char *parted =
        recording->playback ? tutti_playback_parted(recording->playback, &cut) : NULL;
    if (parted) {
        dprintf(STDERR_FILENO, "tutti: %s%s\n", parted,
                cut ? "" : ": this is not the recorded run any more");
    }
    if (tutti_record_close(recording->record, &result) < 0) {
        dprintf(STDERR_FILENO, "tutti: %s\n", result.message);
    }
    tutti_playback_close(recording->playback);
    free(recording);
}
