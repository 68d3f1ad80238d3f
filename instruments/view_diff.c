/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "tutti/core/error.h"
#include "tutti/instruments/stories_priv.h"
#include "tutti/instruments/view_priv.h"

/* Steps shown of the schedules that led to a difference. */
enum { SCHEDULE_MAX = 16 };

struct side {
    char letter; /* how it is called here */
    struct tutti_history *history;
    struct stories stories;
};

struct page {
    struct side a, b;
    struct tutti_text out;
    uint32_t width;
};

/* Ends a line that began at `start`, at the edge of the page. */
static void end_line(struct page *page, size_t start)
{
    if (page->out.failed) return;
    if (view_width(page->out.bytes + start, page->out.size - start) > page->width) {
        view_cell(&page->out, start, page->width);
    }
    tutti_text_add(&page->out, "\n", 1);
}

/* One event of one side; behind its end there is none. */
static void add_event(struct page *page, const struct side *side, size_t index)
{
    char time[VIEW_TIME_MAX];
    size_t start = page->out.size;
    tutti_text_print(&page->out, "  %c  ", side->letter);
    if (index >= side->history->count) {
        tutti_text_print(&page->out, "nothing more, the trace ends");
    } else {
        const struct tutti_history_event *event = &side->history->events[index];
        tutti_text_print(&page->out, "event %" PRIu64 " at %s: ", event->n,
                         view_time(event->event.t_ns, time));
        view_event(&page->out, side->history->whole, &event->event);
    }
    end_line(page, start);
}

static bool same_line(const struct page *page, size_t index)
{
    if (index >= page->a.history->count || index >= page->b.history->count) return false;
    const struct tutti_history_event *a = &page->a.history->events[index];
    const struct tutti_history_event *b = &page->b.history->events[index];
    return a->hash == b->hash && a->n == b->n;
}

/* The first line that differs, run.begin left out. True: there is one. */
static bool add_lines(struct page *page)
{
    size_t count = page->a.history->count, index = 1;
    while (index < count && same_line(page, index))
        index++;
    if (index == count && count == page->b.history->count) {
        tutti_text_print(&page->out, "lines      the same, %zu from the second on\n",
                         count > 0 ? count - 1 : 0);
        return false;
    }
    tutti_text_print(&page->out, "lines      the first that differ:\n");
    add_event(page, &page->a, index);
    add_event(page, &page->b, index);
    return true;
}

/* The next choice at or behind an index; the number of events: there is none. */
static size_t next_choice(const struct side *side, size_t index)
{
    while (index < side->history->count &&
           side->history->events[index].event.kind != TUTTI_EVENT_CHOICE)
        index++;
    return index;
}

static bool same_choice(const struct tutti_trace_event *a, const struct tutti_trace_event *b)
{
    return a->code == b->code && a->count == b->count && a->arg == b->arg;
}

static void add_choices(struct page *page)
{
    const struct tutti_history *left = page->a.history, *right = page->b.history;
    size_t a = next_choice(&page->a, 0), b = next_choice(&page->b, 0);
    uint64_t number = 1;
    while (a < left->count && b < right->count &&
           same_choice(&left->events[a].event, &right->events[b].event)) {
        a = next_choice(&page->a, a + 1);
        b = next_choice(&page->b, b + 1);
        number++;
    }
    if (a >= left->count && b >= right->count) {
        tutti_text_print(&page->out, "choices    the same, %" PRIu64 "\n", number - 1);
        return;
    }
    tutti_text_print(&page->out, "choices    the first that differ: choice %" PRIu64 "\n", number);
    add_event(page, &page->a, a);
    add_event(page, &page->b, b);
}

/* Where the stories of one task part: indices of events; the number of events: the story ends. */
struct parting {
    const struct story *a, *b;
    size_t at_a, at_b;
};

