/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Words for people. */
#include <string.h>

#include "program.h"
#include "tutti/instruments/view.h"

enum { LANES_ROWS = 20 };

const char *grouped(struct grouped *grouped, uint64_t number)
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    char *out = grouped->text;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return grouped->text;
}

const char *about(struct grouped *text, double number)
{
    if (number < 1e9) return grouped(text, (uint64_t)(number + 0.5));
    snprintf(text->text, sizeof text->text, "%.2g", number);
    return text->text;
}

void tell_verdict(const struct tutti_verdict *verdict)
{
    const char *kind = tutti_verdict_text(verdict->kind), *message = verdict->message;
    char place[sizeof verdict->file + 16];
    if (verdict->kind == TUTTI_VERDICT_OK) {
        printf("%s\n", kind);
        return;
    }
    if (strncmp(message, "tutti: ", strlen("tutti: ")) == 0) message += strlen("tutti: ");
    if (strncmp(message, kind, strlen(kind)) != 0) printf("%s: ", kind);
    printf("%s\n", message);
    snprintf(place, sizeof place, "%s:%u", verdict->file, verdict->line);
    if (verdict->file[0] && !strstr(message, place)) printf("  at %s\n", place);
    if (verdict->place[0]) printf("  in %s\n", verdict->place);
}

void tell_seed(const struct settings *settings)
{
    printf("seed 0x%llx\n", (unsigned long long)settings->options.seed);
    (void)fflush(stdout);
}

void tell_unstable(void)
{
    printf("likely cause: the program reads time, random numbers or addresses around tutti\n");
}

void tell_bounds(FILE *out, const struct tutti_bounds *bounds)
{
    char text[96];
    struct tutti_list list = {.bounds = {.kinds = bounds->kinds}};
    fprintf(out, "%s mode, at most %u cancellation%s", bounds->step ? "step" : "batch",
            bounds->cancels_max, bounds->cancels_max == 1 ? "" : "s");
    if (bounds->cancel_nurseries) fprintf(out, ", nurseries' scopes too");
    if (bounds->cancel_run) fprintf(out, ", the run too");
    if (bounds->access_points) fprintf(out, ", accesses are schedule points");
    if (bounds->lags_max) {
        fprintf(out, ", at most %u early timer%s", bounds->lags_max,
                bounds->lags_max == 1 ? "" : "s");
    }
    tutti_list_print(&list, text, sizeof text); /* "1;batch;run,user;c0;" */
    const char *kinds = strchr(strchr(text, ';') + 1, ';') + 1;
    fprintf(out, ", choices of %.*s", (int)strcspn(kinds, ";"), kinds);
}

static int print_out(void *context, const char *text, size_t size)
{
    (void)context;
    (void)fwrite(text, 1, size, stdout);
    return 0;
}

static int view_lanes(struct tutti_reader *reader)
{
    struct tutti_lanes_options options = {.rows = LANES_ROWS};
    return tutti_view_lanes(reader, &options, print_out, NULL);
}

static int view_tree(struct tutti_reader *reader)
{
    return tutti_view_tree(reader, 0, print_out, NULL);
}

static void tell_view(const char *trace, int (*view)(struct tutti_reader *reader))
{
    struct tutti_reader *reader;
    int rc = tutti_reader_open(&reader, trace);
    if (rc == 0) rc = view(reader);
    if (rc < 0) printf("%s\n", tutti_reader_error(reader));
    tutti_reader_close(reader);
}

void tell_views(const char *trace)
{
    printf("\nthe last steps:\n");
    tell_view(trace, view_lanes);
    printf("\nthe tasks at the end:\n");
    tell_view(trace, view_tree);
}

void tell_stacks(const struct performance *performance)
{
    if (performance->stacks[0]) printf("\nwhere they are:\n%s", performance->stacks);
}

/* A word for a shell. */
static void tell_word(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./=,:@%+";
    if (*word && !word[strspn(word, plain)]) {
        printf(" %s", word);
        return;
    }
    printf(" '");
    for (; *word; word++) {
        if (*word == '\'') {
            printf("'\\''");
        } else {
            putchar(*word);
        }
    }
    putchar('\'');
}

/* The options without which a replay would be another run. */
static void tell_options(const struct settings *settings)
{
    if (settings->test && settings->test != &tutti_tests[0]) {
        printf(" --test=");
        fputs(settings->test->name, stdout);
    }
    if (settings->options.seed != SEED_DEFAULT) {
        printf(" --seed=0x%llx", (unsigned long long)settings->options.seed);
    }
    if (settings->steps_max != STEPS_DEFAULT) {
        printf(" --steps=%llu", (unsigned long long)settings->steps_max);
    }
    if (settings->stack_size) {
        printf(" --stack=%llu", (unsigned long long)settings->stack_size);
    }
}

void tell_replay(const struct settings *settings, const char *list, const char *more)
{
    if (settings->tutti) {
        tell_word(settings->tutti);
        printf(" replay");
        tell_word(list);
        tell_word(settings->program);
    } else {
        tell_word(settings->program);
        printf(" replay");
        tell_word(list);
    }
    tell_options(settings);
    printf("%s\n", more);
}

void tell_commands(const struct settings *settings, const char *list, const char *trace)
{
    const char *const views[] = {"tree", "lanes", "html"};
    const char *const names[] = {"tree:  ", "lanes: ", "page:  "};
    printf("%sreplay it:  ", settings->quiet ? "" : "\n");
    tell_replay(settings, list, "");
    if (settings->quiet) return;
    for (size_t i = 0; trace && i < sizeof views / sizeof *views; i++) {
        printf("its %s", names[i]);
        tell_word(settings->tutti ? settings->tutti : "tutti");
        printf(" trace %s", views[i]);
        tell_word(trace);
        printf("%s\n", i == 2 ? " -o run.html" : "");
    }
}
