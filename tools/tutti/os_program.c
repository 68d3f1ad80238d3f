/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Looking at a program without running it, and running it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

/* What main() of our programs holds: this, then "sim" or "real" and a NUL. The two parts never meet
 * in this file, or `tutti` would look like a program of its own.                                */
static const char mark[] = "tutti-program/1:";

/* What a file is, found out by reading it. */
enum program_kind { PROGRAM_REHEARSED, PROGRAM_REAL, PROGRAM_OTHER };

/* What the marks in these bytes say. */
static enum program_kind find_mark(const char *bytes, size_t size)
{
    enum program_kind kind = PROGRAM_OTHER;
    size_t length = sizeof mark - 1;
    const char *at = bytes;
    while ((at = memmem(at, size - (size_t)(at - bytes), mark, length))) {
        at += length;
        size_t left = size - (size_t)(at - bytes);
        if (left >= sizeof "sim" && memcmp(at, "sim", sizeof "sim") == 0) return PROGRAM_REHEARSED;
        if (left >= sizeof "real" && memcmp(at, "real", sizeof "real") == 0) kind = PROGRAM_REAL;
    }
    return kind;
}

/* Reads the file in pieces that overlap by more than a mark. */
static int read_kind(int fd, enum program_kind *kind)
{
    enum { PIECE = 1 << 20, OVERLAP = 64 };
    char *bytes = malloc(PIECE);
    size_t kept = 0;
    ssize_t count;
    *kind = PROGRAM_OTHER;
    if (!bytes) return -ENOMEM;
    while ((count = read(fd, bytes + kept, PIECE - kept)) > 0 || (count < 0 && errno == EINTR)) {
        if (count < 0) continue;
        size_t size = kept + (size_t)count;
        enum program_kind found = find_mark(bytes, size);
        if (found == PROGRAM_REHEARSED || *kind == PROGRAM_OTHER) *kind = found;
        if (*kind == PROGRAM_REHEARSED) break;
        kept = size < OVERLAP ? size : OVERLAP;
        memmove(bytes, bytes + size - kept, kept);
    }
    int error = count < 0 ? -errno : 0;
    free(bytes);
    return error;
}

static int check_kind(const char *path, enum program_kind kind)
{
    switch (kind) {
    case PROGRAM_REHEARSED:
        return 0;
    case PROGRAM_REAL:
        return command_bad("%s: this is the real-world build of a tutti program, which makes no "
                           "choices (give the one linked with //sim:main)",
                           path);
    default:
        return command_bad("%s: not a rehearsed tutti program (link it with //sim:main and define "
                           "tutti_tests)",
                           path);
    }
}

/* Returns 0 and what it is, or EXIT_BAD after a line. */
static int look_at(const char *path, enum program_kind *kind)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        return command_bad("%s: there is no such file (give the path of a program)", path);
    }
    if (fd < 0 && errno != EACCES) {
        return command_bad("%s: cannot be opened: %s (give the path of a program)", path,
                           strerror(errno));
    }
    if (fd < 0) {
        return command_bad("%s: may not be read: %s (allow it with chmod +rx)", path,
                           strerror(errno));
    }
    int rc = fstat(fd, &about) < 0 ? -errno : 0;
    bool is_file = rc == 0 && S_ISREG(about.st_mode);
    if (is_file) rc = read_kind(fd, kind);
    close(fd);
    if (rc < 0) {
        return command_bad("%s: cannot be read: %s (give the path of a program)", path,
                           strerror(-rc));
    }
    if (!is_file) {
        return command_bad("%s: this is %s (give the path of a program)", path,
                           S_ISDIR(about.st_mode) ? "a directory" : "no regular file");
    }
    return 0;
}

static int check_executable(const char *path)
{
    if (access(path, X_OK) == 0) return 0;
    return command_bad("%s: this file is not executable (allow it with chmod +x)", path);
}

int program_check(const char *path)
{
    enum program_kind kind;
    int rc = look_at(path, &kind);
    if (rc == 0 && kind == PROGRAM_REHEARSED) rc = check_executable(path);
    return rc == 0 ? check_kind(path, kind) : rc;
}

int program_check_real(const char *path, bool *table)
{
    enum program_kind kind;
    int rc = look_at(path, &kind);
    *table = rc == 0 && kind == PROGRAM_REAL;
    return rc == 0 ? check_executable(path) : rc;
}

/* An argument may have 128 KiB on Linux. */
enum { ARGUMENT_MAX = 100000 };

char *program_argument(char *text, char *name, size_t size)
{
    size_t length = strlen(text), written = 0;
    if (length <= ARGUMENT_MAX) return text;
    int fd = memfd_create("list", 0); /* stays open: the program reads it */
    while (fd >= 0 && written < length) {
        ssize_t count = write(fd, text + written, length - written);
        if (count < 0 && errno != EINTR) break;
        if (count > 0) written += (size_t)count;
    }
    if (written < length) return text; /* execv says what is wrong with it */
    snprintf(name, size, "@/proc/self/fd/%d", fd);
    return name;
}

static const char *own_name = "tutti";

void program_called(const char *name)
{
    own_name = name;
    /* Whoever reads no further (`| head`) ends us without a word, also when our caller ignores it.
     */
    signal(SIGPIPE, SIG_DFL);
}

int program_become(const char *path, char **arguments)
{
    /* execv takes the path as it is: without a '/' it still is a file of this directory. */
    fflush(NULL);
    (void)setenv("TUTTI_COMMAND", own_name, 1); /* without it the program names itself only */
    execv(path, arguments);
    const char *hint = errno == E2BIG
                           ? "the arguments are too long for a command line: give the list as @FILE"
                           : "was it built for this machine?";
    return command_bad("%s: cannot be run: %s (%s)", path, strerror(errno), hint);
}

bool program_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool program_is_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

bool program_same_file(const char *a, const char *b)
{
    struct stat of_a, of_b;
    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

int program_run(const char *path, char **arguments, const char *const variables[2][2])
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 2; i++)
            (void)setenv(variables[i][0], variables[i][1], 1);
        execv(path, arguments);
        (void)command_bad("%s: cannot be run: %s (was it built for this machine?)", path,
                          strerror(errno));
        _exit(EXIT_BAD);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) child = -1;
    }
    if (child > 0) return status;
    (void)command_bad("no process could be started: %s (end some others)", strerror(errno));
    return -1;
}

bool program_temporary(char *path, size_t size)
{
    const char *folder = getenv("TMPDIR");
    int length = snprintf(path, size, "%s/tutti_XXXXXX", folder && *folder ? folder : "/tmp");
    int fd = length > 0 && (size_t)length < size ? mkstemp(path) : -1;
    if (fd >= 0) return close(fd) == 0;
    (void)command_bad("no temporary file: %s (make room, or name another folder in TMPDIR)",
                      strerror(errno));
    return false;
}

void program_remove(const char *path)
{
    unlink(path);
}

const char *program_signal(int number)
{
    const char *name = strsignal(number);
    return name ? name : "unknown";
}
