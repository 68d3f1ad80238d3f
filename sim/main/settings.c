/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The command line. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "tutti/core/error.h"
#include "tutti/sim/pick_pct.h"

int bad(const struct settings *settings, const char *format, ...)
{
    va_list arguments;
    (void)fflush(stdout);
    fprintf(stderr, "%s: ", settings->program);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return EXIT_BAD;
}

/* A whole number, decimal or 0x, up to max. */
static bool read_number(const char *text, uint64_t max, uint64_t *number)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    unsigned base = hex ? 16 : 10;
    *number = 0;
    if (hex) text += 2;
    if (!*text) return false;
    for (; *text; text++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *at = strchr(digits, *text);
        unsigned digit = at ? (unsigned)(at - digits) % 16 : 16;
        if (digit >= base || *number > (max - digit) / base) return false;
        *number = *number * base + digit;
    }
    return true;
}

static int set_number(struct settings *settings, const char *option, const char *value,
                      uint64_t max, uint64_t *number)
{
    if (read_number(value, max, number)) return 0;
    return bad(settings, "--%s=%.60s: a whole number from 0 to %llu is wanted", option, value,
               (unsigned long long)max);
}

static int set_seconds(struct settings *settings, const char *option, const char *value,
                       int64_t *ns)
{
    char *end;
    size_t length = strspn(value, "0123456789.");
    double seconds = length && !value[length] ? strtod(value, &end) : -1.0;
    if (seconds > 0 && seconds <= 1e9 && !*end) {
        *ns = (int64_t)(seconds * 1e9);
        if (*ns > 0) return 0;
    }
    return bad(settings, "--%s=%.60s: seconds are wanted, more than 0, like 2.5", option, value);
}

static int set_u32(struct settings *settings, const char *option, const char *value,
                   uint32_t *number)
{
    uint64_t wide;
    int rc = set_number(settings, option, value, 1000000, &wide);
    if (rc == 0) *number = (uint32_t)wide;
    return rc;
}

static int set_test(struct settings *settings, const char *option, const char *value)
{
    (void)option;
    for (const struct tutti_test *test = tutti_tests; test->name; test++) {
        if (strcmp(test->name, value) != 0) continue;
        settings->test = test;
        settings->test_named = true;
        return 0;
    }
    return bad(settings, "there is no test \"%.60s\"; --list shows those there are", value);
}

static int set_strategy(struct settings *settings, const char *option, const char *value)
{
    char all[200] = "";
    for (unsigned i = 0; i < TUTTI_STRATEGIES; i++) {
        const char *name = tutti_strategy_text((enum tutti_strategy)i);
        size_t length = strlen(all);
        snprintf(all + length, sizeof all - length, "%s%s", length ? ", " : "", name);
        if (strcmp(name, value) != 0) continue;
        settings->options.strategy = (enum tutti_strategy)i;
        return 0;
    }
    return bad(settings, "--%s=%.60s: one of %s is wanted", option, value, all);
}

static int set_bound(struct settings *settings, const char *option, const char *value)
{
    int rc = set_u32(settings, option, value, &settings->options.bound);
    if (rc == 0 && settings->options.bound == 0) {
        return bad(settings, "--%s=0: at least 1 is wanted", option);
    }
    return rc;
}

static int set_jobs(struct settings *settings, const char *option, const char *value)
{
    uint32_t *jobs = &settings->options.jobs;
    int rc = set_u32(settings, option, value, jobs);
    if (rc != 0) return rc;
    if (*jobs == 0) *jobs = os_cores();
    if (*jobs <= TUTTI_JOBS_MAX) return 0;
    return bad(settings, "--%s=%u: at most %d, or 0 for as many as there are processors", option,
               *jobs, TUTTI_JOBS_MAX);
}

static int set_resume(struct settings *settings, const char *option, const char *value)
{
    if (!*value || !os_plain(value)) {
        return bad(settings, "--%s=%.200s: the name of a plain file is wanted", option, value);
    }
    settings->resume = value;
    return 0;
}

static int set_seed(struct settings *settings, const char *option, const char *value)
{
    settings->seed_given = true;
    return set_number(settings, option, value, UINT64_MAX, &settings->options.seed);
}

static int set_runs(struct settings *settings, const char *option, const char *value)
{
    return set_number(settings, option, value, UINT64_MAX, &settings->options.runs_max);
}

static int set_max_time(struct settings *settings, const char *option, const char *value)
{
    return set_seconds(settings, option, value, &settings->options.time_max_ns);
}

static int set_cancel(struct settings *settings, const char *option, const char *value)
{
    return set_u32(settings, option, value, &settings->options.bounds.cancels_max);
}

static int set_lag(struct settings *settings, const char *option, const char *value)
{
    return set_u32(settings, option, value, &settings->options.bounds.lags_max);
}

