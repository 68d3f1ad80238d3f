/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Clients that never read: what the server holds for them does not grow. A minute of real time,
 * since what is asked is what a minute does.                                                     */
#include "real_run.h"
#include "tutti/tutti.h"

enum { CLIENTS = 20, EARLY_S = 5, LATE_S = 60, MORE_MAX = 64 * 1024, PIECE = 1 << 16 };

/* Counted page by page: the sum that the kernel keeps is off by some hundred KiB now and then. */
static size_t resident(void)
{
    size_t kib = 0;
    char line[256];
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    tutti_check(file);
    while (fgets(line, sizeof line, file) && sscanf(line, "Rss: %zu kB", &kib) != 1) {
    }
    fclose(file);
    tutti_check(kib > 0);
    return kib * 1024;
}

static uint64_t sent_all;

/* Sends as long as the client takes it. */
static int pour(struct tutti_stream *stream, void *arg)
{
    static const char data[PIECE];
    size_t sent;
    int rc;
    (void)arg;
    do {
        rc = tutti_stream_send_counted(stream, data, sizeof data, &sent);
        sent_all += sent;
    } while (rc == 0);
    return rc == TUTTI_EBROKEN ? 0 : rc;
}

static struct tutti_socket_listener listener;
static struct tutti_listener *const listeners[] = {&listener.listener};
static struct tutti_server server;

static int nobody_reads(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_socket_stream clients[CLIENTS];
    char byte;
    (void)arg;
    TUTTI_TRY(tutti_nursery_start_ready(nursery, tutti_serve, &server, NULL));
    for (int i = 0; i < CLIENTS; i++) {
        TUTTI_TRY(tutti_listener_connect(&listener, &clients[i]));
        tutti_check(tutti_stream_receive(&clients[i].stream, &byte, 1) == 1); /* and no more */
    }
    (void)resident(); /* reading it takes memory the first time */
    TUTTI_TRY(tutti_sleep(EARLY_S * TUTTI_S));
    size_t early = resident();
    uint64_t sent_early = sent_all;
    TUTTI_TRY(tutti_sleep((LATE_S - EARLY_S) * TUTTI_S));
    size_t late = resident();
    print_message("resident after %d s: %zu, after %d s: %zu; sent: %llu, %llu\n", EARLY_S, early,
                  LATE_S, late, (unsigned long long)sent_early, (unsigned long long)sent_all);
    tutti_check(late <= early + MORE_MAX);
    for (int i = 0; i < CLIENTS; i++)
        tutti_stream_close_forcefully(&clients[i].stream);
    tutti_nursery_cancel(nursery);
    return 0;
}

static int memory_stays(void *arg)
{
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    server = (struct tutti_server){.listeners = listeners, .listeners_count = 1, .handler = pour};
    TUTTI_TRY(tutti_listen(&listener, &address, NULL));
    return tutti_nursery_run(nobody_reads, arg);
}

REAL_MAIN(REAL(memory_stays))
