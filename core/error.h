/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/error.h - what can go wrong, and the record of it.
 *
 * Functions return 0 or a count, else a negative code: -errno of the system, or one of the
 * constants below (themselves negative, below -4095, so the two never meet). Beside the code stands
 * a record: message, place, the places it passed on its way up, its cause, and the errors that
 * came second. A task has at most one record, of its latest error; a nursery puts the records of
 * its children together. What leaves tutti_run unhandled is printed.                            */
#ifndef TUTTI_CORE_ERROR_H
#define TUTTI_CORE_ERROR_H

#include "tutti/core/base.h"
#include "tutti/core/limits.h"

TUTTI_BEGIN

/* TUTTI_ERROR(CONSTANT, code, "text") for each code. */
#define TUTTI_ERRORS                                                                               \
    TUTTI_ERROR(ECANCELED, -5001, "cancelled")                                                     \
    TUTTI_ERROR(EWOULDBLOCK, -5002, "would have to wait")                                          \
    TUTTI_ERROR(EBUSY, -5003, "another task is using it")                                          \
    TUTTI_ERROR(ECLOSED, -5004, "it was closed on this side")                                      \
    TUTTI_ERROR(EBROKEN, -5005, "the other side is gone")                                          \
    TUTTI_ERROR(EEOF, -5006, "nothing more will come")                                             \
    TUTTI_ERROR(ETOOSLOW, -5007, "not done in the time given")                                     \
    TUTTI_ERROR(EINVALID, -5008, "an argument is not allowed")                                     \
    TUTTI_ERROR(ENOTOWNER, -5009, "the calling task does not own it")                              \
    TUTTI_ERROR(ESTATE, -5010, "not possible in the present state")                                \
    TUTTI_ERROR(ENOMEMORY, -5011, "out of memory")                                                 \
    TUTTI_ERROR(EDEADLOCK, -5012, "deadlock")                                                      \
    TUTTI_ERROR(ECHECK, -5013, "a check failed")                                                   \
    TUTTI_ERROR(ELEAK, -5014, "something was left behind")                                         \
    TUTTI_ERROR(ELIMIT, -5015, "more steps than allowed")                                          \
    TUTTI_ERROR(EABANDONED, -5016, "the picker stopped the run")                                   \
    TUTTI_ERROR(EUNSUPPORTED, -5017, "this world cannot do that")                                  \
    TUTTI_ERROR(EINTERNAL, -5019, "a task of the run itself failed")                               \
    TUTTI_ERROR(ERUNFINISHED, -5020, "the run has ended")                                          \
    TUTTI_ERROR(ETOOLONG, -5021, "longer than allowed")                                            \
    TUTTI_ERROR(ENONAME, -5022, "there is no such name")                                           \
    TUTTI_ERROR(ENAMESERVICE, -5023, "names cannot be looked up now")

/* The codes. */
enum tutti_error_code {
#define TUTTI_ERROR(NAME, code, text) TUTTI_##NAME = code,
    TUTTI_ERRORS
#undef TUTTI_ERROR
};

struct tutti_error {
    int code;
    bool cancelled_too;            /* a cancellation was among the suppressed ones */
    const struct tutti_site *site; /* where it was made */
    uint64_t task;                 /* in which task */
    char task_name[TUTTI_NAME_MAX];
    char message[TUTTI_MESSAGE_MAX];
    const struct tutti_site *trail[TUTTI_ERROR_TRAIL_MAX]; /* where it passed, first to last */
    uint32_t trail_count;           /* may be larger than the array: the rest was not kept */
    struct tutti_error *cause;      /* what led to it, or NULL */
    struct tutti_error *suppressed; /* errors that came second in the same nursery, in order */
    struct tutti_error *next;       /* the next of a list of suppressed ones */
};

/* The name of a code ("TUTTI_ECLOSED"; "a system error" for those of the system), static. */
TUTTI_API const char *tutti_error_name(int code);
/* What a code means, a few words, static. */
TUTTI_API const char *tutti_error_text(int code);

