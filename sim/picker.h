/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/picker.h - what all pickers have in common: they keep what they were asked and answered.
 *
 * A strategy is one file: a struct that begins with struct tutti_picker, a function that answers
 * one choice, and one that prepares the next run. The record of a run is plain memory without
 * pointers of its own, so it can be shared with another process and outlives a crash.            */
#ifndef TUTTI_SIM_PICKER_H
#define TUTTI_SIM_PICKER_H

#include "tutti/sim/list.h"

TUTTI_BEGIN

/* One choice of a run. */
struct tutti_take {
    uint64_t print;  /* of what was asked: a hash of the candidates' kinds and paths, in order */
    uint64_t path;   /* of the candidate taken; other kinds than run: of the asking task */
    uint32_t number; /* the option taken, */
    uint32_t of;     /* out of so many */
    uint8_t kind;    /* enum tutti_choice_kind */
    uint8_t what;    /* kind run: enum tutti_candidate_what */
    bool early;      /* kind run: a timer that fired while tasks were ready */
    bool stays;      /* depth-first's: the task of option `edge` took the last step */
    uint32_t edge;   /* depth-first's: see there */
    uint32_t tasks;  /* likewise: so many options are tasks */
};

struct tutti_cover;

/* The choices of one run, in order. */
struct tutti_takes {
    struct tutti_take *items; /* the caller's memory */
    uint32_t count, room;
};

struct tutti_picker {
    struct tutti_pick pick; /* for the world */
    bool cancel_run;        /* see struct tutti_bounds */
    /* After a run that is no finding: prepares the next. False: there is none. */
    bool (*next)(struct tutti_picker *picker);
    struct tutti_takes takes;  /* of the run */
    struct tutti_cover *cover; /* who counts cancellations, or NULL: sim/cover.h */
    bool dropped;  /* the run was stopped: it could only repeat another one. No finding */
    bool full;     /* the run was stopped: more choices than there is room for */
    bool mismatch; /* the run was stopped: it is not the one that was to be repeated */
    char why[480]; /* mismatch: where and how it differs, and what is likely to make it so */
};

/* Readies the common part: what is asked for, and an empty record in the caller's memory. */
TUTTI_API void tutti_picker_init(struct tutti_picker *picker, const struct tutti_bounds *bounds,
                                 struct tutti_take *items, uint32_t room);
/* Forgets the run, for the next one. */
TUTTI_API void tutti_picker_reset(struct tutti_picker *picker);
/* The bounds it was made with. */
TUTTI_API struct tutti_bounds tutti_picker_bounds(const struct tutti_picker *picker);

/* For strategies, at the end of the record: notes that the run has outgrown it. Returns what pick()
 * is to return.                                                                                  */
TUTTI_API uint32_t tutti_picker_full(struct tutti_picker *picker);
/* For strategies: notes that `choice` is not what `take`, the index-th, was in the run that is
 * being repeated. Returns what pick() is to return.                                              */
TUTTI_API uint32_t tutti_picker_differs(struct tutti_picker *picker, uint32_t index,
                                        const struct tutti_take *take,
                                        const struct tutti_choice *choice);

/* Why two runs with the same choices are not the same, by how they differ; in brackets, the end of
 * a sentence.                                                                                    */
enum tutti_differs {
    TUTTI_DIFFERS_ASKED, /* another choice is made, or of another number of options */
    TUTTI_DIFFERS_READY, /* more tasks are ready, or fewer */
    TUTTI_DIFFERS_ORDER, /* as many, but others, or in another order */
    TUTTI_DIFFERS_END,   /* it ends earlier, or later */
    TUTTI_DIFFERS_PLACE, /* a step touches as many things, in the same ways, but other ones */
    TUTTI_DIFFERS_WAY    /* a step does something else */
};
TUTTI_API const char *tutti_differs_text(enum tutti_differs differs);

/* Who a candidate is, in words, like snprintf: "a timer of child #3". */
TUTTI_API int tutti_picker_tell(const struct tutti_candidate *candidate, char *text, size_t size);

/* Who that is, in all runs; never 0. */
static inline uint64_t tutti_candidate_key(const struct tutti_candidate *candidate)
{
    uint64_t key =
        (candidate->path ^ (uint64_t)candidate->what << 56) * UINT64_C(0x9e3779b97f4a7c15);
    return (key ^ key >> 32) | 1;
}

/* The hash of what is asked. */
static inline uint64_t tutti_choice_print(const struct tutti_choice *choice)
{
    uint64_t print = choice->path ^ ((uint64_t)choice->kind << 32 | choice->of);
    if (!choice->candidates) return print;
    for (uint32_t i = 0; i < choice->of; i++) {
        print = (print ^ choice->candidates[i].path) * UINT64_C(0x9e3779b97f4a7c15);
        print ^= (print >> 32) + choice->candidates[i].what;
    }
    return print;
}

/* Fills in who was taken. */
static inline void tutti_take_set(struct tutti_take *take, const struct tutti_choice *choice,
                                  uint32_t number)
{
    const struct tutti_candidate *candidates = choice->candidates;
    take->number = number;
    take->path = candidates ? candidates[number].path : choice->path;
    take->what = candidates ? (uint8_t)candidates[number].what : TUTTI_CANDIDATE_NONE;
    take->early = take->what == TUTTI_CANDIDATE_TIMER && candidates[0].what == TUTTI_CANDIDATE_TASK;
}

/* Adds a choice to the record, in which there is room, and answers it. */
static inline uint32_t tutti_takes_add(struct tutti_takes *takes, const struct tutti_choice *choice,
                                       uint32_t number)
{
    struct tutti_take *take = &takes->items[takes->count++];
    take->print = tutti_choice_print(choice);
    take->of = choice->of;
    take->kind = (uint8_t)choice->kind;
    tutti_take_set(take, choice, number);
    return number;
}

/* The numbers of a record as a list, in the caller's memory of takes->count numbers; zeros at the
 * end are left out, since they say nothing.                                                      */
TUTTI_API void tutti_takes_list(const struct tutti_takes *takes, const struct tutti_bounds *bounds,
                                uint32_t *numbers, struct tutti_list *list);

TUTTI_END
#endif
