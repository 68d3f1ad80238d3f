/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The variables, and the signals by which a flight recorder's file is asked for. A recorder belongs
 * to the thread of its run, and so do its handlers: one that another thread is interrupted by hands
 * the signal on to it. The run is asked to write the file, and woken: it can tell the stacks, which
 * a handler must not walk over. If it was asked before, and has not come to it, the file is written
 * in the handler itself: so a task that never reaches a checkpoint is seen, too.                 */
#define _GNU_SOURCE
#include "tutti/instruments/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/instruments/console.h"
#include "tutti/instruments/flight_priv.h"
#include "tutti/instruments/recording_priv.h"
#include "tutti/instruments/tee.h"

/* So many events take some 4 GB. */
enum { EVENTS_MAX = 10 * 1000 * 1000 };

struct tutti_environment {
    struct recording *recording;
    struct tutti_console *console;
    struct tutti_flight *flight;
    struct tutti_io *io;  /* of the world */
    struct tutti_tee tee; /* where the world has a sink of its own */
    int signal;           /* the one that asks for the file; 0: none does */
    struct sigaction before;
};

/* What TUTTI_FLIGHT says. */
struct wish {
    char path[PATH_MAX];
    struct tutti_flight_options options;
    int signal;
    char why[160]; /* why it cannot be; empty: it can */
};

static _Atomic(struct tutti_environment *) asked; /* who has the signal; not to be looked into */
static pthread_t asked_thread;                    /* while somebody has: where its run is */
static _Thread_local struct tutti_environment *this_runs; /* the recorder of this thread's run */

/* Makes the sentence's part that says what is wrong; false. */
static bool wrong(struct wish *wish, const char *format, ...) TUTTI_PRINTF(2, 3);
static bool wrong(struct wish *wish, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(wish->why, sizeof wish->why, format, arguments);
    va_end(arguments);
    return false;
}

static bool read_number(struct wish *wish, const char *name, const char *text, long max, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (end != text && !*end && errno == 0 && *out >= 1 && *out <= max) return true;
    return wrong(wish, "%s=%.20s is no number from 1 to %ld", name, text, max);
}

static bool read_signal(struct wish *wish, const char *name)
{
    static const struct {
        const char *name;
        int number;
    } known[] = {{"HUP", SIGHUP}, {"QUIT", SIGQUIT}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}};
    if (strncmp(name, "SIG", 3) == 0) name += 3;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i].name) == 0) wish->signal = known[i].number;
    }
    return wish->signal || wrong(wish, "signal=%.20s is none of HUP, QUIT, USR1, USR2", name);
}

static bool read_option(struct wish *wish, char *option)
{
    long number = 0;
    char *value = strchr(option, '=');
    if (strcmp(option, "always") == 0) return wish->options.always = true;
    if (value) *value++ = '\0';
    if (value && strcmp(option, "events") == 0) {
        bool good = read_number(wish, option, value, EVENTS_MAX, &number);
        wish->options.events = (uint32_t)number;
        return good;
    }
    if (value && strcmp(option, "level") == 0) {
        bool good = read_number(wish, option, value, TUTTI_TRACE_LEVEL_MAX, &number);
        wish->options.level = (int)number;
        return good;
    }
    if (value && strcmp(option, "signal") == 0) return read_signal(wish, value);
    return wrong(wish, "\"%.40s\" is no option; there are events=N, level=N, signal=NAME, always",
                 option);
}

/* The path as it will still be right when the program has gone elsewhere, with its process id. */
static bool make_path(struct wish *wish, const char *text, size_t length)
{
    size_t used = 0;
    if (length == 0) return wrong(wish, "there is no path before the comma");
    if (text[0] != '/') {
        if (!getcwd(wish->path, sizeof wish->path)) return wrong(wish, "%s", strerror(errno));
        used = strlen(wish->path);
        wish->path[used++] = '/';
    }
    for (size_t i = 0; i < length; i++) {
        bool id = text[i] == '%' && i + 1 < length && text[i + 1] == 'p';
        size_t room = sizeof wish->path - used;
        int n = id ? snprintf(wish->path + used, room, "%ld", (long)getpid())
                   : snprintf(wish->path + used, room, "%c", text[i]);
        used += (size_t)n;
        if (used >= sizeof wish->path) return wrong(wish, "the path is too long");
        i += id;
    }
    return true;
}

