/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/worker.h"

#include "tutti/core/error.h"
#include "tutti/core/external.h"
#include "tutti/core/op.h"
#include "tutti/core/task.h"
#include "tutti/io/fail_priv.h"

int tutti_worker_call_at(int (*fn)(void *arg), void *arg, void (*drop)(void *arg),
                         const struct tutti_site *site)
{
    struct tutti_call call = {.fn = fn, .drop = drop, .arg = arg};
    struct tutti_op op = {.kind = TUTTI_OP_CALL, .detail = &call};
    int rc = tutti_checkpoint_if_cancelled_at(site);
    if (rc == 0 && !fn) {
        rc = tutti_error_at(site, false, TUTTI_EINVALID, "there is no function to call");
    }
    bool begun = rc == 0;
    if (begun) {
        tutti_external_begin_at(site); /* a clock that jumps does not jump past it */
        rc = tutti_op_perform_at(&op, site);
        tutti_external_end_at(site);
    }
    if (call.returned) return rc;
    /* A world that stopped it has dropped it; one that refused it has not. */
    if (drop && (!begun || rc != TUTTI_ECANCELED)) drop(arg);
    return begun ? io_fail(rc, "a call of a worker", NULL, site) : rc;
}
