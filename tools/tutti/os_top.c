/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The connection of `tutti top` to a program. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "top.h"

/* The longest line that is taken in; a table of the most rows there are is far below. */
enum { LINE_MAX_BYTES = 64 << 20, PIECE = 64 * 1024 };

static int refused(const char *path, int error)
{
    struct stat about;
    bool there = stat(path, &about) == 0;
    if (error == ENOENT) {
        return command_bad("%s: there is no such socket (start the program with TUTTI_CONSOLE=%s)",
                           path, path);
    }
    if (there && !S_ISSOCK(about.st_mode)) {
        return command_bad("%s: this is %s, no socket (give the path in the program's "
                           "TUTTI_CONSOLE)",
                           path, S_ISDIR(about.st_mode) ? "a directory" : "a file");
    }
    if (error == ECONNREFUSED) {
        return command_bad("%s: nobody serves this socket any more (has the program ended?)", path);
    }
    if (error == EACCES || error == EPERM) {
        return command_bad("%s: this socket may not be opened: %s (only the program's owner may)",
                           path, strerror(error));
    }
    if (error == EPROTOTYPE) {
        return command_bad("%s: this is a socket of another sort, no console (give the path in the "
                           "program's TUTTI_CONSOLE)",
                           path);
    }
    return command_bad("%s: cannot be connected to: %s (try again)", path, strerror(error));
}

int top_connect(struct top_line *line, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *line = (struct top_line){.fd = -1};
    if (!*path || strlen(path) >= sizeof address.sun_path) {
        return command_bad("%.150s: a socket's path has 1 to 107 bytes, this one %zu", path,
                           strlen(path));
    }
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return refused(path, errno);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        int rc = refused(path, errno);
        close(fd);
        return rc;
    }
    line->fd = fd;
    return 0;
}

void top_disconnect(struct top_line *line)
{
    if (line->fd >= 0) close(line->fd);
    free(line->bytes);
    *line = (struct top_line){.fd = -1};
}

bool top_ask(struct top_line *line, const char *request)
{
    size_t length = strlen(request);
    ssize_t count = send(line->fd, request, length, MSG_NOSIGNAL);
    line->ended |= count != (ssize_t)length; /* a request is small, and they go one by one */
    return !line->ended;
}

static bool reserve(struct top_line *line)
{
    if (line->room - line->used >= PIECE) return true;
    size_t room = line->room ? line->room * 2 : 2 * PIECE;
    char *more = room <= LINE_MAX_BYTES ? realloc(line->bytes, room) : NULL;
    if (!more) return false;
    line->bytes = more;
    line->room = room;
    return true;
}

static json_t *first_line(struct top_line *line)
{
    char *end = line->used ? memchr(line->bytes, '\n', line->used) : NULL;
    if (!end) return NULL;
    size_t size = (size_t)(end - line->bytes);
    json_t *json = json_loadb(line->bytes, size, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(json)) {
        json_decref(json);
        json = NULL;
        line->ended = true;
    }
    line->used -= size + 1;
    memmove(line->bytes, end + 1, line->used);
    return json;
}

json_t *top_take(struct top_line *line)
{
    while (!line->ended) {
        json_t *json = first_line(line);
        if (json || line->ended) return json;
        if (!reserve(line)) {
            line->ended = true;
            break;
        }
        ssize_t count = recv(line->fd, line->bytes + line->used, line->room - line->used, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) break;
        line->ended = count <= 0;
        if (count > 0) line->used += (size_t)count;
    }
    return NULL;
}

json_t *top_wait(struct top_line *line, int timeout_ms)
{
    int64_t until_ms = top_now_ms() + timeout_ms, left_ms = timeout_ms;
    for (;;) {
        struct pollfd fd = {.fd = line->fd, .events = POLLIN};
        json_t *json = top_take(line);
        if (json || line->ended || left_ms <= 0) return json;
        (void)poll(&fd, 1, (int)left_ms);
        left_ms = until_ms - top_now_ms();
    }
}

int64_t top_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void top_pause(int ms)
{
    (void)poll(NULL, 0, ms);
}

char *top_copy(const char *text)
{
    return strdup(text);
}
