/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/os_sampler_priv.h - a thread that looks at how long the present step of a loop has
 * been going on, and at its stack when that is too long. Not a public header.                    */
#ifndef TUTTI_INSTRUMENTS_OS_SAMPLER_PRIV_H
#define TUTTI_INSTRUMENTS_OS_SAMPLER_PRIV_H

#include "tutti/core/base.h"

struct sampler;

/* The system's clock that never goes back, ns. */
int64_t sampler_now_ns(void);
/* Starts it for the calling thread's loop; report() is called in the sampler's thread. Returns 0,
 * TUTTI_ENOMEMORY, TUTTI_EUNSUPPORTED, TUTTI_EBUSY (the thread has one) or -errno.               */
int sampler_open(struct sampler **sampler, int64_t step_max_ns,
                 void (*report)(void *context, const char *text), void *context);
/* In the loop's thread: a step begins; `name`, of TUTTI_NAME_MAX bytes, lives as long as the step.
 * It ends.                                                                                       */
void sampler_begin(struct sampler *sampler, uint64_t task, const char *name);
void sampler_end(struct sampler *sampler);
/* How many steps it has told of. */
uint64_t sampler_reports(const struct sampler *sampler);
/* NULL is allowed. */
void sampler_close(struct sampler *sampler);

#endif
