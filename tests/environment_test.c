/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Instruments that the environment asks for. Each program is a child process with a variable set,
 * in the real world, for that is where programs get signals and die of them: what it says on
 * standard error and the file it leaves are looked at. Nothing is waited for but the child; who
 * asks for a file sees when it is there. TUTTI_CONSOLE is in console_test.c and top_test.py.     */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <alloca.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/core/loop.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sem.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"
#include "tutti/instruments/dump.h"
#include "tutti/instruments/environment.h"
#include "tutti/instruments/hooks.h"
#include "tutti/instruments/model.h"
#include "tutti/instruments/trace_check.h"
#include "tutti/io/real.h"

enum { SAID_SIZE = 8192 };

static char folder[] = "/tmp/environment_test_XXXXXX", path[64];
static char said[SAID_SIZE]; /* what the child said on standard error */

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/flight.jsonl", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder) < 0 ? -1 : 0;
}

static bool file_is_there(void)
{
    return access(path, F_OK) == 0;
}

static int succeeds(void *arg)
{
    (void)arg;
    return tutti_checkpoint();
}

static bool runs_before; /* another run goes before the one with a recorder */

/* Runs it in a child with TUTTI_FLIGHT=flight; %s in that is the path. Returns how it ended. */
static int in_child(int (*main)(void *arg), const char *flight)
{
    static const struct tutti_options quiet = {.quiet = true};
    char value[256];
    int status, out = memfd_create("said", 0);
    (void)unlink(path);
    (void)unsetenv("TUTTI_FLIGHT");
    snprintf(value, sizeof value, flight, path);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct tutti_world world = *tutti_world_real();
        world.options = &quiet;
        dup2(out, STDERR_FILENO);
        if (chdir(folder) < 0 || setenv("TUTTI_FLIGHT", value, 1) < 0) _exit(9);
        for (int number = SIGHUP; number < SIGRTMIN; number++)
            (void)signal(number, SIG_DFL); /* cmocka's */
        if (runs_before && tutti_run(&world, succeeds, NULL) < 0) _exit(9);
        _exit(tutti_environment_run(&world, "t", main, NULL) < 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    ssize_t size = pread(out, said, sizeof said - 1, 0);
    assert_true(size >= 0);
    said[size] = '\0';
    close(out);
    return status;
}

static void assert_exits(int status, int code)
{
    if (!WIFEXITED(status) || WEXITSTATUS(status) != code) print_error("%s\n", said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

static void assert_said(const char *text)
{
    if (!strstr(said, text)) print_error("not said: %s\nbut: %s\n", text, said);
    assert_non_null(strstr(said, text));
}

/* Is the file a whole one? Returns the state it ends in. */
static struct tutti_model *model_of_file(void)
{
    const struct tutti_trace_record *record;
    struct tutti_check_result result;
    struct tutti_reader *reader;
    struct tutti_model *model;
    assert_int_equal(tutti_reader_open(&reader, path), 0);
    int rc = tutti_trace_check(reader, &result);
    if (rc < 0) print_error("%s\n", result.message);
    assert_int_equal(rc, 0);
    tutti_reader_close(reader);
    assert_int_equal(tutti_reader_open(&reader, path), 0);
    assert_int_equal(tutti_model_open(&model), 0);
    while ((rc = tutti_reader_next(reader, &record)) == 1)
        assert_int_equal(tutti_model_apply(model, record), 0);
    assert_int_equal(rc, 0);
    tutti_reader_close(reader);
    return model;
}

static char file_told[64 + 64]; /* the sentence about it */

static void assert_file_told(void)
{
    snprintf(file_told, sizeof file_told, "tutti: the last events of the run are in %s\n", path);
    assert_said(file_told);
    assert_null(strstr(strstr(said, file_told) + 1, file_told)); /* once */
}

/* A run that fails, and one that does not. */

static int waits_for_ever(void *arg)
{
    static struct tutti_event event;
    (void)arg;
    tutti_event_init(&event, "never");
    return tutti_event_wait(&event);
}

static void runs_that_end(void **state)
{
    (void)state;
    assert_exits(in_child(waits_for_ever, "%s"), 1);
    assert_file_told();
    struct tutti_model *model = model_of_file();
    assert_true(model->ended);
    assert_int_equal(model->outcome, TUTTI_OUTCOME_DEADLOCK);
    assert_int_equal(model->tasks, 1);
    tutti_model_close(model);
    assert_exits(in_child(succeeds, "%s"), 0);
    assert_false(file_is_there());
    assert_string_equal(said, "");
    assert_exits(in_child(succeeds, "%s,level=2,always"), 0);
    assert_file_told();
    tutti_model_close(model_of_file());
}

static void empty_is_unset(void **state)
{
    (void)state;
    assert_exits(in_child(waits_for_ever, ""), 1);
    assert_string_equal(said, "");
    assert_false(file_is_there());
}

/* What cannot be had is told, and the program runs. */
static void wrong_values(void **state)
{
    static const struct {
        const char *value, *why;
    } cases[] = {
        {"/nowhere/x.jsonl",
         "no file can be made there: No such file or directory (make the folder first)"},
        {"/tmp", "it is a folder; add a file's name"},
        {"/dev/null/x", "Not a directory"},
        {",always", "there is no path before the comma"},
        {"%s,events=0", "events=0 is no number from 1 to 10000000"},
        {"%s,events=99999999999999999999", "is no number from 1 to 10000000"},
        {"%s,events=", "events= is no number"},
        {"%s,events=12x", "events=12x is no number"},
        {"%s,events", "\"events\" is no option; there are events=N, level=N, signal=NAME, always"},
        {"%s,level=5", "level=5 is no number from 1 to 4"},
        {"%s,signal=KILL", "signal=KILL is none of HUP, QUIT, USR1, USR2"},
        {"%s,forever", "\"forever\" is no option"},
        {"%s,always=1", "\"always\" is no option"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_exits(in_child(succeeds, cases[i].value), 0);
        assert_said("tutti: TUTTI_FLIGHT=");
        assert_said(cases[i].why);
        assert_said(". The program runs without one.\n");
        assert_false(file_is_there());
    }
    char deep[4400];
    memset(deep, 'x', sizeof deep);
    deep[sizeof deep - 1] = '\0';
    setenv("TUTTI_FLIGHT", deep, 1);
    struct tutti_world mine;
    int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    assert_null(tutti_environment_open(tutti_world_real(), NULL, &mine));
    dup2(saved, STDERR_FILENO);
    close(saved), close(null);
}

/* Relative to where it began, with the number of the process. */
static int goes_elsewhere(void *arg)
{
    (void)arg;
    if (chdir("/") < 0) return TUTTI_EINTERNAL;
    snprintf(path, sizeof path, "%s/x-%ld.jsonl", folder, (long)getpid());
    if (raise(SIGUSR2) != 0 || tutti_checkpoint() < 0 || !file_is_there()) return TUTTI_ECHECK;
    return unlink(path);
}

static void path_stays_right(void **state)
{
    (void)state;
    assert_exits(in_child(goes_elsewhere, "x-%%p.jsonl,signal=SIGUSR2"), 0);
}

/* Signals: while tasks run, while one never stops, while all wait, in another thread. */

static int is_busy(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    if (raise(SIGUSR1) != 0) return TUTTI_EINTERNAL;
    if (file_is_there()) return TUTTI_ECHECK; /* it is to have the stacks */
    TUTTI_TRY(tutti_checkpoint());
    return file_is_there() ? 0 : TUTTI_ECHECK;
}

static void *signals_until_there(void *thread)
{
    /* The first one asks the run, which never comes to it; the next one has it written. */
    while (!file_is_there())
        (void)pthread_kill(*(pthread_t *)thread, SIGUSR1);
    return NULL;
}

static int never_stops(void *arg)
{
    pthread_t thread, self = pthread_self();
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    if (pthread_create(&thread, NULL, signals_until_there, &self) != 0) return TUTTI_EINTERNAL;
    while (!file_is_there()) {
    }
    return pthread_join(thread, NULL) ? TUTTI_EINTERNAL : 0;
}

/* The process gets one, whichever thread takes it, while the run sleeps for as good as ever. When
 * it has told of the file all is well: looked for now and then, for nobody else could tell. */
static void *signals_process(void *arg)
{
    struct stat errors;
    sigset_t all;
    (void)arg;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);
    (void)kill(getpid(), SIGUSR1);
    for (int i = 0; i < 20 * 1000; i++) {
        if (fstat(STDERR_FILENO, &errors) == 0 && errors.st_size > 0) _exit(0);
        (void)poll(NULL, 0, 1);
    }
    _exit(8);
}

static struct tutti_event never;

__attribute__((noinline)) static int waits_inside(void)
{
    TUTTI_TRY(tutti_event_wait(&never)); /* more than a jump to it */
    return 0;
}

static int waits(void *arg)
{
    (void)arg;
    TUTTI_TRY(waits_inside());
    return 0;
}

static int body_that_sleeps(struct tutti_nursery *nursery, void *arg)
{
    pthread_t thread;
    TUTTI_TRY(tutti_nursery_start_named(nursery, "waits", waits, arg));
    TUTTI_TRY(tutti_checkpoint());
    if (pthread_create(&thread, NULL, signals_process, NULL) != 0) return TUTTI_EINTERNAL;
    return tutti_sleep(1000 * TUTTI_S);
}

static int sleeps(void *arg)
{
    tutti_event_init(&never, "never");
    return tutti_nursery_run(body_that_sleeps, arg);
}

static void *signals_itself(void *arg)
{
    (void)arg;
    (void)pthread_kill(pthread_self(), SIGUSR1);
    while (!file_is_there()) {
    }
    return NULL;
}

static int is_in_another_thread(void *arg)
{
    pthread_t thread;
    (void)arg;
    if (pthread_create(&thread, NULL, signals_itself, NULL) != 0) return TUTTI_EINTERNAL;
    while (!file_is_there())
        TUTTI_TRY(tutti_checkpoint());
    return pthread_join(thread, NULL) ? TUTTI_EINTERNAL : 0;
}

/* The file tells the functions and lines of a task that waits, where they are known at all. */
static void assert_waits_stack(void)
{
    void *address;
    struct tutti_model *model = model_of_file();
    const struct tutti_thing *task = model->first;
    while (task && strcmp(task->name, "waits") != 0)
        task = task->next;
    assert_non_null(task);
    if (tutti_task_backtrace(NULL, &address, 1) > 0) {
        assert_non_null(task->task.stack);
        assert_non_null(strstr(task->task.stack, "waits_inside environment_test.c:"));
        assert_non_null(strstr(task->task.stack, " < waits environment_test.c:"));
    }
    tutti_model_close(model);
}

static int deadlock_body(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start_named(nursery, "waits", waits, arg);
}

static int deadlocks(void *arg)
{
    tutti_event_init(&never, "never");
    return tutti_nursery_run(deadlock_body, arg);
}

static void stacks_at_a_deadlock(void **state)
{
    (void)state;
    assert_exits(in_child(deadlocks, "%s"), 1);
    assert_waits_stack();
}

static void signals_write(void **state)
{
    int (*const cases[])(void *arg) = {is_busy, never_stops, is_in_another_thread};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_exits(in_child(cases[i], "%s,signal=USR1"), 0);
        assert_true(strstr(said, "tutti: the last events of the run are in ") == said);
        struct tutti_model *model = model_of_file();
        assert_true(model->sofar);
        assert_string_equal(tutti_model_find(model, 1)->name, "main");
        tutti_model_close(model);
    }
    assert_exits(in_child(sleeps, "%s,signal=USR1"), 0);
    assert_waits_stack();
}

static void own_handler(int number)
{
    (void)number;
}

/* Who has the signal keeps it; who takes it later has it; and it is given back. */
static int has_it_already(void *arg)
{
    struct tutti_world mine;
    (void)arg;
    struct sigaction now;
    sigaction(SIGUSR1, NULL, &now);
    if (now.sa_handler != own_handler) return TUTTI_ECHECK;
    return tutti_environment_open(tutti_world_real(), NULL, &mine) ? TUTTI_ECHECK : 0;
}

static void signal_is_the_program_s(void **state)
{
    struct tutti_environment *environment, *second;
    struct tutti_world mine, other;
    struct sigaction now;
    (void)state;
    (void)unlink(path);
    signal(SIGUSR1, own_handler);
    char value[128];
    snprintf(value, sizeof value, "%s,signal=USR1", path);
    setenv("TUTTI_FLIGHT", value, 1);
    assert_int_equal(tutti_environment_run(tutti_world_real(), NULL, has_it_already, NULL), 0);
    signal(SIGUSR1, SIG_DFL);
    environment = tutti_environment_open(tutti_world_real(), NULL, &mine);
    assert_non_null(environment);
    assert_ptr_not_equal(mine.sink, tutti_world_real()->sink);
    second = tutti_environment_open(tutti_world_real(), NULL, &other);
    assert_null(second); /* one a process */
    assert_ptr_equal(other.sink, tutti_world_real()->sink);
    tutti_environment_close(environment);
    tutti_environment_close(NULL);
    sigaction(SIGUSR1, NULL, &now);
    assert_ptr_equal(now.sa_handler, SIG_DFL);
    unsetenv("TUTTI_FLIGHT");
    assert_int_equal(tutti_environment_run(NULL, NULL, succeeds, NULL), TUTTI_EINVALID);
}

/* A sink of the world's own gets all it got without. */

static int parks;

static int on_park(struct tutti_hooks *hooks, const struct tutti_trace_event *told)
{
    (void)hooks, (void)told;
    parks++;
    return 0;
}

static void beside_a_sink_and_in_a_loop(void **state)
{
    struct tutti_hooks hooks = {.task_parked = on_park};
    struct tutti_world world = *tutti_world_real(), mine;
    struct tutti_loop *loop;
    int64_t timeout_ns;
    char value[128];
    (void)state;
    snprintf(value, sizeof value, "%s,always", path);
    setenv("TUTTI_FLIGHT", value, 1);
    (void)unlink(path);
    world.sink = tutti_hooks_sink(&hooks);
    struct tutti_environment *environment = tutti_environment_open(&world, "loop", &mine);
    assert_non_null(environment);
    int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    assert_int_equal(tutti_loop_open(&loop, &mine, succeeds, NULL), 0);
    while (tutti_loop_step(loop, &timeout_ns) == TUTTI_LOOP_MORE) {
    }
    assert_int_equal(tutti_loop_close(loop), 0);
    tutti_environment_close(environment);
    dup2(saved, STDERR_FILENO);
    close(saved), close(null);
    unsetenv("TUTTI_FLIGHT");
    assert_int_equal(parks, 1);
    struct tutti_model *model = model_of_file();
    assert_int_equal(model->outcome, TUTTI_OUTCOME_OK);
    tutti_model_close(model);
}

/* How programs die. */

static int panics(void *arg)
{
    TUTTI_TRY(succeeds(arg));
    tutti_panic("nothing goes on from here");
}

static int aborts(void *arg)
{
    TUTTI_TRY(succeeds(arg));
    abort();
}

static int crashes(void *arg)
{
    /* The last page is nobody's; the sanitizer would stop at NULL before the processor does. */
    static volatile int *volatile nowhere = (int *)(UINTPTR_MAX - 4095);
    TUTTI_TRY(succeeds(arg));
    return *nowhere;
}

static int divides(void *arg)
{
    TUTTI_TRY(succeeds(arg));
    return raise(SIGFPE); /* as the processor does */
}

/* Deeper and deeper, with what the caller left of the stack; tells something at each level. */
static volatile bool tells;
static struct tutti_sem told;
static volatile int bottom = INT_MAX;

__attribute__((noinline)) static int deeper(int level)
{
    volatile char local[16];
    local[level % 16] = (char)level;
    if (tells) tutti_sem_release(&told);
    if (level == bottom) return 0;
    return deeper(level + 1) + local[level % 16];
}

static size_t offset;

static int overflows(void *arg)
{
    volatile char *shift = alloca(offset + 16);
    tutti_sem_init(&told, "told", 0, TUTTI_SEM_UNBOUNDED);
    TUTTI_TRY(succeeds(arg));
    shift[0] = 0;
    return deeper(0) + shift[0];
}

static int overflows_body(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start_named(nursery, "deep", overflows, arg);
}

static int child_overflows(void *arg)
{
    return tutti_nursery_run(overflows_body, arg);
}

static void assert_dies(int (*main)(void *arg), const char *flight, const char *last)
{
    int status = in_child(main, flight);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0); /* a sanitizer's handler exits */
    assert_file_told();
    struct tutti_model *model = model_of_file();
    assert_true(model->sofar);
    assert_int_equal(model->warning_kind, TUTTI_WARN_PANIC);
    assert_non_null(strstr(model->warning, last));
    tutti_model_close(model);
}

static void deaths_write(void **state)
{
    (void)state;
    assert_dies(panics, "%s", "nothing goes on from here (in task \"main\" #1)");
    assert_dies(aborts, "%s", "the program got SIGABRT");
    assert_dies(crashes, "%s", "the program got SIGSEGV");
    assert_dies(divides, "%s", "the program got SIGFPE");
    tells = false;
    assert_dies(child_overflows, "%s", "stack overflow in task \"deep\" #");
}

/* Wherever in the recorder the stack ends: the last words are there, and a whole file. */
static void overflow_in_the_recorder(void **state)
{
    (void)state;
    tells = true;
    for (offset = 0; offset < 1024; offset += 48)
        assert_dies(child_overflows, "%s,events=16", "stack overflow in task \"deep\" #");
    offset = 0;
}

/* Core's handlers are behind the recorder's, not before them; while no run was made in this process
 * itself. */
static void after_another_run(void **state)
{
    (void)state;
    runs_before = true;
    tells = false;
    assert_dies(child_overflows, "%s", "stack overflow in task \"deep\" #");
    assert_dies(crashes, "%s", "the program got SIGSEGV");
    runs_before = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_that_end),
        cmocka_unit_test(empty_is_unset),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(path_stays_right),
        cmocka_unit_test(signals_write),
        cmocka_unit_test(stacks_at_a_deadlock),
        cmocka_unit_test(deaths_write),
        cmocka_unit_test(overflow_in_the_recorder),
        cmocka_unit_test(after_another_run),
        cmocka_unit_test(signal_is_the_program_s),
        cmocka_unit_test(beside_a_sink_and_in_a_loop),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
