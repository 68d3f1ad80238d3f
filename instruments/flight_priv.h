/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/flight_priv.h - a flight recorder's last moment. Not a public header. */
#ifndef TUTTI_INSTRUMENTS_FLIGHT_PRIV_H
#define TUTTI_INSTRUMENTS_FLIGHT_PRIV_H

#include "tutti/instruments/flight.h"

/* The process ends here: the file is written, with a `warn` of what happened as its last line,
 * unless a panic had it written already. In a signal handler of the run's thread, whatever that
 * interrupted.                                                                                   */
void flight_last_words(struct tutti_flight *flight, const char *what);
/* Was the file asked for, and not written yet? In handlers, too. */
bool flight_is_asked(const struct tutti_flight *flight);

#endif
