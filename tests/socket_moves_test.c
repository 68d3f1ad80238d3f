/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What goes from one descriptor to another: splice, files, handles that are passed on. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "real_run.h"
#include "tutti/tutti.h"

static int copies(void *arg)
{
    const struct tutti_handle *ends = arg;
    int rc, sum = 0;
    while ((rc = tutti_splice(ends[0], ends[1], 1 << 16)) > 0)
        sum += rc;
    return rc < 0 ? rc : sum;
}

enum { BIG = 3 << 20 };
static char big[BIG], big_2[BIG];

static int receives_big(void *arg)
{
    struct tutti_stream *stream = arg;
    size_t got = 0;
    int rc;
    while ((rc = tutti_stream_receive(stream, big_2 + got, sizeof big_2 - got + 1)) > 0)
        got += (size_t)rc;
    tutti_check(rc == 0 && got == BIG && memcmp(big, big_2, BIG) == 0);
    return 0;
}

/* Three megabytes: to a socket, spliced to a pipe, from there to another socket. */
static int long_way(struct tutti_nursery *nursery, void *arg)
{
    static struct tutti_socket_stream a, b, c, reader, writer;
    struct tutti_socket_stream *d = arg;
    static struct tutti_handle first[2], second[2];
    for (int i = 0; i < BIG; i++)
        big[i] = (char)(i * 7 + (i >> 8) * 31);
    TUTTI_TRY(tutti_socket_stream_pair(&a, &b));
    TUTTI_TRY(tutti_socket_stream_pair(&c, d));
    TUTTI_TRY(tutti_pipe_stream_pair(&reader, &writer));
    first[0] = b.socket.handle;
    first[1] = writer.socket.handle;
    second[0] = reader.socket.handle;
    second[1] = c.socket.handle;
    static struct tutti_result in, out;
    int code = 0;
    TUTTI_TRY(tutti_nursery_start_result(nursery, &in, copies, first));
    TUTTI_TRY(tutti_nursery_start_result(nursery, &out, copies, second));
    TUTTI_TRY(tutti_nursery_start(nursery, receives_big, &d->stream));
    TUTTI_TRY(tutti_stream_send_all(&a.stream, big, sizeof big));
    TUTTI_TRY(tutti_stream_send_eof(&a.stream));
    TUTTI_TRY(tutti_result_wait(&in, &code));
    tutti_check(code == BIG);
    tutti_stream_close_forcefully(&writer.stream);
    TUTTI_TRY(tutti_result_wait(&out, &code));
    tutti_check(code == BIG);
    tutti_stream_close_forcefully(&c.stream);
    tutti_stream_close_forcefully(&a.stream);
    tutti_stream_close_forcefully(&b.stream);
    tutti_stream_close_forcefully(&reader.stream);
    return 0;
}

static int spliced(void *arg)
{
    static struct tutti_socket_stream last;
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(long_way, &last));
    tutti_stream_close_forcefully(&last.stream);
    return 0;
}

/* A splice whose far end is full waits for that, and does not forget that the near one has more. */
static int five(void *arg)
{
    const struct tutti_handle *ends = arg;
    return tutti_splice(ends[0], ends[1], 5);
}

static int fills(void *arg)
{
    return tutti_stream_send_all(arg, big, sizeof big);
}

static int full_pipe(struct tutti_nursery *nursery, void *arg)
{
    static struct tutti_socket_stream a, b, reader, writer;
    static struct tutti_handle ends[2];
    static struct tutti_result result;
    int code = 0;
    (void)arg;
    TUTTI_TRY(tutti_socket_stream_pair(&a, &b));
    TUTTI_TRY(tutti_pipe_stream_pair(&reader, &writer));
    ends[0] = b.socket.handle;
    ends[1] = writer.socket.handle;
    TUTTI_TRY(tutti_move_on_after(5 * TUTTI_MS, five, ends)); /* known to the world from here */
    TUTTI_TRY(tutti_move_on_after(5 * TUTTI_MS, fills, &writer.stream));
    TUTTI_TRY(tutti_stream_send_all(&a.stream, "0123456789", 10));
    TUTTI_TRY(tutti_nursery_start_result(nursery, &result, five, ends));
    TUTTI_TRY(tutti_wait_all_blocked(TUTTI_MS));
    tutti_check(!tutti_result_is_done(&result));
    tutti_check(tutti_stream_receive(&reader.stream, big_2, sizeof big_2) > 5);
    TUTTI_TRY(tutti_result_wait(&result, &code));
    tutti_check(code == 5);
    tutti_check(five(ends) == 5);
    tutti_stream_close_forcefully(&a.stream);
    tutti_check(five(ends) == 0);
    tutti_stream_close_forcefully(&b.stream);
    tutti_stream_close_forcefully(&reader.stream);
    tutti_stream_close_forcefully(&writer.stream);
    return 0;
}

static int splice_waits(void *arg)
{
    return tutti_nursery_run(full_pipe, arg);
}

/* Passing handles on: whoever receives them has handles of its own. */
static int readable(void *arg)
{
    const struct tutti_socket *socket = arg;
    return tutti_poll(socket->handle, TUTTI_POLL_READ);
}

