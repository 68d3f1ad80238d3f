/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/frontier_priv.h - the text of kept searches, for the files that write and read it. Not a
 * public header. */
#ifndef TUTTI_SIM_FRONTIER_PRIV_H
#define TUTTI_SIM_FRONTIER_PRIV_H

#include "tutti/sim/frontier.h"

/* Text that is cut when it does not fit, but whose length and hash are known. */
struct writer {
    char *buffer;
    size_t size, length;
    uint64_t hash;
};

/* Text that is read line by line, and where to say what is wrong with it. */
struct lines {
    const char *at;
    unsigned number; /* of the line at hand */
    char *message;
    size_t message_size;
};

/* frontier.c: adds a line, or a part of one, of less than 1024 characters. */
void put(struct writer *writer, const char *format, ...) TUTTI_PRINTF(2, 3);
/* Says that the line at hand is not what it should be; returns TUTTI_EINVALID. */
int wrong(const struct lines *lines, const char *what);
/* The next line must be `word` and `count` numbers, each up to its `max`. */
int take_numbers(struct lines *lines, const char *word, uint32_t count, const uint64_t *max,
                 uint64_t *numbers);

/* frontier_dpor.c: a trunk. */
void put_trunk(struct writer *writer, struct tutti_dpor_trunk *trunk);
int take_trunk(struct lines *lines, struct tutti_dpor_trunk *trunk);

#endif
