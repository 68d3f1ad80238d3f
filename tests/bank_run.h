/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* bank_run.h - a real run as a trace in memory: tellers take turns with a lock and send to a clerk,
 * and an auditor who is cancelled now and then. */
#ifndef TUTTI_TESTS_BANK_RUN_H
#define TUTTI_TESTS_BANK_RUN_H

#include <stdio.h>
#include <string.h>

#include "tutti/core/chan.h"
#include "tutti/core/compose.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/instruments/trace.h"
#include "tutti/sim/sim_world.h"

enum { BANK_TELLERS = 6 };

struct bank {
    struct tutti_lock account;
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    size_t rounds;
};

/* Waits with the lock in hand, until its scope is cancelled. */
static inline int audit(void *arg)
{
    struct bank *bank = arg;
    TUTTI_TRY(tutti_lock_acquire(&bank->account));
    int rc = tutti_sleep(2 * TUTTI_US);
    tutti_lock_release(&bank->account);
    return rc;
}

static inline int teller(void *arg)
{
    struct bank *bank = arg;
    for (size_t i = 0; i < bank->rounds; i++) {
        TUTTI_TRY(tutti_lock_acquire(&bank->account));
        int rc = tutti_checkpoint();
        tutti_lock_release(&bank->account);
        TUTTI_TRY(rc);
        TUTTI_TRY(tutti_chan_send(&bank->sender, &i));
        TUTTI_TRY(tutti_sleep(TUTTI_US));
        TUTTI_TRY(tutti_move_on_after(TUTTI_US, audit, bank));
    }
    return 0;
}

static inline int clerk(void *arg)
{
    struct bank *bank = arg;
    size_t order;
    for (size_t i = 0; i < bank->rounds * BANK_TELLERS; i++) {
        TUTTI_TRY(tutti_chan_receive(&bank->receiver, &order));
    }
    return 0;
}

static inline int body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, clerk, arg));
    for (int i = 0; i < BANK_TELLERS; i++) {
        TUTTI_TRY(tutti_nursery_start_named(nursery, "teller", teller, arg));
    }
    return 0;
}

static inline int bank_run_main(void *arg)
{
    struct bank bank = {.rounds = *(size_t *)arg};
    tutti_lock_init(&bank.account, "account");
    TUTTI_TRY(tutti_chan_open(&bank.sender, &bank.receiver, "orders", sizeof(size_t), 4));
    int rc = tutti_nursery_run(body, &bank);
    tutti_chan_close_send(&bank.sender);
    tutti_chan_close_receive(&bank.receiver);
    return rc;
}

/* Runs it in the simulated world; the trace is to be closed. */
static inline struct tutti_trace *bank_run(size_t rounds, int level, size_t *size)
{
    static const struct tutti_trace_header header = {
        .prog = "bank", .test = "", .world = "sim", .policy = "plain", .list = "1;batch;;c0;"};
    static struct tutti_sim_world sim;
    struct tutti_trace *trace;
    if (tutti_sim_world_open(&sim, 1) < 0) return NULL;
    if (tutti_trace_open_memory(&trace, &header, level) < 0) return NULL;
    tutti_sim_world_reset(&sim);
    sim.world.sink = tutti_trace_sink(trace);
    int rc = tutti_run(&sim.world, bank_run_main, &rounds);
    tutti_sim_world_close(&sim);
    if (rc < 0) fprintf(stderr, "the bank failed: %s\n", tutti_error_name(rc));
    (void)tutti_trace_text(trace, size);
    return trace;
}

#endif