static int passing(void *arg)
{
    struct tutti_socket a, b, got_writer;
    struct tutti_handle reader, writer, got[2];
    char text[4];
    struct tutti_piece piece = {text, sizeof text};
    struct tutti_handle two[2];
    struct tutti_message out = {.pieces = &piece, .pieces_count = 1, .handles = two};
    struct tutti_message in = {
        .pieces = &piece, .pieces_count = 1, .handles = got, .handles_room = 2};
    (void)arg;
    TUTTI_TRY(tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_move_on_after(TUTTI_MS, readable, &b)); /* known to the world from here */
    TUTTI_TRY(tutti_pipe_open(&reader, &writer));
    two[0] = reader;
    two[1] = writer;
    out.handles_count = 2;
    memcpy(text, "take", sizeof text);
    tutti_check(tutti_socket_send_message(&a, &out, 0) == 4);
    tutti_handle_close(reader);
    tutti_handle_close(writer);
    tutti_check(tutti_socket_receive_message(&b, &in, 0) == 4);
    tutti_check(in.handles_count == 2 && in.flags == 0 && memcmp(text, "take", 4) == 0);
    got_writer = (struct tutti_socket){.handle = got[1]};
    struct tutti_socket got_reader = {.handle = got[0]};
    tutti_check(tutti_socket_send(&got_writer, "pipe", 4) == 4);
    tutti_check(tutti_socket_receive(&got_reader, text, sizeof text) == 4);
    tutti_check(memcmp(text, "pipe", 4) == 0);
    /* Those there is no room for are closed, and what follows them is not lost. */
    two[0] = got[0];
    out.handles_count = 1;
    tutti_check(tutti_socket_send_message(&a, &out, 0) == 4);
    tutti_check(tutti_socket_send(&a, "more", 4) == 4);
    char all[64];
    TUTTI_TRY(tutti_sleep(TUTTI_MS)); /* the world has heard of both: nothing more will be told */
    int n = tutti_socket_receive(&b, all, sizeof all);
    tutti_check(n == 4);
    tutti_check(tutti_socket_receive(&b, all, sizeof all) == 4 && memcmp(all, "more", 4) == 0);
    tutti_handle_close(got[0]);
    tutti_handle_close(got[1]);
    tutti_socket_close(&a);
    tutti_socket_close(&b);
    return 0;
}

static int sends_file(void *arg)
{
    struct tutti_socket_stream *stream = arg;
    struct tutti_handle file;
    size_t sent;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    struct stat status;
    tutti_check(fd >= 0 && fstat(fd, &status) == 0);
    TUTTI_TRY(tutti_real_adopt(fd, &file));
    /* More than there is: to its end. */
    int rc = tutti_socket_send_file(&stream->socket, file, 1000, (size_t)status.st_size, &sent);
    tutti_check(rc == status.st_size - 1000 && sent == (size_t)rc);
    tutti_handle_close(file);
    tutti_stream_close_forcefully(&stream->stream);
    return 0;
}

static int file_body(struct tutti_nursery *nursery, void *arg)
{
    static char data[1 << 16], expected[1 << 16];
    struct tutti_socket_stream a, *b = arg;
    FILE *self = fopen("/proc/self/exe", "re");
    int rc;
    tutti_check(self && fseek(self, 1000, SEEK_SET) == 0);
    TUTTI_TRY(tutti_socket_stream_pair(&a, b));
    TUTTI_TRY(tutti_nursery_start(nursery, sends_file, b));
    while ((rc = tutti_stream_receive(&a.stream, data, sizeof data)) > 0) {
        tutti_check(fread(expected, 1, (size_t)rc, self) == (size_t)rc);
        tutti_check(memcmp(data, expected, (size_t)rc) == 0);
    }
    tutti_check(fgetc(self) == EOF);
    fclose(self);
    tutti_stream_close_forcefully(&a.stream);
    return rc;
}

static int files(void *arg)
{
    struct tutti_socket_stream far;
    (void)arg;
    return tutti_nursery_run(file_body, &far);
}

/* Writing to what nobody reads is an error, never a signal, whatever the kernel has for it. */
static int no_signal(void *arg)
{
    struct tutti_socket_stream reader, writer, a, b;
    struct tutti_handle file;
    (void)arg;
    TUTTI_TRY(tutti_pipe_stream_pair(&reader, &writer));
    tutti_stream_close_forcefully(&reader.stream);
    tutti_check(tutti_stream_send_all(&writer.stream, "x", 1) == TUTTI_EBROKEN);
    tutti_check(tutti_stream_send_all(&writer.stream, "x", 1) == TUTTI_EBROKEN);
    tutti_stream_close_forcefully(&writer.stream);
    TUTTI_TRY(tutti_socket_stream_pair(&a, &b));
    tutti_stream_close_forcefully(&b.stream);
    tutti_check(tutti_stream_send_all(&a.stream, "x", 1) == TUTTI_EBROKEN);
    TUTTI_TRY(tutti_real_adopt(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), &file));
    tutti_check(tutti_socket_send_file(&a.socket, file, 0, 100, NULL) == -EPIPE);
    tutti_handle_close(file);
    tutti_stream_close_forcefully(&a.stream);
    return 0;
}

REAL_MAIN(REAL(spliced), REAL(splice_waits), REAL(passing), REAL(files), REAL(no_signal))