static bool part(const struct page *page, const struct story *a, const struct story *b,
                 struct parting *parting)
{
    const struct stories *left = &page->a.stories, *right = &page->b.stories;
    size_t i = a->start, j = b->start;
    for (; i < a->end && j < b->end; i++, j++) {
        const struct tutti_trace_event *x = &left->history->events[left->own[i]].event;
        const struct tutti_trace_event *y = &right->history->events[right->own[j]].event;
        if (!stories_same(left, x, right, y)) break;
    }
    *parting = (struct parting){a, b, i < a->end ? left->own[i] : left->history->count,
                                j < b->end ? right->own[j] : right->history->count};
    return i < a->end || j < b->end;
}

/* Is this parting earlier? One where a story merely ends is later than all others. */
static bool is_earlier(const struct parting *a, const struct parting *b)
{
    size_t last_a = a->at_a > a->at_b ? a->at_a : a->at_b;
    size_t last_b = b->at_a > b->at_b ? b->at_a : b->at_b;
    if (last_a != last_b) return last_a < last_b;
    return a->at_a + a->at_b < b->at_a + b->at_b;
}

/* Who ran until then, the last steps. */
static void add_schedule(struct page *page, const struct side *side, size_t end)
{
    const struct tutti_history *history = side->history;
    size_t shown[SCHEDULE_MAX], count = 0, start = page->out.size;
    size_t i = end < history->count ? end : history->count;
    while (i-- > 0 && count < SCHEDULE_MAX) {
        if (history->events[i].event.kind == TUTTI_EVENT_TASK_RUN) shown[count++] = i;
    }
    tutti_text_print(&page->out, "  %c  ran until then: %s", side->letter,
                     count == SCHEDULE_MAX ? "... " : "");
    for (size_t j = count; j-- > 0;) {
        view_thing(&page->out, history->whole, history->events[shown[j]].event.task, VIEW_SHORT);
        if (j > 0) tutti_text_print(&page->out, ", ");
    }
    end_line(page, start);
}

static void add_behaviour(struct page *page)
{
    const struct stories *left = &page->a.stories;
    struct parting first = {0}, parting;
    for (size_t i = 0; i < left->count; i++) {
        const struct story *a = &left->stories[i];
        const struct story *b = stories_find(&page->b.stories, a->path);
        if (!b || !part(page, a, b, &parting)) continue;
        if (!first.a || is_earlier(&parting, &first)) first = parting;
    }
    if (!first.a) {
        tutti_text_print(&page->out, "behaviour  every task does the same\n");
        return;
    }
    tutti_text_print(&page->out, "behaviour  the first task that does something else: ");
    view_thing(&page->out, page->a.history->whole, first.a->task, VIEW_FULL);
    if (first.a->task != first.b->task) {
        tutti_text_print(&page->out, ", #%" PRIu64 " in b", first.b->task);
    }
    tutti_text_add(&page->out, "\n", 1);
    add_event(page, &page->a, first.at_a);
    add_event(page, &page->b, first.at_b);
    add_schedule(page, &page->a, first.at_a);
    add_schedule(page, &page->b, first.at_b);
}

int tutti_view_diff(struct tutti_reader *a, struct tutti_reader *b,
                    const struct tutti_view_options *options, tutti_print *print, void *context)
{
    struct page page = {.a.letter = 'a', .b.letter = 'b'};
    bool differs = false;
    page.width = view_page(options ? options->width : 0);
    int rc = tutti_history_open(&page.a.history, a);
    if (rc == 0) rc = tutti_history_open(&page.b.history, b);
    if (rc == 0) rc = stories_read(&page.a.stories, page.a.history);
    if (rc == 0) rc = stories_read(&page.b.stories, page.b.history);
    if (rc == 0) {
        differs = add_lines(&page);
        if (differs) add_choices(&page);
        if (differs) add_behaviour(&page);
        rc = page.out.failed ? TUTTI_ENOMEMORY : print(context, page.out.bytes, page.out.size);
    }
    tutti_text_free(&page.out);
    stories_free(&page.a.stories);
    stories_free(&page.b.stories);
    tutti_history_close(page.a.history);
    tutti_history_close(page.b.history);
    return rc < 0 ? rc : differs;
}