/* Makes a record for the calling task, with a message in the manner of printf, and returns `code`:
 * `return tutti_error(-EIO, "page %d is torn", n);`. The task's record so far becomes the new
 * one's cause if it is of the error being handled (tutti_error_because), else it is dropped.
 * When there is no memory for it the code alone goes on. Not a checkpoint.                      */
#define tutti_error(code, ...)         tutti_error_at(TUTTI_HERE, false, code, __VA_ARGS__)
#define tutti_error_because(code, ...) tutti_error_at(TUTTI_HERE, true, code, __VA_ARGS__)
TUTTI_API int tutti_error_at(const struct tutti_site *site, bool because, int code,
                             const char *format, ...) TUTTI_PRINTF(4, 5);

/* Hangs another error below the calling task's latest record, as one that came second, after those
 * that hang there: for a call that failed for several reasons at once. Without a record, or memory
 * for this one, it is dropped, with a warning in the trace. Not a checkpoint. */
#define tutti_error_also(code, ...) tutti_error_also_at(TUTTI_HERE, code, __VA_ARGS__)
TUTTI_API void tutti_error_also_at(const struct tutti_site *site, int code, const char *format, ...)
    TUTTI_PRINTF(3, 4);

/* The calling task's record if it is of `code`, else NULL. The run's; valid until the task's next
 * error. Not a checkpoint.                                                                      */
TUTTI_API const struct tutti_error *tutti_error_record(int code);

/* Drops the calling task's record, if it has one: an error that was dealt with is not to be taken
 * for that of a later call which fails with the same code and says nothing. Not a checkpoint. */
TUTTI_API void tutti_error_forget(void);

/* Notes that an error passed here; returns `code`. TUTTI_TRY calls it. Not a checkpoint. */
TUTTI_API int tutti_error_pass(int code, const struct tutti_site *site);

/* Returns from the calling function when `expression` is negative. The only macro that does. */
#define TUTTI_TRY(expression)                                                                      \
    do {                                                                                           \
        int tutti_try_ = (expression);                                                             \
        if (TUTTI_UNLIKELY(tutti_try_ < 0)) return tutti_error_pass(tutti_try_, TUTTI_HERE);       \
    } while (0)

/* Writes the record and all below it as text, a line each, into `buffer`, always NUL-terminated.
 * Returns the length the whole text has.                                                        */
TUTTI_API size_t tutti_error_print(const struct tutti_error *error, char *buffer, size_t size);

/* Writes the codes of the record and of all below it in one line: the code's name without TUTTI_,
 * or its number if it is not one of ours; in brackets the errors that came second; after a < its
 * cause: "EBROKEN[ECLOSED,-7]<-5". Levels below TUTTI_ERROR_DEPTH_MAX are "..". Returns as above.
 */
TUTTI_API size_t tutti_error_tree(const struct tutti_error *error, char *buffer, size_t size);

/* Panics: the program broke a rule that leaves nothing sound to go on with. Prints the message, the
 * place and the running task, tells the sink, calls the hook, aborts. Callable anywhere.        */
TUTTI_API TUTTI_NORETURN void tutti_panic_at(const struct tutti_site *site, const char *format, ...)
    TUTTI_PRINTF(2, 3);
#define tutti_panic(...) tutti_panic_at(TUTTI_HERE, __VA_ARGS__)

/* Called by a panic, and by a stack overflow from the signal handler, before the process ends;
 * `site` may be NULL. Returns the previous hook. For test runners.                              */
typedef void tutti_panic_hook(const struct tutti_site *site, const char *message);
TUTTI_API tutti_panic_hook *tutti_panic_set_hook(tutti_panic_hook *hook);

/* A bug of ours: stays on in release builds. */
#define TUTTI_ASSERT(condition)                                                                    \
    (TUTTI_LIKELY(condition)                                                                       \
         ? (void)0                                                                                 \
         : tutti_panic_at(TUTTI_HERE, "bug in tutti: %s is false", #condition))

TUTTI_END
#endif
