/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/playback_priv.h - a recording in memory. */
#ifndef TUTTI_INSTRUMENTS_PLAYBACK_PRIV_H
#define TUTTI_INSTRUMENTS_PLAYBACK_PRIV_H

#include "tutti/core/op.h"
#include "tutti/instruments/idmap_priv.h"
#include "tutti/instruments/read.h"
#include "tutti/instruments/text.h"

/* What came in by the clock and by io, in the order in which it was told. */
enum log_kind { LOG_READ, LOG_DONE };
struct log_entry {
    uint64_t line;   /* of the recording */
    uint64_t id;     /* done: the operation */
    int64_t number;  /* read: what it showed; done: the result */
    size_t at, size; /* done: what it brought, in log->bytes */
    enum log_kind kind;
    bool taken; /* done: while the world was waited for */
};

/* Posts that were seen, of one token in order. */
struct log_posts {
    uint64_t line;
    uint32_t look, posts;
    struct log_posts *next;
};

struct log {
    struct log_entry *entries;
    size_t count, room;
    struct tutti_text bytes;
    struct idmap done;   /* id of an operation -> 1 + the number of its entry */
    struct idmap tokens; /* id of a token -> struct log_posts, the first one that is left */
    char *name;          /* of the file */
    uint64_t last_line;
    int64_t now_ns; /* what the clock showed last */
    uint64_t steps; /* of the recorded run; 0: it is not told */
    bool ended;     /* the recorded run did */
};

/* Reads it. Returns 0 or what the reader's error then explains. To be freed in both cases. */
int log_read(struct log *log, struct tutti_reader *reader);
void log_free(struct log *log);

/* os_playback.c: waits a moment; the system's time; a line on standard error. */
void playback_nap(void);
int64_t playback_now_ns(void);
void playback_say(const char *format, ...) TUTTI_PRINTF(1, 2);
/* Calls fn(arg) in a thread of its own and waits for it; false: there is no thread. */
bool playback_call(int (*fn)(void *arg), void *arg, int *result);

#endif