static int set_kinds(struct settings *settings, const char *option, const char *value)
{
    if (tutti_kinds_parse(&settings->options.bounds.kinds, value) == 0) return 0;
    return bad(settings, "--%s=%.60s: kinds of choice are wanted, like run,alloc,user (or none)",
               option, value);
}

static int set_steps(struct settings *settings, const char *option, const char *value)
{
    settings->steps_given = true;
    return set_number(settings, option, value, UINT64_MAX, &settings->steps_max);
}

static int set_stack(struct settings *settings, const char *option, const char *value)
{
    if (read_number(value, TUTTI_STACK_SIZE_MAX, &settings->stack_size) &&
        settings->stack_size >= TUTTI_STACK_SIZE_MIN) {
        return 0;
    }
    return bad(settings, "--%s=%.60s: bytes from %u to %u are wanted", option, value,
               TUTTI_STACK_SIZE_MIN, TUTTI_STACK_SIZE_MAX);
}

static int set_hang(struct settings *settings, const char *option, const char *value)
{
    return set_seconds(settings, option, value, &settings->options.hang_ns);
}

static int set_trace(struct settings *settings, const char *option, const char *value)
{
    if (!*value || !os_plain(value)) {
        return bad(settings, "--%s=%.200s: the name of a plain file is wanted", option, value);
    }
    settings->trace = value;
    return 0;
}

static int set_isolate(struct settings *settings, const char *option, const char *value)
{
    if (strcmp(value, "fork") == 0) {
        settings->options.isolate = TUTTI_ISOLATE_FORK;
        return 0;
    }
    return bad(settings, "--%s=%.60s: fork is wanted, or no such option", option, value);
}

static int set_against(struct settings *settings, const char *option, const char *value)
{
    if (!*value) return bad(settings, "--%s=: the name of a trace is wanted", option);
    settings->against = value;
    return 0;
}

static int set_called(struct settings *settings, const char *option, const char *value)
{
    if (!*value) return bad(settings, "--%s=: a name is wanted", option);
    settings->called = value;
    return 0;
}

static int set_times(struct settings *settings, const char *option, const char *value)
{
    int rc = set_number(settings, option, value, 1000000, &settings->times);
    if (rc == 0 && settings->times == 0) return bad(settings, "--times=0: at least 1 is wanted");
    return rc;
}

enum {
    IN_RUN = 1 << COMMAND_RUN,
    IN_EXPLORE = 1 << COMMAND_EXPLORE,
    IN_REPLAY = 1 << COMMAND_REPLAY,
    IN_ALL = IN_RUN | IN_EXPLORE | IN_REPLAY
};

static const struct option {
    const char *name;
    int in; /* the commands it is of */
    int (*set)(struct settings *settings, const char *option, const char *value);
} options[] = {
    {"test", IN_ALL, set_test},
    {"strategy", IN_EXPLORE, set_strategy},
    {"bound", IN_EXPLORE, set_bound},
    {"seed", IN_ALL, set_seed},
    {"runs", IN_EXPLORE, set_runs},
    {"max-runs", IN_EXPLORE, set_runs},
    {"jobs", IN_EXPLORE, set_jobs},
    {"resume", IN_EXPLORE, set_resume},
    {"max-time", IN_EXPLORE, set_max_time},
    {"cancel", IN_EXPLORE, set_cancel},
    {"lag", IN_EXPLORE, set_lag},
    {"kinds", IN_EXPLORE, set_kinds},
    {"steps", IN_ALL, set_steps},
    {"stack", IN_ALL, set_stack},
    {"hang", IN_ALL, set_hang},
    {"trace", IN_EXPLORE | IN_REPLAY, set_trace},
    {"isolate", IN_EXPLORE, set_isolate},
    {"against", IN_REPLAY, set_against},
    {"called", IN_REPLAY, set_called},
    {"times", IN_REPLAY, set_times},
};

static int read_flag(struct settings *settings, const char *argument)
{
    if (strcmp(argument, "--quiet") == 0) {
        settings->quiet = true;
    } else if (strcmp(argument, "--audit") == 0 && settings->command != COMMAND_RUN) {
        settings->audit = true;
    } else if (strcmp(argument, "--cancel-nurseries") == 0 &&
               settings->command == COMMAND_EXPLORE) {
        settings->options.bounds.cancel_nurseries = true;
    } else if (strcmp(argument, "--cancel-run") == 0 && settings->command == COMMAND_EXPLORE) {
        settings->options.bounds.cancel_run = true;
    } else if (strcmp(argument, "--access-points") == 0 && settings->command == COMMAND_EXPLORE) {
        settings->options.bounds.access_points = true;
    } else {
        return bad(settings, "there is no option \"%.60s\" here; --help shows those there are",
                   argument);
    }
    return 0;
}

