/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/chrome.h - a trace as Chrome's Trace Event JSON, for Perfetto and chrome://tracing.
 *
 * A nursery is a process there, a task a thread: running, ready and waiting are its slices, and
 * they never overlap. An arrow leads from the step that woke a task to the step it was woken for.
 * Scopes that are cancelled are instants, operations of the world are pairs of their own, and a
 * counter says how many tasks are ready. */
#ifndef TUTTI_INSTRUMENTS_CHROME_H
#define TUTTI_INSTRUMENTS_CHROME_H

#include "tutti/instruments/view.h"

TUTTI_BEGIN

/* What is drawn from left to right. In virtual time most steps take no time at all; here they take
 * 2 ns, which shifts what follows until time goes on by more. */
enum tutti_chrome_axis {
    TUTTI_CHROME_TIME,
    TUTTI_CHROME_STEPS /* each step takes 1 us */
};

/* Prints the export of what is left of the reader's trace; level 3 is needed. Returns 0, the
 * reader's error, print's, or TUTTI_ENOMEMORY. Nothing is printed when the trace cannot be read.
 * Not a checkpoint. */
TUTTI_API TUTTI_MUST_USE int tutti_chrome_export(struct tutti_reader *reader,
                                                 enum tutti_chrome_axis axis, tutti_print *print,
                                                 void *context);

TUTTI_END
#endif
