/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A rehearsed program for page_test.py: runs that are worth a picture. */
#include <stdio.h>

#include "tutti/core/chan.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/scope.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

enum { DESKS = 6, CLERKS = 10 };

/* An office: visitors bring letters, clerks of some desks answer them, and write all into the one
 * ledger of their desk. */
struct office {
    uint32_t letters; /* to be brought by each of a desk's visitors */
    uint32_t visitors;
    uint64_t dice;
};
struct desk {
    struct office *office;
    struct tutti_lock ledger;
    struct tutti_chan_sender letters;
    struct tutti_chan_receiver tray;
};

/* Chance that is the same in each run. */
static uint32_t roll(struct office *office, uint32_t sides)
{
    office->dice = office->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(office->dice >> 33) % sides;
}

static int write_down(void *arg)
{
    struct desk *desk = arg;
    TUTTI_TRY(tutti_lock_acquire(&desk->ledger));
    int rc = tutti_sleep((1 + roll(desk->office, 60)) * TUTTI_US);
    tutti_lock_release(&desk->ledger);
    return rc;
}

static int clerk(void *arg)
{
    struct desk *desk = arg;
    uint32_t letter;
    for (;;) {
        int rc = tutti_chan_receive(&desk->tray, &letter);
        if (rc == TUTTI_EEOF) return 0;
        TUTTI_TRY(rc);
        TUTTI_TRY(tutti_sleep(roll(desk->office, 100) * TUTTI_US));
        TUTTI_TRY(tutti_move_on_after(400 * TUTTI_US, write_down, desk));
    }
}

static int visitor(void *arg)
{
    struct desk *desk = arg;
    for (uint32_t i = 0; i < desk->office->letters; i++) {
        TUTTI_TRY(tutti_sleep(roll(desk->office, 300) * TUTTI_US));
        TUTTI_TRY(tutti_chan_send(&desk->letters, &i));
    }
    return 0;
}

static int visits(struct tutti_nursery *nursery, void *arg)
{
    struct desk *desk = arg;
    for (uint32_t i = 0; i < desk->office->visitors; i++) {
        TUTTI_TRY(tutti_nursery_start_named(nursery, "visitor", visitor, desk));
        TUTTI_TRY(tutti_sleep(roll(desk->office, 90) * TUTTI_US));
    }
    return 0;
}

static int open_desk(struct tutti_nursery *nursery, void *arg)
{
    struct desk *desk = arg;
    char name[32];
    for (int i = 0; i < CLERKS; i++) {
        snprintf(name, sizeof name, "clerk %d", i + 1);
        TUTTI_TRY(tutti_nursery_start_named(nursery, name, clerk, desk));
    }
    int rc = tutti_nursery_run(visits, desk);
    tutti_chan_close_send(&desk->letters);
    return rc;
}

static int desk_task(void *arg)
{
    struct desk desk = {.office = arg};
    tutti_lock_init(&desk.ledger, "ledger");
    TUTTI_TRY(tutti_chan_open(&desk.letters, &desk.tray, "tray", sizeof(uint32_t), 4));
    int rc = tutti_nursery_run(open_desk, &desk);
    tutti_chan_close_receive(&desk.tray);
    return rc;
}

static int open_office(struct tutti_nursery *nursery, void *arg)
{
    char name[32];
    for (int i = 0; i < DESKS; i++) {
        snprintf(name, sizeof name, "desk %c", 'A' + i);
        TUTTI_TRY(tutti_nursery_start_named(nursery, name, desk_task, arg));
    }
    return 0;
}

static int busy_test(void *arg)
{
    struct office office = {.letters = 3, .visitors = 8};
    (void)arg;
    return tutti_nursery_run(open_office, &office);
}

/* A few thousand tasks and more than a million events. */
static int million_test(void *arg)
{
    struct office office = {.letters = 14, .visitors = 366};
    (void)arg;
    return tutti_nursery_run(open_office, &office);
}

/* Names that would be something else in a careless page. */
static int wait_for_both(void *arg)
{
    struct tutti_event *event = arg;
    return tutti_event_wait(event);
}

static int bad_names(struct tutti_nursery *nursery, void *arg)
{
    static const char *const names[] = {
        "</script><img src=x onerror=alert(1)>",
        "<!--<script>",
        "{{x}} ${y} &lt;b&gt;",
        "\xe2\x80\xae"
        "drow",
        "line\nbreak\tand\x01"
        "control",
        "",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        TUTTI_TRY(tutti_nursery_start_named(nursery, names[i], wait_for_both, arg));
    }
    TUTTI_TRY(tutti_sleep(TUTTI_MS));
    tutti_event_set(arg);
    return 0;
}

static int names_test(void *arg)
{
    struct tutti_event event;
    (void)arg;
    tutti_event_init(&event, "</script><svg onload=alert(2)>");
    return tutti_nursery_run(bad_names, &event);
}

/* Two tasks that take two locks the other way around. */
struct bank {
    struct tutti_lock a, b;
};

static int transfer(struct tutti_lock *from, struct tutti_lock *to)
{
    TUTTI_TRY(tutti_lock_acquire(from));
    int rc = tutti_sleep(TUTTI_US);
    if (rc == 0) rc = tutti_lock_acquire(to);
    if (rc == 0) tutti_lock_release(to);
    tutti_lock_release(from);
    return rc;
}

static int there(void *arg)
{
    struct bank *bank = arg;
    return transfer(&bank->a, &bank->b);
}

static int back(void *arg)
{
    struct bank *bank = arg;
    return transfer(&bank->b, &bank->a);
}

static int tellers(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_named(nursery, "teller 1", there, arg));
    TUTTI_TRY(tutti_nursery_start_named(nursery, "teller 2", back, arg));
    TUTTI_TRY(tutti_nursery_start_named(nursery, "auditor", there, arg));
    return 0;
}

static int bank_test(void *arg)
{
    struct bank bank;
    (void)arg;
    tutti_lock_init(&bank.a, "account A");
    tutti_lock_init(&bank.b, "account B");
    return tutti_nursery_run(tellers, &bank);
}

const struct tutti_test tutti_tests[] = {
    {"busy", busy_test, "an office with a few visitors"},
    {"million", million_test, "the same with many: a million events"},
    {"names", names_test, "names that are no good names"},
    {"bank", bank_test, "two tellers and two accounts: a deadlock"},
    {NULL, NULL, NULL},
};
