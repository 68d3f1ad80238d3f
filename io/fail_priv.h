/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/fail_priv.h - what a failed operation leaves for its caller. */
#ifndef TUTTI_IO_FAIL_PRIV_H
#define TUTTI_IO_FAIL_PRIV_H

#include "tutti/core/address.h"

/* The record of an error that is no cancellation: "WHAT ADDRESS: why". Returns rc. */
TUTTI_COLD int io_failed(int rc, const char *what, const struct tutti_address *address,
                         const struct tutti_site *site);

/* The same for whatever rc an operation returned. */
static inline int io_fail(int rc, const char *what, const struct tutti_address *address,
                          const struct tutti_site *site)
{
    return TUTTI_LIKELY(rc >= 0) ? rc : io_failed(rc, what, address, site);
}

/* Why an operation failed, in words. */
const char *io_reason(int rc);

#endif
