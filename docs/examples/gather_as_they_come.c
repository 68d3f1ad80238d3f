/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Several questions at once; each answer is used as soon as it is there, whatever its question's
 * number. The answers come over a channel; the nursery sees to it that nobody is left behind, also
 * when the asker has heard enough, or a question fails.                                          */
#include "tutti/core/chan.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

enum { QUESTIONS = 3 };

struct answer {
    int question;
    int64_t value;
};

struct question {
    struct tutti_chan_sender *answers;
    int number;
    int64_t takes_ns; /* negative: it fails */
};

static int ask(void *arg)
{
    const struct question *question = arg;
    if (question->takes_ns < 0) return tutti_error(-5, "question %d failed", question->number);
    TUTTI_TRY(tutti_sleep(question->takes_ns));
    struct answer answer = {question->number, question->takes_ns};
    return tutti_chan_send(question->answers, &answer);
}

/* The questions, and what is done with each answer: use() returns 0 to go on, 1 for "enough". */
struct survey {
    int64_t takes_ns[QUESTIONS];
    int (*use)(struct survey *survey, const struct answer *answer);
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver answers;
    int order[QUESTIONS], count;
};

static int survey_body(struct tutti_nursery *nursery, void *arg)
{
    struct survey *survey = arg;
    struct answer answer;
    for (int i = 0; i < QUESTIONS; i++) {
        struct question question = {&survey->sender, i, survey->takes_ns[i]};
        TUTTI_TRY(tutti_nursery_start_copy(nursery, ask, &question, sizeof question));
    }
    for (int i = 0; i < QUESTIONS; i++) {
        TUTTI_TRY(tutti_chan_receive(&survey->answers, &answer));
        if (survey->use(survey, &answer) == 0) continue;
        tutti_nursery_cancel(nursery); /* the other questions are of no interest any more */
        break;
    }
    return 0;
}

static int gather_as_they_come(struct survey *survey)
{
    TUTTI_TRY(
        tutti_chan_open(&survey->sender, &survey->answers, "answers", sizeof(struct answer), 0));
    int rc = tutti_nursery_run(survey_body, survey);
    tutti_chan_close_send(&survey->sender);
    tutti_chan_close_receive(&survey->answers);
    return rc;
}

static int note(struct survey *survey, const struct answer *answer)
{
    tutti_check(answer->value == survey->takes_ns[answer->question]);
    survey->order[survey->count++] = answer->question;
    return 0;
}

static int note_one(struct survey *survey, const struct answer *answer)
{
    return note(survey, answer) + 1;
}

static int as_they_come(void *arg)
{
    struct survey survey = {.takes_ns = {60 * TUTTI_MS, 0, 30 * TUTTI_MS}, .use = note};
    (void)arg;
    TUTTI_TRY(gather_as_they_come(&survey));
    tutti_check(survey.count == 3);
    tutti_check(survey.order[0] == 1 && survey.order[1] == 2 && survey.order[2] == 0);
    return 0;
}

static int enough(void *arg)
{
    struct survey survey = {.takes_ns = {30 * TUTTI_S, 0, 30 * TUTTI_S}, .use = note_one};
    (void)arg;
    TUTTI_TRY(gather_as_they_come(&survey));
    tutti_check(survey.count == 1 && survey.order[0] == 1);
    return tutti_checkpoint(); /* the cancellation stayed in the nursery */
}

static int one_fails(void *arg)
{
    struct survey survey = {.takes_ns = {30 * TUTTI_S, 0, -1}, .use = note};
    (void)arg;
    tutti_check(gather_as_they_come(&survey) == -5);
    tutti_check(survey.count <= 1);
    return 0;
}

const struct tutti_test tutti_tests[] = {
    {"as_they_come", as_they_come, "answers are used in the order in which they come"},
    {"enough", enough, "one answer is enough: the other questions are given up"},
    {"one_fails", one_fails, "a failure ends the others and comes out"},
    {NULL, NULL, NULL},
};
