/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/sift_priv.h - of many events in a row, those that a later one of them does not make
 * void, as kept_priv.h understands it: what is kept is the same whether it is given all of them or
 * these alone. Most are void in most runs, and to see that from the end costs a look at each.    */
#ifndef TUTTI_INSTRUMENTS_SIFT_PRIV_H
#define TUTTI_INSTRUMENTS_SIFT_PRIV_H

#include "tutti/core/event.h"

/* A thing that later events have told of. */
struct sift_seen {
    uint64_t id;
    uint32_t round, place;
    uint8_t bits;
};
/* What a word of obj.op does. */
struct sift_word {
    const char *op;
    int8_t effect;
};

enum { SIFT_SEEN = 1024, SIFT_WORDS = 64 };
#define SIFT_NONE UINT32_MAX

/* All-zero is not ready: sift_open. */
struct sift {
    uint32_t *left; /* places, from the end on */
    uint32_t room, used;
    uint32_t round; /* entries of other rounds are empty */
    uint64_t ids;   /* the highest id that was made in an event that was left out */
    struct sift_seen seen[SIFT_SEEN]; /* by id; one pushes out another, which costs time only */
    struct sift_word words[SIFT_WORDS];
};

/* Readies it for so many events at a time; false: no memory. */
bool sift_open(struct sift *sift, uint32_t room);
void sift_free(struct sift *sift);
/* Sifts them. Returns how many places there are at *left, in order; SIFT_NONE is none. They are
 * valid until the next call.                                                                     */
uint32_t sift_events(struct sift *sift, const struct tutti_trace_event *events, uint32_t count,
                     const uint32_t **left);

#endif
