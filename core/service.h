/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/service.h - tasks that serve the other tasks of a nursery, and outlive them.
 *
 * A connection to a database, a logger, a heartbeat: what the others need until they are done,
 * their cleanup included. A cancellation of the nursery, its own or from outside, does not reach
 * its services. When the body and all other children have ended, and nothing is being started any
 * more, the services are cancelled: the one started last first, and the next when that has ended.
 * So a service may use those that were started before it. */
#ifndef TUTTI_CORE_SERVICE_H
#define TUTTI_CORE_SERVICE_H

#include "tutti/core/nursery.h"

TUTTI_BEGIN

/* Starts fn(arg) as a service of the nursery; it runs later. TUTTI_ECANCELED of a service that is
 * being ended is no failure; any other negative result is one of the nursery, as of every child. A
 * service takes no place of a bounded nursery. Returns 0, TUTTI_ECLOSED (the nursery has closed),
 * TUTTI_EINVALID (fn is NULL) or TUTTI_ENOMEMORY. Not a checkpoint. */
#define tutti_nursery_start_service(nursery, fn, arg)                                              \
    tutti_nursery_start_service_at(nursery, #fn, fn, arg, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_nursery_start_service_at(struct tutti_nursery *nursery,
                                                            const char *name, int (*fn)(void *arg),
                                                            void *arg,
                                                            const struct tutti_site *site);

TUTTI_END
#endif
