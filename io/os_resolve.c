/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Names looked up by getaddrinfo, which may take long and cannot be stopped: in a worker thread. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/io/os_worker_priv.h"

/* What the thread needs and finds, its own: the task may be gone before it is done. */
struct lookup_job {
    struct job job;
    char host[TUTTI_HOST_MAX + 1];
    uint16_t port;
    uint8_t family;
    uint32_t count;
    struct tutti_address addresses[TUTTI_ADDRESSES_MAX];
};

static int64_t code_of(int rc)
{
    int saved = errno;
    switch (rc) {
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        return TUTTI_ENONAME;
    case EAI_MEMORY:
        return TUTTI_ENOMEMORY;
    case EAI_SYSTEM:
        return saved ? -saved : TUTTI_ENAMESERVICE;
    default:
        return TUTTI_ENAMESERVICE;
    }
}

static void lookup_run(struct job *job)
{
    struct lookup_job *mine = TUTTI_CONTAINER(job, struct lookup_job, job);
    static const int families[] = {[TUTTI_FAMILY_NONE] = AF_UNSPEC,
                                   [TUTTI_FAMILY_IPV4] = AF_INET,
                                   [TUTTI_FAMILY_IPV6] = AF_INET6};
    struct addrinfo hints = {.ai_family = families[mine->family], .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(mine->host, NULL, &hints, &found);
    if (rc != 0) {
        job->result = code_of(rc);
        return;
    }
    for (struct addrinfo *one = found; one && mine->count < TUTTI_ADDRESSES_MAX;
         one = one->ai_next) {
        union any_address any;
        struct tutti_address *address = &mine->addresses[mine->count];
        if (one->ai_addrlen > sizeof any) continue;
        memcpy(&any, one->ai_addr, one->ai_addrlen);
        address_in(&any, one->ai_addrlen, address);
        address->port = mine->port;
        if (address->family == TUTTI_FAMILY_IPV4 || address->family == TUTTI_FAMILY_IPV6) {
            mine->count++;
        }
    }
    freeaddrinfo(found);
    job->result = mine->count ? (int64_t)mine->count : TUTTI_ENONAME;
}

static void name_run(struct job *job)
{
    struct lookup_job *mine = TUTTI_CONTAINER(job, struct lookup_job, job);
    union any_address any;
    socklen_t length = address_out(&mine->addresses[0], &any);
    int rc = getnameinfo(&any.any, length, mine->host, sizeof mine->host, NULL, 0, NI_NAMEREQD);
    job->result = rc == 0 ? (int64_t)strlen(mine->host) : code_of(rc);
}

static void lookup_answer(struct job *job, struct tutti_op *op)
{
    const struct lookup_job *mine = TUTTI_CONTAINER(job, struct lookup_job, job);
    const struct tutti_lookup *lookup = op->detail;
    if (job->result < 0) return;
    if (!lookup->host) {
        memcpy(lookup->name, mine->host, (size_t)job->result + 1);
        return;
    }
    if (job->result > lookup->room) job->result = lookup->room;
    memcpy(lookup->addresses, mine->addresses, (size_t)job->result * sizeof *mine->addresses);
}

static void lookup_drop(struct job *job)
{
    free(TUTTI_CONTAINER(job, struct lookup_job, job));
}

int lookup_start(struct real *real, struct tutti_op *op)
{
    const struct tutti_lookup *lookup = op->detail;
    size_t length = lookup->host ? strlen(lookup->host) : 0;
    struct lookup_job *mine = NULL;
    op->result = TUTTI_EINVALID;
    if (length <= TUTTI_HOST_MAX && lookup->family <= TUTTI_FAMILY_IPV6) {
        mine = calloc(1, sizeof *mine);
        op->result = TUTTI_ENOMEMORY;
    }
    if (!mine) return TUTTI_IO_DONE;
    mine->job = (struct job){
        .run = lookup->host ? lookup_run : name_run, .answer = lookup_answer, .drop = lookup_drop};
    mine->port = lookup->port;
    mine->family = lookup->family;
    if (lookup->host) {
        memcpy(mine->host, lookup->host, length);
    } else {
        mine->addresses[0] = lookup->addresses[0];
    }
    int rc = job_start(real, &mine->job, op);
    if (rc == TUTTI_IO_DONE) free(mine);
    return rc;
}
