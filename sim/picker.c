/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/picker.h"

#include <stdio.h>

#include "tutti/core/task.h"

void tutti_picker_init(struct tutti_picker *picker, const struct tutti_bounds *bounds,
                       struct tutti_take *items, uint32_t room)
{
    *picker = (struct tutti_picker){.pick = {.mask = bounds->kinds,
                                             .step = bounds->step,
                                             .cancel_nurseries = bounds->cancel_nurseries,
                                             .access_points = bounds->access_points,
                                             .cancels_max = bounds->cancels_max,
                                             .lags_max = bounds->lags_max},
                                    .cancel_run = bounds->cancel_run,
                                    .takes = {.items = items, .room = room}};
}

void tutti_picker_reset(struct tutti_picker *picker)
{
    picker->takes.count = 0;
    picker->full = picker->mismatch = picker->dropped = false;
    picker->why[0] = '\0';
}

struct tutti_bounds tutti_picker_bounds(const struct tutti_picker *picker)
{
    const struct tutti_pick *pick = &picker->pick;
    return (struct tutti_bounds){.step = pick->step,
                                 .cancel_nurseries = pick->cancel_nurseries,
                                 .access_points = pick->access_points,
                                 .cancel_run = picker->cancel_run,
                                 .kinds = pick->mask,
                                 .cancels_max = pick->cancels_max,
                                 .lags_max = pick->lags_max};
}

uint32_t tutti_picker_full(struct tutti_picker *picker)
{
    picker->full = true;
    return TUTTI_PICK_STOP;
}

int tutti_picker_tell(const struct tutti_candidate *candidate, char *text, size_t size)
{
    static const char *const whats[] = {
        [TUTTI_CANDIDATE_TIMER] = "a timer of ", [TUTTI_CANDIDATE_CANCEL] = "cancelling scope "};
    bool timer = candidate->what == TUTTI_CANDIDATE_TIMER;
    const struct tutti_task *task = tutti_in_run() ? tutti_task_find(candidate->id) : NULL;
    if (candidate->what == TUTTI_CANDIDATE_ADVANCE) return snprintf(text, size, "waiting");
    const char *what =
        timer || candidate->what == TUTTI_CANDIDATE_CANCEL ? whats[candidate->what] : "";
    if (!task) return snprintf(text, size, "%s#%llu", what, (unsigned long long)candidate->id);
    return snprintf(text, size, "%s%.40s #%llu", what, tutti_task_name(task),
                    (unsigned long long)candidate->id);
}

/* What is asked now, in words: who goes on, or whose choice it is. */
static void tell_choice(const struct tutti_choice *choice, char *text, size_t size)
{
    enum { TOLD = 4 };
    size_t length = 0;
    if (!choice->candidates) {
        const struct tutti_task *task = tutti_task_self();
        snprintf(text, size, "asked by %.40s #%llu", task ? tutti_task_name(task) : "nobody",
                 task ? (unsigned long long)tutti_task_id(task) : 0);
        return;
    }
    for (uint32_t i = 0; i < choice->of && i < TOLD && length < size; i++) {
        int more = snprintf(text + length, size - length, i ? ", " : "among ");
        length += (size_t)more;
        if (length >= size) return;
        more = tutti_picker_tell(&choice->candidates[i], text + length, size - length);
        length += (size_t)more;
    }
    if (choice->of > TOLD && length < size) {
        snprintf(text + length, size - length, " and %u more", choice->of - TOLD);
    }
}

const char *tutti_differs_text(enum tutti_differs differs)
{
    static const char *const texts[] = {
        [TUTTI_DIFFERS_ASKED] =
            "(likely: it goes by the time, by random numbers or by an answer of "
            "the system, or by a variable that the run before changed)",
        [TUTTI_DIFFERS_READY] =
            "(likely: how many tasks there are, or wait, goes by the time, by a "
            "thread that is not tutti's, or by a variable that the run before "
            "changed)",
        [TUTTI_DIFFERS_ORDER] = "(likely: something is sorted or hashed by address, or a number is "
                                "counted on from the run before)",
        [TUTTI_DIFFERS_END] = "(likely: the run before left something done that is not done again, "
                              "in a static variable or a file)",
        [TUTTI_DIFFERS_PLACE] = "(likely: memory that is at another address in each run, of malloc "
                                "and not of tutti_malloc, or something hashed by address)",
        [TUTTI_DIFFERS_WAY] =
            "(likely: it goes by memory that was not set, by a static variable that "
            "the run before changed, by the time or by random numbers)"};
    return texts[differs];
}

uint32_t tutti_picker_differs(struct tutti_picker *picker, uint32_t index,
                              const struct tutti_take *take, const struct tutti_choice *choice)
{
    const char *const *words = tutti_trace_table[TUTTI_EVENT_CHOICE].fields[0].words;
    enum tutti_differs differs = choice->candidates ? TUTTI_DIFFERS_READY : TUTTI_DIFFERS_ASKED;
    char how[160], who[160];
    if (take->kind != choice->kind) {
        snprintf(how, sizeof how, "was of kind %s and is now of kind %s", words[take->kind],
                 words[choice->kind]);
    } else if (take->of != choice->of) {
        snprintf(how, sizeof how, "had %u options and has now %u", take->of, choice->of);
    } else {
        snprintf(how, sizeof how, "has %u options as before, but not the same ones", take->of);
        differs = TUTTI_DIFFERS_ORDER;
    }
    tell_choice(choice, who, sizeof who);
    snprintf(picker->why, sizeof picker->why,
             "choice %u %s, after the same choices before it; it is %s %s", index + 1, how, who,
             tutti_differs_text(differs));
    picker->mismatch = true;
    return TUTTI_PICK_STOP;
}

void tutti_takes_list(const struct tutti_takes *takes, const struct tutti_bounds *bounds,
                      uint32_t *numbers, struct tutti_list *list)
{
    *list = (struct tutti_list){.bounds = *bounds, .numbers = numbers, .room = takes->count};
    for (uint32_t i = 0; i < takes->count; i++) {
        numbers[i] = takes->items[i].number;
        if (numbers[i]) list->count = i + 1;
    }
}
