/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tutti/core/error.h"
#include "tutti/instruments/read_priv.h"
#include "tutti/instruments/view_priv.h"

struct page {
    struct tutti_text out;
    struct tutti_text picks; /* of all choices, with dots between */
    const struct tutti_model *model;
    uint32_t width;
};

/* What the option that was taken does. */
static void add_what(struct page *page, const struct tutti_trace_event *event)
{
    static const char *const texts[] = {[TUTTI_CANDIDATE_TASK] = "runs ",
                                        [TUTTI_CANDIDATE_TIMER] = "timer of ",
                                        [TUTTI_CANDIDATE_CANCEL] = "cancels ",
                                        [TUTTI_CANDIDATE_ADVANCE] = "time goes on"};
    bool known = event->code2 < sizeof texts / sizeof *texts && texts[event->code2];
    tutti_text_print(&page->out, "%s", known ? texts[event->code2] : "");
    if (event->obj != 0) view_thing(&page->out, page->model, event->obj, VIEW_FULL);
}

static void add_row(struct page *page, const struct tutti_trace_record *record)
{
    const struct tutti_trace_event *event = &record->event;
    const char *const *kinds = view_words(TUTTI_EVENT_CHOICE, "kind");
    char time[VIEW_TIME_MAX], option[48];
    size_t start = page->out.size;
    snprintf(option, sizeof option, "[%" PRId64 "/%" PRIu32 "]", event->arg, event->count);
    tutti_text_print(&page->out, "%7" PRIu64 " %7" PRIu64 " %10s  %-5s %-9s ", page->model->choices,
                     record->n, view_time(event->t_ns, time), kinds[event->code], option);
    add_what(page, event);
    if (page->out.failed) return;
    size_t size = page->out.size - start;
    if (view_width(page->out.bytes + start, size) > page->width) {
        view_cell(&page->out, start, page->width);
    }
    tutti_text_add(&page->out, "\n", 1);
}

static int show_rows(struct page *page, struct tutti_model *model, struct tutti_reader *reader,
                     tutti_print *print, void *context)
{
    const struct tutti_trace_record *record;
    int rc;
    tutti_text_print(&page->out, "%7s %7s %10s  %-5s %-9s %s\n", "choice", "event", "time", "kind",
                     "option", "what was taken");
    while ((rc = tutti_reader_next(reader, &record)) > 0) {
        rc = tutti_model_apply(model, record);
        if (rc < 0) return rc;
        if (!record->known || record->event.kind != TUTTI_EVENT_CHOICE) continue;
        add_row(page, record);
        read_list_add(&page->picks, record->event.arg);
        if (page->out.failed || page->picks.failed) return TUTTI_ENOMEMORY;
        rc = print(context, page->out.bytes, page->out.size);
        if (rc < 0) return rc;
        page->out.size = 0;
    }
    return rc;
}

int tutti_view_choices(struct tutti_reader *reader, const struct tutti_view_options *options,
                       tutti_print *print, void *context)
{
    struct tutti_model *model;
    struct page page = {.width = view_page(options ? options->width : 0)};
    int rc = tutti_model_open(&model);
    if (rc < 0) return rc;
    page.model = model;
    rc = show_rows(&page, model, reader, print, context);
    if (rc == 0 && model->choices == 0) tutti_text_print(&page.out, "no choices were asked for\n");
    char *list = rc == 0 ? read_list_finish(reader, &page.picks) : NULL;
    if (list) tutti_text_print(&page.out, "list %s\n", list);
    free(list);
    if (rc == 0) {
        rc = page.out.failed ? TUTTI_ENOMEMORY : print(context, page.out.bytes, page.out.size);
    }
    tutti_text_free(&page.out);
    tutti_text_free(&page.picks);
    tutti_model_close(model);
    return rc;
}
