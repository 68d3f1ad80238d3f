/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/sift_priv.h"

#include <stdlib.h>
#include <string.h>

#include "tutti/instruments/model_priv.h"

/* What later events have told of a thing. */
enum {
    SEEN_RUN = 1,    /* a task: a step of it */
    SEEN_TURN = 2,   /* that, and what made it ready before: earlier turns are void */
    SEEN_GONE = 4,   /* that it is gone, at `place`: all else about it is void */
    SEEN_EFFECT = 8, /* an object: an effect that takes nothing */
    SEEN_UNLOCK = 16 /* it was unlocked, at `place`, and not locked since */
};

/* Which of an event's ids it is about, and how. */
enum sift_class {
    SIFT_NOTHING, /* it is not kept in any case */
    SIFT_ALWAYS,  /* it is not looked into: rare, or others depend on it */
    SIFT_TURN,    /* a task's */
    SIFT_EFFECT,  /* from here on, an object's */
    SIFT_CHANGE,
    SIFT_MAKE,
    SIFT_END
};

/* A nursery is about to be looked for when a task moves: it is never left out. */
static const uint8_t classes[TUTTI_EVENT_KINDS] = {
    [TUTTI_EVENT_TASK_READY] = SIFT_TURN,     [TUTTI_EVENT_TASK_RUN] = SIFT_TURN,
    [TUTTI_EVENT_TASK_PARK] = SIFT_TURN,      [TUTTI_EVENT_OBJ_OP] = SIFT_EFFECT,
    [TUTTI_EVENT_SCOPE_SET] = SIFT_CHANGE,    [TUTTI_EVENT_SCOPE_CANCEL] = SIFT_CHANGE,
    [TUTTI_EVENT_SCOPE_FINISH] = SIFT_CHANGE, [TUTTI_EVENT_SCOPE_OPEN] = SIFT_MAKE,
    [TUTTI_EVENT_OBJ_NEW] = SIFT_MAKE,        [TUTTI_EVENT_IO_SUBMIT] = SIFT_MAKE,
    [TUTTI_EVENT_SPAN_BEGIN] = SIFT_MAKE,     [TUTTI_EVENT_TASK_SPAWN] = SIFT_MAKE,
    [TUTTI_EVENT_SCOPE_CLOSE] = SIFT_END,     [TUTTI_EVENT_OBJ_FREE] = SIFT_END,
    [TUTTI_EVENT_IO_DONE] = SIFT_END,         [TUTTI_EVENT_SPAN_END] = SIFT_END,
    [TUTTI_EVENT_TASK_EXIT] = SIFT_END,       [TUTTI_EVENT_TASK_MOVE] = SIFT_ALWAYS,
    [TUTTI_EVENT_NURSERY_OPEN] = SIFT_ALWAYS, [TUTTI_EVENT_NURSERY_CLOSE] = SIFT_ALWAYS,
};

/* Kinds whose id is a task's, one bit each. */
#define OF_TASKS                                                                                   \
    (TUTTI_EVENT_BIT(TASK_READY) | TUTTI_EVENT_BIT(TASK_RUN) | TUTTI_EVENT_BIT(TASK_PARK) |        \
     TUTTI_EVENT_BIT(TASK_SPAWN) | TUTTI_EVENT_BIT(TASK_EXIT))

/* As model_effect says, but 2 and -2 for what only one task can have at a time. Words are static,
 * so each is looked at once. */
static int effect_of(struct sift *sift, const char *op)
{
    struct sift_word *word = &sift->words[(uintptr_t)op / 4 % SIFT_WORDS];
    if (TUTTI_UNLIKELY(word->op != op)) {
        bool one = strcmp(op, "lock") == 0 || strcmp(op, "unlock") == 0;
        *word = (struct sift_word){op, (int8_t)(model_effect(op) * (one ? 2 : 1))};
    }
    return word->effect;
}

/* Puts a place in front of the others. */
static uint32_t leave(struct sift *sift, uint32_t place)
{
    uint32_t at = sift->room - ++sift->used;
    sift->left[at] = place;
    return at;
}

/* An effect that takes nothing is void if there is a later one. A lock that is given back is as if
 * it was never taken; of what a task can have several of it is not known here which it gives. */
static void sift_effect(struct sift *sift, struct sift_seen *seen,
                        const struct tutti_trace_event *event, uint32_t place)
{
    int effect = effect_of(sift, event->name);
    if (effect == 0) {
        if (!(seen->bits & SEEN_EFFECT)) leave(sift, place);
        seen->bits |= SEEN_EFFECT;
        return;
    }
    if (effect == 2 && (seen->bits & SEEN_UNLOCK)) {
        sift->left[seen->place] = SIFT_NONE;
        seen->bits &= (uint8_t)~SEEN_UNLOCK;
        return;
    }
    uint32_t at = leave(sift, place);
    if (effect != -2) return;
    seen->bits |= SEEN_UNLOCK;
    seen->place = at;
}

/* Of a thing that is gone: void, but for its making, which takes its end along. */
static void sift_gone(struct sift *sift, struct sift_seen *seen, uint8_t class)
{
    if (class != SIFT_MAKE) return;
    sift->left[seen->place] = SIFT_NONE;
    seen->bits = 0;
    if (seen->id > sift->ids) sift->ids = seen->id;
}

static void sift_one(struct sift *sift, struct sift_seen *seen,
                     const struct tutti_trace_event *event, uint32_t place)
{
    uint8_t class = classes[event->kind];
    if (seen->bits & SEEN_GONE) {
        sift_gone(sift, seen, class);
    } else if (class == SIFT_EFFECT) {
        sift_effect(sift, seen, event, place);
    } else {
        uint32_t at = leave(sift, place);
        if (class == SIFT_END) {
            seen->bits = SEEN_GONE;
            seen->place = at;
        } else if (event->kind == TUTTI_EVENT_TASK_RUN) {
            seen->bits |= SEEN_RUN;
        } else if (event->kind == TUTTI_EVENT_TASK_READY && (seen->bits & SEEN_RUN)) {
            seen->bits |= SEEN_TURN;
        }
    }
}

uint32_t sift_events(struct sift *sift, const struct tutti_trace_event *events, uint32_t count,
                     const uint32_t **left)
{
    uint32_t round = ++sift->round;
    sift->used = 0;
    for (uint32_t place = count; place-- > 0;) {
        const struct tutti_trace_event *event = &events[place];
        uint8_t class = classes[event->kind];
        uint64_t id = OF_TASKS >> event->kind & 1 ? event->task : event->obj;
        if (class <= SIFT_ALWAYS) {
            if (class == SIFT_ALWAYS) leave(sift, place);
            continue;
        }
        struct sift_seen *seen = &sift->seen[id % SIFT_SEEN];
        if (TUTTI_UNLIKELY(seen->id != id || seen->round != round)) {
            *seen = (struct sift_seen){.id = id, .round = round};
        }
        if (class == SIFT_TURN && (seen->bits & (SEEN_TURN | SEEN_GONE))) continue;
        sift_one(sift, seen, event, place);
    }
    *left = sift->left + (sift->room - sift->used);
    return sift->used;
}

bool sift_open(struct sift *sift, uint32_t room)
{
    *sift = (struct sift){.room = room, .left = malloc(room * sizeof *sift->left)};
    return sift->left != NULL;
}

void sift_free(struct sift *sift)
{
    free(sift->left);
}
