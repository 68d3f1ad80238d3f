/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The table of descriptors: what a handle means. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/io/os_real_priv.h"
#include "tutti/io/real.h"

struct slot *slot_at(struct real *real, uint32_t index)
{
    if (index / SLOTS_OF_CHUNK >= real->chunks_count) return NULL;
    return &real->chunks[index / SLOTS_OF_CHUNK][index % SLOTS_OF_CHUNK];
}

uint64_t slot_tag(const struct slot *slot)
{
    return slot->generation << 32 | slot->next_free;
}

struct slot *slot_tagged(struct real *real, uint64_t tag)
{
    struct slot *slot = slot_at(real, (uint32_t)tag - 1);
    return slot && slot->generation && slot_tag(slot) == tag ? slot : NULL;
}

/* A chunk more, its slots all free. */
static bool grow(struct real *real)
{
    struct slot **chunks = realloc(real->chunks, (real->chunks_count + 1) * sizeof *real->chunks);
    if (!chunks) return false;
    real->chunks = chunks;
    struct slot *chunk = calloc(SLOTS_OF_CHUNK, sizeof *chunk);
    if (!chunk) return false;
    uint32_t base = real->chunks_count * SLOTS_OF_CHUNK;
    chunks[real->chunks_count++] = chunk;
    for (uint32_t i = SLOTS_OF_CHUNK; i-- > 0;) {
        chunk[i].next_free = real->free_first;
        real->free_first = base + i + 1;
    }
    return true;
}

/* `fd` is new and ours: what was watched by this number was closed without our knowing. What epoll
 * is told of the number from now on is to be about the new one only.                             */
static void end_watches(struct real *real, int fd)
{
    for (struct slot *watch = real->watches; watch; watch = watch->next_watch) {
        if (watch->fd != fd) continue;
        if (watch->known) (void)epoll_ctl(real->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        watch->fd = -1;
        ready_close(real, watch, -EBADF);
    }
}

static void unlink_watch(struct real *real, const struct slot *watch)
{
    struct slot **place = &real->watches;
    while (*place != watch)
        place = &(*place)->next_watch;
    *place = watch->next_watch;
}

int slot_make(struct real *real, int fd, enum slot_sort sort, uint8_t family,
              struct tutti_handle *handle)
{
    if (!real->free_first && !grow(real)) return TUTTI_ENOMEMORY;
    if (sort != SORT_WATCH) end_watches(real, fd);
    uint32_t place = real->free_first;
    struct slot *slot = slot_at(real, place - 1);
    real->free_first = slot->next_free;
    *slot = (struct slot){.generation = ++real->generations,
                          .fd = fd,
                          .next_free = place,
                          .sort = (uint8_t)sort,
                          .family = family,
                          .ready = {true, true}};
    if (sort == SORT_WATCH) {
        slot->next_watch = real->watches;
        real->watches = slot;
    } else {
        real->open++;
    }
    *handle = (struct tutti_handle){
        .index = place - 1, .world = real->id, .generation = slot->generation};
    return 0;
}

/* What sort of socket it is. */
static enum slot_sort sort_of_socket(int fd, uint8_t *family, uint8_t *accepts)
{
    int type = 0, domain = 0, listens = 0;
    socklen_t size = sizeof type;
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
    *family = (uint8_t)(domain == AF_INET    ? TUTTI_FAMILY_IPV4
                        : domain == AF_INET6 ? TUTTI_FAMILY_IPV6
                        : domain == AF_UNIX  ? TUTTI_FAMILY_UNIX
                                             : TUTTI_FAMILY_NONE);
    *accepts = type == SOCK_STREAM ? SORT_STREAM : SORT_DATAGRAM;
    return listens ? SORT_LISTENER : (enum slot_sort) * accepts;
}

int slot_make_any(struct real *real, int fd, struct tutti_handle *handle)
{
    struct stat status;
    uint8_t family = TUTTI_FAMILY_NONE, accepts = SORT_FREE;
    enum slot_sort sort = SORT_FILE;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &status) < 0) return -errno;
    if (S_ISSOCK(status.st_mode)) sort = sort_of_socket(fd, &family, &accepts);
    if (S_ISFIFO(status.st_mode)) sort = SORT_PIPE;
    int rc = 0;
    if (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) rc = -errno;
    if (rc == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) rc = -errno;
    if (rc < 0) return rc;
    rc = slot_make(real, fd, sort, family, handle);
    if (rc < 0) return rc;
    struct slot *slot = slot_at(real, handle->index);
    slot->shared = true;
    slot->accepts = accepts;
    slot->blocking = !(flags & O_NONBLOCK);
    slot->inode = (uint32_t)status.st_ino;
    return 0;
}