/* Can a file be made there? It is tried now, and left as it was. */
static bool try_path(struct wish *wish)
{
    struct stat there;
    if (stat(wish->path, &there) == 0) {
        if (S_ISDIR(there.st_mode)) return wrong(wish, "it is a folder; add a file's name");
        return access(wish->path, W_OK) == 0 || wrong(wish, "%s", strerror(errno));
    }
    int fd = open(wish->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return wrong(wish, "no file can be made there: %s%s", strerror(errno),
                     errno == ENOENT ? " (make the folder first)" : "");
    }
    close(fd);
    (void)unlink(wish->path);
    return true;
}

static bool read_wish(struct wish *wish, const char *text)
{
    size_t length = strcspn(text, ",");
    if (!make_path(wish, text, length) || !try_path(wish)) return false;
    char *options = strdup(text + length), *rest = options;
    if (!options) return wrong(wish, "there is no memory for it");
    bool good = true;
    for (char *option = strtok_r(options, ",", &rest); option && good;
         option = strtok_r(NULL, ",", &rest)) {
        good = read_option(wish, option);
    }
    free(options);
    return good;
}

static void on_ask(int number)
{
    int error = errno;
    struct tutti_environment *here = this_runs, *there = atomic_load(&asked);
    if (here && here == there) {
        bool late = flight_is_asked(here->flight);
        tutti_flight_request(here->flight);
        if (late) (void)!tutti_flight_write(here->flight);
        if (!late && here->io) here->io->wake(here->io);
    } else if (there) {
        (void)pthread_kill(asked_thread, number);
    }
    errno = error;
}

/* What a crash did before there were recorders. */
enum { CRASHES = 5 };
static const int crashes[CRASHES] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
static struct sigaction crashes_before[CRASHES];

static const char *const last_words[CRASHES] = {
    "the program got SIGSEGV: it used memory that is not its own", "the program got SIGBUS",
    "the program got SIGILL", "the program got SIGFPE", "the program got SIGABRT"};

static void on_crash(int number, siginfo_t *info, void *context)
{
    int at = 0;
    while (at < CRASHES - 1 && crashes[at] != number)
        at++;
    const struct sigaction *before = &crashes_before[at];
    if (this_runs) flight_last_words(this_runs->flight, last_words[at]);
    recording_last_words();
    if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(number, info, context);
    } else if (before->sa_handler == SIG_DFL) {
        (void)signal(number, SIG_DFL);
        if (info->si_code <= 0) (void)raise(number); /* nothing will fault again: it was sent */
    } else if (before->sa_handler != SIG_IGN) {
        before->sa_handler(number);
    }
}

/* Once for the process: core may have put its own handlers in front of these, which then hand on
 * what is no stack overflow; they could not be taken out again.                                 */
static void take_crashes(void)
{
    static atomic_bool taken;
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    if (atomic_exchange(&taken, true)) return;
    for (int i = 0; i < CRASHES; i++)
        (void)sigaction(crashes[i], &action, &crashes_before[i]);
}

