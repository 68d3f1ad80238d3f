/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Traces behind gzip and zstd, by the end of their names. Only the command reads them: programs
 * that use the library need neither of the two. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "compressed.h"
#include "tutti/core/error.h"

/* 32 MiB: what zstd wants to remember of a file is up to who wrote it. */
enum { WINDOW_LOG_MAX = 25 };

struct compressed {
    struct tutti_source source;
    gzFile gzip; /* or: */
    FILE *file;
    ZSTD_DStream *zstd;
    ZSTD_inBuffer in;
    int error;    /* why it could not be opened */
    bool between; /* nothing is missing if the file ends here */
    char bytes[64 * 1024];
};

static int64_t gzip_read(struct tutti_source *source, char *bytes, size_t size)
{
    struct compressed *compressed = TUTTI_CONTAINER(source, struct compressed, source);
    int error, count = gzread(compressed->gzip, bytes, (unsigned)(size < 1 << 20 ? size : 1 << 20));
    if (count > 0) return count;
    gzerror(compressed->gzip, &error);
    if (count == 0 && error == Z_OK) return 0;
    return error == Z_ERRNO ? -errno : error == Z_MEM_ERROR ? TUTTI_ENOMEMORY : TUTTI_EINVALID;
}

/* Reads more of the file when all that was read is used up. False: there is no more. */
static bool refill(struct compressed *compressed)
{
    if (compressed->in.pos < compressed->in.size) return true;
    size_t count = fread(compressed->bytes, 1, sizeof compressed->bytes, compressed->file);
    compressed->in = (ZSTD_inBuffer){.src = compressed->bytes, .size = count};
    return count > 0;
}

static int64_t zstd_read(struct tutti_source *source, char *bytes, size_t size)
{
    struct compressed *compressed = TUTTI_CONTAINER(source, struct compressed, source);
    ZSTD_outBuffer out = {.dst = bytes, .size = size};
    while (out.pos == 0) {
        bool more = refill(compressed);
        if (!more && ferror(compressed->file)) return -errno;
        if (!more && compressed->between) return 0;
        size_t left = ZSTD_decompressStream(compressed->zstd, &out, &compressed->in);
        if (ZSTD_isError(left)) return TUTTI_EINVALID;
        compressed->between = left == 0;
        if (!more && out.pos == 0 && left > 0) return TUTTI_EINVALID; /* it is cut */
    }
    return (int64_t)out.pos;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);
    return length > size && strcmp(text + length - size, end) == 0;
}

static void compressed_close(struct tutti_source *source)
{
    struct compressed *compressed = TUTTI_CONTAINER(source, struct compressed, source);
    if (compressed->gzip) gzclose(compressed->gzip);
    if (compressed->file) fclose(compressed->file);
    ZSTD_freeDStream(compressed->zstd);
    free(compressed);
}

/* There is nothing to read: says why. */
static int64_t no_read(struct tutti_source *source, char *bytes, size_t size)
{
    (void)bytes, (void)size;
    return TUTTI_CONTAINER(source, struct compressed, source)->error;
}

static int open_zstd(struct compressed *compressed, const char *path)
{
    compressed->source.read = zstd_read;
    compressed->between = true;
    compressed->file = fopen(path, "rbe");
    if (!compressed->file) return -errno;
    compressed->zstd = ZSTD_createDStream();
    if (!compressed->zstd) return TUTTI_ENOMEMORY;
    ZSTD_DCtx_setParameter(compressed->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return 0;
}

static int open_gzip(struct compressed *compressed, const char *path)
{
    compressed->source.read = gzip_read;
    errno = ENOMEM;
    compressed->gzip = gzopen(path, "rbe");
    return compressed->gzip ? 0 : -errno;
}

bool is_compressed(const char *path)
{
    return ends_with(path, ".gz") || ends_with(path, ".zst");
}

struct tutti_source *compressed_open(const char *path)
{
    struct compressed *compressed = calloc(1, sizeof *compressed);
    if (!compressed) return NULL;
    compressed->source.close = compressed_close;
    compressed->error =
        ends_with(path, ".zst") ? open_zstd(compressed, path) : open_gzip(compressed, path);
    if (compressed->error < 0) compressed->source.read = no_read;
    return &compressed->source;
}

/* A file without a name, where such files go. */
static int open_unnamed(void)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    int size = snprintf(path, sizeof path, "%s/tutti_XXXXXX", folder && *folder ? folder : "/tmp");
    if (size < 0 || (size_t)size >= sizeof path) return -ENAMETOOLONG;
    int fd = mkstemp(path);
    if (fd < 0) return -errno;
    unlink(path);
    return fd;
}

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t count = write(fd, bytes, size);
        if (count < 0 && errno != EINTR) return -errno;
        if (count < 0) continue;
        bytes += count;
        size -= (size_t)count;
    }
    return 0;
}

int compressed_unpack(const char *path, char *name)
{
    enum { PIECE = 64 * 1024 };
    struct tutti_source *source = compressed_open(path);
    char *bytes = malloc(PIECE);
    int fd = source && bytes ? open_unnamed() : TUTTI_ENOMEMORY;
    int64_t count = fd < 0 ? fd : 1;
    while (count > 0) {
        count = source->read(source, bytes, PIECE);
        int rc = count > 0 ? write_all(fd, bytes, (size_t)count) : 0;
        if (rc < 0) count = rc;
    }
    if (source) source->close(source);
    free(bytes);
    snprintf(name, UNPACKED_NAME, "/proc/self/fd/%d", fd);
    return (int)count;
}
