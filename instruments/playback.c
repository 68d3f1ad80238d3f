/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The doors of a recording. The clock and io share one log, so each answer is checked against what
 * was asked next in the recorded run; looks at tokens are counted, and have logs of their own. */
#include "tutti/instruments/playback.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tutti/core/error.h"
#include "tutti/core/interrupt.h"
#include "tutti/core/token.h"
#include "tutti/instruments/playback_priv.h"
#include "tutti/instruments/record_priv.h"

/* Of handles that were made by a playback: no other world has this number. */
#define PLAYBACK_WORLD UINT32_MAX
/* A run that parted from its recording ends by itself, if it heeds cancellations. */
enum { STEPS_LEFT = 10000 };

struct tutti_playback {
    struct tutti_world world;
    struct tutti_clock clock;
    struct tutti_io io;
    struct tutti_options options;
    const struct tutti_world *base;
    struct log log;
    size_t at; /* the next entry */
    int64_t now_ns;
    struct idmap pending; /* id -> struct tutti_op */
    uint64_t handles;     /* made so far */
    uint32_t open;        /* of these */
    bool begun;           /* the clock was read */
    bool over;            /* the run has ended */
    bool parted, interrupted;
    bool cut;
    char message[1024];
};

/* From here on it is another run; the first sentence is kept. */
static void part(struct tutti_playback *playback, uint64_t line, const char *format, ...)
    TUTTI_PRINTF(3, 4);
static void part(struct tutti_playback *playback, uint64_t line, const char *format, ...)
{
    va_list list;
    if (playback->parted || playback->over) return;
    playback->parted = true;
    int size = snprintf(playback->message, sizeof playback->message / 2, "%s:%" PRIu64 ": ",
                        playback->log.name, line);
    size_t used = size < 0 ? 0 : (size_t)size;
    if (used >= sizeof playback->message / 2) used = sizeof playback->message / 2 - 1;
    va_start(list, format);
    vsnprintf(playback->message + used, sizeof playback->message - used, format, list);
    va_end(list);
}

/* The entry that is next; NULL: there is none. */
static struct log_entry *next_entry(struct tutti_playback *playback)
{
    struct log *log = &playback->log;
    while (playback->at < log->count && log->entries[playback->at].taken)
        playback->at++;
    return playback->at < log->count ? &log->entries[playback->at] : NULL;
}

/* What the recording has next is not what the program asks for. */
static void part_here(struct tutti_playback *playback, const struct log_entry *entry,
                      const char *asks)
{
    if (entry && entry->kind == LOG_DONE) {
        part(playback, entry->line, "here operation #%" PRIu64 " ended, and now the program %s",
             entry->id, asks);
    } else if (entry) {
        part(playback, entry->line, "here the clock was read, and now the program %s", asks);
    } else if (playback->log.ended) {
        part(playback, playback->log.last_line,
             "here the run had all that came in, and now the program %s", asks);
    } else {
        part(playback, playback->log.last_line,
             "the recording ends here without run.end, and the program %s", asks);
        playback->cut = playback->parted;
    }
}

static int64_t playback_now(struct tutti_clock *clock)
{
    struct tutti_playback *playback = TUTTI_CONTAINER(clock, struct tutti_playback, clock);
    bool first = !playback->begun;
    playback->begun = true;
    if (first || playback->parted || playback->over) return playback->now_ns;
    struct log_entry *entry = next_entry(playback);
    if (!entry || entry->kind != LOG_READ) {
        part_here(playback, entry, entry ? "goes on without waiting for it" : "goes on");
        return playback->now_ns;
    }
    playback->at++;
    playback->now_ns = entry->number;
    return playback->now_ns;
}

static void make_handle(void *context, struct tutti_handle *handle)
{
    struct tutti_playback *playback = context;
    uint64_t number = ++playback->handles;
    *handle = (struct tutti_handle){
        .index = (uint32_t)number, .world = PLAYBACK_WORLD, .generation = number};
    playback->open++;
}

