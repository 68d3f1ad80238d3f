/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/intern_priv.h - keeps texts, each one once: names and places repeat in a trace.
 * All-zero is the empty store.                                                                   */
#ifndef TUTTI_INSTRUMENTS_INTERN_PRIV_H
#define TUTTI_INSTRUMENTS_INTERN_PRIV_H

#include "tutti/core/base.h"

struct intern {
    char **slots; /* open hash table */
    size_t size, count;
};

/* The kept copy of a text, valid until intern_free(). NULL: no memory. */
const char *intern_text(struct intern *intern, const char *text);
void intern_free(struct intern *intern);

#endif
