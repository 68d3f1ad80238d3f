/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/token.h - the way into a run from outside: other threads, signal handlers, host loops.
 *
 * A task opens a token; from then on anybody may post functions to it. They are called one after
 * the other, first come first served, in a task of the runtime's, and may use whatever a task may
 * use short of waiting. All or nothing: a post that was accepted is called before the token closes,
 * and one that was not says TUTTI_ERUNFINISHED. The token and the posts are the caller's memory, so
 * posting allocates nothing, takes no lock and is safe in a signal handler.
 *
 * In the simulator there is no outside: there its part is played by tasks, and when a post is
 * called is a choice like any other.                                                            */
#ifndef TUTTI_CORE_TOKEN_H
#define TUTTI_CORE_TOKEN_H

#include "tutti/core/park.h"

TUTTI_BEGIN

/* A function to call inside a run. The caller's; nothing in it may change while it is pending. */
struct tutti_post {
    /* May not wait or yield (that is a panic). Negative: a failure, like a task's. */
    int (*fn)(void *arg);
    void *arg;
    struct tutti_post *next;    /* the token's */
    TUTTI_ATOMIC(bool) pending; /* accepted, and fn not yet called */
};

/* All-zero is a token that was never open. It is kept until nobody will post to it any more, which
 * may be long after the run: not on a task's stack unless tutti_token_close is called there.    */
struct tutti_token {
    TUTTI_ATOMIC(uint32_t) gate;             /* is it open, and how many are just posting */
    TUTTI_ATOMIC(struct tutti_post *) posts; /* accepted ones, the newest first */
    struct tutti_post *taken;                /* of those, the ones that are being called */
    struct tutti_io *io;                     /* whom to wake */
    struct tutti_object object;              /* in traces and reports */
    struct tutti_task *task;                 /* who calls the posts; NULL: closed */
    struct tutti_park *idle;                 /* its wait for posts, or NULL */
    struct tutti_token *next;                /* the run's next one */
    struct tutti_lot closers;                /* tasks in tutti_token_close */
    uint32_t looks; /* at it, by its run, if the world wants to know (tutti_io.posts) */
    bool closing;   /* no post is accepted from the next step on */
    /* The opener's, set before it opens; NULL: nothing. Called when the token has closed, whoever
     * closed it, and may open or free it. In a task of its run, where it may not wait; `dropped`:
     * in none, for the run is over and did not call all that was accepted. */
    void (*closed)(struct tutti_token *token, bool dropped);
};

/* Opens a token of the calling task's run, named for traces and reports (the name is kept). Returns
 * 0, TUTTI_ENOMEMORY or TUTTI_ESTATE (it is open). It closes when it is told to, or after the first
 * task has ended: then the posts accepted so far are called, and the run ends. While it is open in
 * a world that has an outside, waiting for ever is no deadlock. Not a checkpoint.               */
#define tutti_token_open(token, name) tutti_token_open_at(token, name, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_token_open_at(struct tutti_token *token, const char *name,
                                                 const struct tutti_site *site);

/* Flags of tutti_token_post. */
enum {
    TUTTI_POST_ONCE = 1 /* it is no error if the post is pending already: one call serves both */
};

/* Has post->fn(post->arg) called in the token's run, soon. From any thread, task or signal handler,
 * as long as the token's memory is there. `post` is the run's until fn is called; from then on it
 * may be posted again, also by fn itself: that is for the next pass, so nobody is starved. When fn
 * fails, everything in the run is cancelled, later posts are still called, and tutti_run returns
 * its code unless something else failed before.
 * Returns 0 (accepted: fn will be called, unless the run is over before by a deadlock, a failed
 * check or the like, after which nothing of it takes a step), TUTTI_ERUNFINISHED (the token is not
 * open, or no more), TUTTI_EBUSY (the post is pending and flags do not say TUTTI_POST_ONCE) or
 * TUTTI_EINVALID. Not a checkpoint.                                                             */
TUTTI_API TUTTI_MUST_USE int tutti_token_post(struct tutti_token *token, struct tutti_post *post,
                                              unsigned flags);

/* How many posts were accepted and are not called yet: in the token's run only. Not a checkpoint.
 */
TUTTI_API uint32_t tutti_token_waiting(const struct tutti_token *token);

/* Closes a token: what was accepted is called, what comes later is not accepted. Returns when that
 * is done; not the source of a cancellation. A closed token may be opened again.                */
#define tutti_token_close(token) tutti_token_close_at(token, TUTTI_HERE)
TUTTI_SCHEDULES void tutti_token_close_at(struct tutti_token *token, const struct tutti_site *site);

TUTTI_END
#endif