static void close_handle(struct tutti_playback *playback, const struct tutti_op *op)
{
    if (op->handle.world == PLAYBACK_WORLD) {
        playback->open--;
    } else { /* the program's own, which it took into the real world */
        struct tutti_op close = *op;
        (void)playback->base->io->start(playback->base->io, &close);
    }
}

/* The end of an operation, as the recording has it. */
static void finish(struct tutti_playback *playback, struct tutti_op *op,
                   const struct log_entry *entry)
{
    const char *bytes = playback->log.bytes.bytes;
    struct brought brought = {.into = true,
                              .bytes = bytes ? bytes + entry->at : NULL,
                              .left = entry->size,
                              .make = make_handle,
                              .context = playback};
    op->result = entry->number;
    brought_pass(&brought, op);
    if (brought.wrong || brought.left > 0) {
        part(playback, entry->line,
             "what operation #%" PRIu64 " brought does not fit into the %s that it is now",
             entry->id, tutti_op_text(op->kind));
        op->result = TUTTI_ECANCELED;
    }
    if (op->kind == TUTTI_OP_CLOSE && op->result >= 0) close_handle(playback, op);
}

/* Kinds that never wait: core would not have them pending. */
static bool is_at_once(enum tutti_op_kind kind)
{
    return kind >= TUTTI_OP_SOCKET && kind <= TUTTI_OP_OPTION;
}

/* Is it recorded that the worker's function was called to its end? Then it is called now. */
static void make_call(struct tutti_playback *playback, struct tutti_op *op)
{
    const struct tutti_call *call = op->detail;
    const struct log *log = &playback->log;
    size_t number = (size_t)(uintptr_t)idmap_get(&log->done, op->id);
    const struct log_entry *entry = number ? &log->entries[number - 1] : NULL;
    int result;
    if (!entry || entry->size != 1 || !log->bytes.bytes[entry->at]) return;
    if (!playback_call(call->fn, call->arg, &result)) {
        part(playback, entry->line, "there is no thread for the function that is called");
    } else if (result != entry->number) {
        part(playback, entry->line,
             "the function that operation #%" PRIu64 " calls returned %" PRId64 ", and now %d",
             entry->id, entry->number, result);
    }
}

/* In another run nothing is done but what cleans up. */
static int refuse(struct tutti_playback *playback, struct tutti_op *op)
{
    bool closes = op->kind == TUTTI_OP_CLOSE;
    op->result = closes ? 0 : TUTTI_ECANCELED;
    if (closes) close_handle(playback, op);
    return TUTTI_IO_DONE;
}

/* The run is another one: it is cancelled. */
static void interrupt(struct tutti_playback *playback)
{
    if (playback->interrupted) return;
    playback->interrupted = true;
    tutti_interrupt("this is not the recorded run any more");
}

static int start(struct tutti_playback *playback, struct tutti_op *op)
{
    struct log_entry *entry = next_entry(playback);
    if (playback->parted) return refuse(playback, op);
    if (entry && entry->kind == LOG_DONE && entry->id == op->id) {
        playback->at++;
        finish(playback, op, entry);
        return TUTTI_IO_DONE;
    }
    if (is_at_once(op->kind)) {
        char asks[120];
        snprintf(asks, sizeof asks, "does the operation %s, #%" PRIu64, tutti_op_text(op->kind),
                 op->id);
        part_here(playback, entry, asks);
        return refuse(playback, op);
    }
    if (op->kind == TUTTI_OP_CALL) make_call(playback, op);
    if (idmap_set(&playback->pending, op->id, op)) return TUTTI_IO_PENDING;
    op->result = TUTTI_ENOMEMORY;
    return TUTTI_IO_DONE;
}

static int playback_start(struct tutti_io *io, struct tutti_op *op)
{
    struct tutti_playback *playback = TUTTI_CONTAINER(io, struct tutti_playback, io);
    int rc = start(playback, op);
    if (playback->parted) interrupt(playback);
    return rc;
}