static int read_option(struct settings *settings, const char *argument)
{
    const char *name = argument + 2, *equals = strchr(argument, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct option *option = &options[i];
        if (strlen(option->name) != length || strncmp(option->name, name, length) != 0) continue;
        if (!(option->in & (1 << settings->command))) break;
        if (!equals) {
            return bad(settings, "--%s wants a value: --%s=...", option->name, option->name);
        }
        return option->set(settings, option->name, equals + 1);
    }
    return read_flag(settings, argument);
}

static int read_word(struct settings *settings, const char *word)
{
    if (settings->command == COMMAND_REPLAY && !settings->list) {
        settings->list = word;
        return 0;
    }
    return bad(settings, "\"%.60s\" is not wanted here; --help shows what is", word);
}

/* Which command, and where its arguments begin. */
static int read_command(struct settings *settings, int count, char **arguments)
{
    const char *word = count > 1 ? arguments[1] : "";
    settings->command = COMMAND_RUN;
    for (int i = 1; i < count; i++) {
        bool help = strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0;
        if (help) settings->command = COMMAND_HELP;
        if (strcmp(arguments[i], "--list") == 0) settings->command = COMMAND_LIST;
        if (settings->command != COMMAND_RUN) return count;
    }
    if (strcmp(word, "run") == 0) return 2;
    if (strcmp(word, "explore") == 0) settings->command = COMMAND_EXPLORE;
    if (strcmp(word, "replay") == 0) settings->command = COMMAND_REPLAY;
    return settings->command == COMMAND_RUN ? 1 : 2;
}

/* Options that do not go together. */
static int check_explore(const struct settings *settings)
{
    enum tutti_strategy strategy = settings->options.strategy;
    const char *word = tutti_strategy_text(strategy);
    bool tree = tutti_strategy_resumes(strategy);
    if (settings->resume && !tree) {
        return bad(settings,
                   "--resume does not go with strategy %s, but with dfs, dpor, delays, "
                   "preemptions, cancels, cleanup and deadlines (--strategy=dfs)",
                   word);
    }
    if (settings->options.bound && strategy != TUTTI_STRATEGY_PCT &&
        (!tree || strategy == TUTTI_STRATEGY_DFS || strategy == TUTTI_STRATEGY_DPOR ||
         strategy == TUTTI_STRATEGY_CLEANUP)) {
        return bad(settings,
                   "--bound does not go with strategy %s, but with delays, preemptions, "
                   "cancels, deadlines and pct",
                   word);
    }
    const struct tutti_bounds *bounds = &settings->options.bounds;
    if (strategy == TUTTI_STRATEGY_DPOR &&
        (!bounds->step || !(bounds->kinds & 1u << TUTTI_CHOICE_RUN))) {
        return bad(settings, "--strategy=dpor is about who takes each step: it needs mode step and "
                             "choices of kind run (--strategy=dfs)");
    }
    if (strategy == TUTTI_STRATEGY_CLEANUP && settings->options.bounds.cancels_max < 2) {
        return bad(settings, "--strategy=cleanup cancels twice in a run: give --cancel=2, too");
    }
    if (settings->options.bound > TUTTI_PCT_DEPTH_MAX && strategy == TUTTI_STRATEGY_PCT) {
        return bad(settings, "--bound=%u: the depth of pct is at most %d", settings->options.bound,
                   TUTTI_PCT_DEPTH_MAX);
    }
    return 0;
}

int settings_read(struct settings *settings, int count, char **arguments)
{
    *settings = (struct settings){
        .program = count > 0 ? arguments[0] : "program",
        .tutti = os_variable("TUTTI_COMMAND"),
        .arguments = (const char *const *)(arguments + (count > 0)),
        .options = {.bounds = {.step = true,
                               .kinds = 1u << TUTTI_CHOICE_RUN | 1u << TUTTI_CHOICE_USER,
                               .cancels_max = 1},
                    .strategy = TUTTI_STRATEGY_AUTO,
                    .seed = SEED_DEFAULT},
        .steps_max = STEPS_DEFAULT,
        .times = 1};
    int i = read_command(settings, count, arguments);
    for (; i < count; i++) {
        bool option = strncmp(arguments[i], "--", 2) == 0;
        int rc = option ? read_option(settings, arguments[i]) : read_word(settings, arguments[i]);
        if (rc != 0) return rc;
    }
    if (settings->command == COMMAND_HELP || settings->command == COMMAND_LIST) return 0;
    if (!tutti_tests[0].name) return bad(settings, "its table tutti_tests is empty");
    if (!settings->test && settings->command != COMMAND_RUN) settings->test = &tutti_tests[0];
    if (settings->command == COMMAND_EXPLORE) return check_explore(settings);
    if (settings->command != COMMAND_REPLAY || settings->list) return 0;
    return bad(settings, "replay: which choice list? Like '1;step;run,user;c1;1.2.0.1', or @FILE");
}
