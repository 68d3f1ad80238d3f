/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/check_priv.h - the checker's own parts: what it knows of each id. */
#ifndef TUTTI_INSTRUMENTS_CHECK_PRIV_H
#define TUTTI_INSTRUMENTS_CHECK_PRIV_H

#include "tutti/instruments/idmap_priv.h"
#include "tutti/instruments/read_priv.h"
#include "tutti/instruments/text.h"
#include "tutti/instruments/trace_check.h"

enum check_kind { CHECK_TASK, CHECK_NURSERY, CHECK_SCOPE, CHECK_OBJECT, CHECK_IO, CHECK_SPAN };
enum check_state { CHECK_WAITING, CHECK_READY, CHECK_RUNNING, CHECK_GONE };

struct check_thing {
    uint64_t id;
    enum check_kind kind;
    enum check_state state;    /* things other than tasks are RUNNING until they are GONE */
    uint64_t line;             /* of the event that brought it into this state */
    uint64_t alive;            /* nursery: children that did not exit */
    struct check_thing *home;  /* task: its nursery; scope: its task */
    struct check_thing *scope; /* task: its innermost open scope; scope: the one around it */
    struct check_thing *next;  /* made before it */
};

struct checker {
    struct tutti_reader *reader;
    const struct tutti_trace_record *record;
    int64_t
        level;    /* 1 once events are missing: then only lines, choices and the hash are checked */
    bool dropped; /* events are missing */
    /* A run.snap: */
    uint64_t snap_line, snap_left; /* its line; lines that are still its own */
    struct tutti_trace_event snap; /* what it told */
    uint64_t ids;                  /* ids up to this one may have been made before it */
    uint64_t n;
    int64_t t_ns;
    uint64_t hash, tasks, steps, choices;
    uint64_t chosen, chosen_line; /* the task a choice promised the next step; 0 none */
    enum tutti_outcome outcome;
    struct check_thing *running; /* the task whose step it is, or NULL */
    struct check_thing *things;  /* all, the latest first */
    struct idmap known;          /* things by id */
};

/* Notes a broken rule, with what to do about it; returns TUTTI_EINVALID. */
int check_fail(struct checker *checker, const char *format, ...) TUTTI_PRINTF(2, 3);
/* Was this id ever made? 0 is the runtime, always there. */
int check_made(struct checker *checker, const char *key, uint64_t id);
/* The rules between events of level 2 and 3, one event. */
int check_event(struct checker *checker, const struct tutti_trace_event *event);
void check_free(struct checker *checker);

#endif