/* It ends as it ended then. */
static void playback_stop(struct tutti_io *io, struct tutti_op *op)
{
    (void)io, (void)op;
}

/* Who called a function that was stopped or abandoned has given its argument away. */
static void drop_call(const struct tutti_op *op)
{
    const struct tutti_call *call = op->kind == TUTTI_OP_CALL ? op->detail : NULL;
    if (call && call->drop && !call->returned && op->result == TUTTI_ECANCELED) {
        call->drop(call->arg);
    }
}

/* A list, in order of adding. */
struct done_list {
    struct tutti_op *first, **end;
};

static void add_done(struct tutti_playback *playback, struct done_list *list, struct tutti_op *op)
{
    idmap_remove(&playback->pending, op->id);
    drop_call(op);
    op->next = NULL;
    *list->end = op;
    list->end = &op->next;
}

/* The run is another one: what it waits for ends. */
static struct tutti_op *give_up(struct tutti_playback *playback, int64_t until_ns)
{
    struct done_list list = {.end = &list.first};
    interrupt(playback);
    for (size_t i = 0; i < playback->pending.size;) {
        struct tutti_op *op = playback->pending.slots[i].value;
        if (op) op->result = TUTTI_ECANCELED;
        if (op) add_done(playback, &list, op);
        if (!op || playback->pending.slots[i].value == op) i++; /* taking out moves others up */
    }
    if (list.first) return list.first;
    if (until_ns == TUTTI_NEVER) {
        tutti_panic("%s (and it waits for ever now)", playback->message);
    }
    if (until_ns > playback->now_ns) playback->now_ns = until_ns;
    return NULL;
}

static struct tutti_op *playback_wait(struct tutti_io *io, int64_t until_ns)
{
    struct tutti_playback *playback = TUTTI_CONTAINER(io, struct tutti_playback, io);
    struct done_list list = {.end = &list.first};
    const struct log *log = &playback->log;
    struct log_entry *entry = next_entry(playback);
    if (playback->over) return NULL;
    if (!playback->parted && (!entry || entry->kind != LOG_READ)) {
        part_here(playback, entry, "waits");
    }
    if (playback->parted) return give_up(playback, until_ns);
    /* The reading that told how long it was stands before what ended meanwhile. */
    for (size_t i = playback->at + 1; i < log->count; i++) {
        entry = &log->entries[i];
        struct tutti_op *op =
            entry->kind == LOG_DONE ? idmap_get(&playback->pending, entry->id) : NULL;
        if (!op) break;
        entry->taken = true;
        finish(playback, op, entry);
        add_done(playback, &list, op);
    }
    if (playback->parted) interrupt(playback);
    return list.first;
}

/* Nothing sleeps here but posts_wait, which looks again soon. */
static void playback_wake(struct tutti_io *io)
{
    (void)io;
}

static uint32_t playback_end(struct tutti_io *io)
{
    struct tutti_playback *playback = TUTTI_CONTAINER(io, struct tutti_playback, io);
    struct tutti_io *base = playback->base->io;
    playback->over = true;
    return playback->open + (base->end ? base->end(base) : 0);
}

static const char *name_of(const struct tutti_token *token)
{
    return token->object.name ? token->object.name : "";
}

/* Waits until so many posts are there; says so, if it takes long. */
static bool posts_wait(const struct tutti_playback *playback, const struct tutti_token *token,
                       uint64_t line, uint32_t posts)
{
    if (tutti_token_waiting(token) >= posts) return true;
    int64_t since_ns = playback_now_ns(), passed_ns = 0;
    bool quiet = playback->options.quiet;
    while (tutti_token_waiting(token) < posts) {
        if (passed_ns > TUTTI_PLAYBACK_WAIT_NS) return false;
        if (passed_ns > TUTTI_S && !quiet) {
            playback_say("tutti: %s:%" PRIu64 ": waiting for a post to the token \"%s\" (if that "
                         "was a signal, send it again)\n",
                         playback->log.name, line, name_of(token));
            quiet = true;
        }
        playback_nap();
        passed_ns = playback_now_ns() - since_ns;
    }
    return true;
}