static bool take_signal(struct tutti_environment *environment, struct wish *wish)
{
    struct sigaction action = {.sa_handler = on_ask, .sa_flags = SA_RESTART | SA_ONSTACK};
    struct tutti_environment *nobody = NULL;
    sigemptyset(&action.sa_mask);
    if (!atomic_compare_exchange_strong(&asked, &nobody, environment)) {
        return wrong(wish, "another run of this program has it");
    }
    asked_thread = pthread_self();
    if (!wish->signal) return true;
    if (sigaction(wish->signal, NULL, &environment->before) == 0 &&
        environment->before.sa_handler != SIG_DFL && environment->before.sa_handler != SIG_IGN) {
        atomic_store(&asked, NULL);
        return wrong(wish, "the program uses that signal itself; give another one");
    }
    environment->signal = wish->signal;
    (void)sigaction(wish->signal, &action, NULL);
    return true;
}

static bool make_flight(struct tutti_environment *environment, struct wish *wish, const char *test)
{
    const struct tutti_trace_header header = {
        .prog = program_invocation_short_name, .test = test, .world = "real", .policy = "plain"};
    int rc = tutti_flight_open(&environment->flight, wish->path, &header, &wish->options);
    if (rc < 0) return wrong(wish, "%s", tutti_error_text(rc));
    if (take_signal(environment, wish)) return true;
    (void)tutti_flight_close(environment->flight);
    environment->flight = NULL;
    return false;
}

/* Puts the recorder before the world, beside the world's own sink. */
static void open_flight(struct tutti_environment *environment, struct tutti_world *mine,
                        const char *test)
{
    const char *text = getenv("TUTTI_FLIGHT");
    if (!text || !*text) return;
    struct wish *wish = calloc(1, sizeof *wish);
    if (!wish || !read_wish(wish, text) || !make_flight(environment, wish, test)) {
        dprintf(STDERR_FILENO,
                "tutti: TUTTI_FLIGHT=%s: there can be no flight recorder: %s. The program runs "
                "without one.\n",
                text, wish ? wish->why : "there is no memory for it");
        free(wish);
        return;
    }
    free(wish);
    this_runs = environment;
    take_crashes();
    struct tutti_sink *sink = tutti_flight_sink(environment->flight);
    if (mine->sink) {
        /* A tee with room does not refuse. */
        tutti_tee_init(&environment->tee);
        (void)!tutti_tee_add(&environment->tee, mine->sink);
        (void)!tutti_tee_add(&environment->tee, sink);
        sink = &environment->tee.sink;
    }
    mine->sink = sink;
}

struct tutti_environment *tutti_environment_open(const struct tutti_world *world, const char *test,
                                                 struct tutti_world *mine)
{
    struct tutti_environment *environment = calloc(1, sizeof *environment);
    struct tutti_world with_flight = *world;
    *mine = *world;
    if (!environment) return NULL;
    if (world->error >= 0) environment->recording = recording_open(world, test, &with_flight);
    environment->io = with_flight.io;
    if (with_flight.error >= 0) {
        open_flight(environment, &with_flight, test);
        environment->console = tutti_console_open(&with_flight, mine);
    }
    if (environment->recording) take_crashes();
    if (environment->flight || environment->console || environment->recording) return environment;
    mine->error = with_flight.error;
    free(environment);
    return NULL;
}

static void close_flight(struct tutti_environment *environment)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (environment->signal) {
        (void)sigaction(environment->signal, &ignore, NULL); /* one on its way is dropped */
        (void)sigaction(environment->signal, &environment->before, NULL);
    }
    this_runs = NULL;
    atomic_store(&asked, NULL);
    (void)tutti_flight_close(environment->flight);
}

void tutti_environment_close(struct tutti_environment *environment)
{
    if (!environment) return;
    tutti_console_close(environment->console);
    if (environment->flight) close_flight(environment);
    recording_close(environment->recording);
    free(environment);
}

int tutti_environment_run(const struct tutti_world *world, const char *test, int (*main)(void *arg),
                          void *arg)
{
    struct tutti_world mine;
    if (!world) return tutti_run(world, main, arg);
    struct tutti_environment *environment = tutti_environment_open(world, test, &mine);
    int rc = tutti_run(&mine, main, arg);
    tutti_environment_close(environment);
    return rc;
}