struct slot *slot_find(struct real *real, struct tutti_handle handle, int64_t *error)
{
    struct slot *slot = handle.world == real->id ? slot_at(real, handle.index) : NULL;
    *error = slot && handle.generation ? TUTTI_ECLOSED : TUTTI_EINVALID;
    return slot && handle.generation && slot->generation == handle.generation ? slot : NULL;
}

struct slot *slot_find_socket(struct real *real, struct tutti_handle handle, int64_t *error)
{
    struct slot *slot = slot_find(real, handle, error);
    if (!slot) return NULL;
    *error = TUTTI_EINVALID;
    bool socket =
        slot->sort == SORT_STREAM || slot->sort == SORT_DATAGRAM || slot->sort == SORT_LISTENER;
    return socket ? slot : NULL;
}

/* As far as can be told: the system does not say it outright. */
static bool same_open_file(int a, int b)
{
    struct stat one, two;
    return fstat(a, &one) == 0 && fstat(b, &two) == 0 && one.st_dev == two.st_dev &&
           one.st_ino == two.st_ino && fcntl(a, F_GETFL) == fcntl(b, F_GETFL);
}

/* What was taken over is left as it was. If another slot has the same open file (standard input and
 * output have, as a rule) the last one of them does it.                                          */
static void block_again(struct real *real, const struct slot *slot)
{
    for (uint32_t i = 0; i < real->chunks_count * SLOTS_OF_CHUNK; i++) {
        struct slot *other = slot_at(real, i);
        bool ours = other->generation && other->shared && other->sort != SORT_WATCH;
        if (!ours || other == slot || other->inode != slot->inode) continue;
        if (same_open_file(slot->fd, other->fd)) {
            other->blocking = true;
            return;
        }
    }
    int flags = fcntl(slot->fd, F_GETFL);
    if (flags >= 0) (void)fcntl(slot->fd, F_SETFL, flags & ~O_NONBLOCK);
}

void slot_drop(struct real *real, struct slot *slot)
{
    uint32_t place = slot->next_free;
    bool watch = slot->sort == SORT_WATCH;
    if (slot->known && (watch || slot->shared)) {
        /* Fails if the descriptor was closed without telling us: nothing is left to forget. */
        (void)epoll_ctl(real->epoll_fd, EPOLL_CTL_DEL, slot->fd, NULL);
    }
    if (watch) {
        unlink_watch(real, slot);
    } else {
        if (slot->blocking) block_again(real, slot);
        if (slot->path) path_release(slot->path);
        if (!slot->released) close(slot->fd);
        real->open--;
    }
    *slot = (struct slot){.next_free = real->free_first};
    real->free_first = place;
}

uint32_t slot_drop_all(struct real *real)
{
    uint32_t open = real->open;
    for (uint32_t i = 0; i < real->chunks_count * SLOTS_OF_CHUNK; i++) {
        struct slot *slot = slot_at(real, i);
        if (slot->generation) slot_drop(real, slot);
    }
    return open;
}

/* The calling thread's, if it is in a run in it. */
static struct real *here(void)
{
    const struct tutti_world *world = tutti_world_real();
    return world->error < 0 ? NULL : TUTTI_CONTAINER(world->io, struct real, io);
}

int tutti_real_watch(int fd, struct tutti_handle *handle)
{
    struct real *real = here();
    if (!real) return TUTTI_ESTATE;
    if (fcntl(fd, F_GETFD) < 0) return tutti_error(-errno, "there is no descriptor %d", fd);
    return slot_make(real, fd, SORT_WATCH, TUTTI_FAMILY_NONE, handle);
}

int tutti_real_adopt(int fd, struct tutti_handle *handle)
{
    struct real *real = here();
    if (!real) return TUTTI_ESTATE;
    int rc = slot_make_any(real, fd, handle);
    if (rc < 0) return tutti_error(rc, "descriptor %d cannot be taken over", fd);
    return 0;
}

int tutti_real_descriptor(struct tutti_handle handle)
{
    struct real *real = here();
    int64_t error;
    struct slot *slot = real ? slot_find(real, handle, &error) : NULL;
    if (!slot) return real ? (int)error : TUTTI_ESTATE;
    if (slot->fd < 0) return -EBADF;
    slot->shared = true;
    return slot->fd;
}

int tutti_real_release(struct tutti_handle handle)
{
    int fd = tutti_real_descriptor(handle);
    if (fd < 0) return fd;
    struct real *real = here();
    struct slot *slot = slot_at(real, handle.index);
    ready_close(real, slot, TUTTI_ECLOSED);
    slot->released = true; /* forgotten and not closed */
    slot_drop(real, slot);
    return fd;
}