/* They do not come. */
static void part_posts(struct tutti_playback *playback, const struct tutti_token *token,
                       uint64_t line, uint32_t posts)
{
    part(playback, line,
         "here %" PRIu32 " posts to the token \"%s\" #%" PRIu64 " were seen, and now there are "
         "%" PRIu32 " after %d s: no thread or signal handler posts more",
         posts, name_of(token), token->object.id, tutti_token_waiting(token),
         (int)(TUTTI_PLAYBACK_WAIT_NS / TUTTI_S));
}

/* Before a token closes all posts that it had are to be there, and no other. */
static void posts_close(struct tutti_playback *playback, const struct tutti_token *token,
                        const struct log_posts *log)
{
    uint32_t most = 0;
    uint64_t line = playback->log.last_line;
    for (; log; log = log->next) {
        if (log->posts <= most) continue;
        most = log->posts;
        line = log->line;
    }
    if (!posts_wait(playback, token, line, most)) {
        part_posts(playback, token, line, most);
    } else if (tutti_token_waiting(token) > most) {
        part(playback, line,
             "the token \"%s\" #%" PRIu64 " closed with %" PRIu32 " posts in the recorded run, and "
             "now there are more",
             name_of(token), token->object.id, most);
    }
}

static uint32_t playback_posts(struct tutti_io *io, const struct tutti_token *token)
{
    struct tutti_playback *playback = TUTTI_CONTAINER(io, struct tutti_playback, io);
    uint64_t id = token->object.id;
    struct log_posts *log = idmap_get(&playback->log.tokens, id);
    if (token->closing && !playback->parted) posts_close(playback, token, log);
    if (playback->parted) return tutti_token_waiting(token);
    if (!log || log->look != token->looks) return 0;
    uint32_t posts = log->posts;
    if (!posts_wait(playback, token, log->line, posts)) {
        part_posts(playback, token, log->line, posts);
        return tutti_token_waiting(token);
    }
    (void)idmap_set(&playback->log.tokens, id, log->next); /* it is there: needs no memory */
    free(log);
    return posts;
}

int tutti_playback_open(struct tutti_playback **out, const struct tutti_world *base,
                        struct tutti_reader *reader)
{
    *out = NULL;
    struct tutti_playback *playback = calloc(1, sizeof *playback);
    if (!playback) return TUTTI_ENOMEMORY;
    int rc = base->error < 0 ? base->error : log_read(&playback->log, reader);
    if (rc < 0) {
        tutti_playback_close(playback);
        return rc;
    }
    playback->base = base;
    if (base->options) playback->options = *base->options;
    if (playback->options.shuffle) {
        playback->options.seed = strtoull(tutti_reader_start(reader)->seed, NULL, 0);
    }
    if (!playback->options.steps_max && playback->log.steps > 0) {
        playback->options.steps_max = playback->log.steps + STEPS_LEFT;
    }
    playback->clock.now = playback_now;
    playback->io = (struct tutti_io){playback_start, playback_stop, playback_wait,
                                     playback_wake,  playback_end,  playback_posts};
    playback->world = *base;
    playback->world.clock = &playback->clock;
    playback->world.io = &playback->io;
    playback->world.options = &playback->options;
    *out = playback;
    return 0;
}

const struct tutti_world *tutti_playback_world(struct tutti_playback *playback)
{
    return &playback->world;
}

const char *tutti_playback_parted(const struct tutti_playback *playback, bool *cut)
{
    *cut = playback->cut;
    return playback->parted ? playback->message : NULL;
}

void tutti_playback_close(struct tutti_playback *playback)
{
    if (!playback) return;
    log_free(&playback->log);
    idmap_free(&playback->pending);
    free(playback);
}
