/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A file in which a search waits to go on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "tutti/core/error.h"
#include "tutti/instruments/read.h"

/* The search as the settings have it. */
static void describe(struct tutti_frontier *frontier, const struct settings *settings)
{
    const struct tutti_explore_options *options = &settings->options;
    struct tutti_plan plan = {.phases = 0};
    struct tutti_plan_facts facts = {.strategy = options->strategy, .bound = options->bound};
    struct tutti_phase phase;
    (void)tutti_plan_next(&plan, &facts, &phase);
    snprintf(frontier->program, sizeof frontier->program, "%s", tutti_base_name(settings->program));
    snprintf(frontier->test, sizeof frontier->test, "%s", settings->test->name);
    frontier->seed = options->seed;
    frontier->steps_max = settings->steps_max;
    frontier->strategy = phase.strategy;
    frontier->bound = phase.bound;
    frontier->bounds = options->bounds;
}

char *read_all(const char *path, size_t *length, int *error)
{
    enum { FIRST = 1 << 16 };
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0;
    *length = 0;
    *error = file ? 0 : -errno;
    while (file && *length + 1 >= size) {
        size_t more = size ? size * 2 : FIRST;
        char *grown = realloc(text, more);
        if (!grown) {
            *error = TUTTI_ENOMEMORY;
            break;
        }
        text = grown;
        size = more;
        *length += fread(text + *length, 1, size - *length - 1, file);
        if (ferror(file)) {
            *error = -EIO;
            break;
        }
        text[*length] = '\0';
    }
    if (file) (void)fclose(file);
    if (*error == 0) return text;
    free(text);
    return NULL;
}

int kept_open(struct kept *kept, const struct settings *settings)
{
    struct tutti_frontier wanted;
    char message[400];
    size_t length;
    int error;
    *kept = (struct kept){.there = false};
    if (!settings->resume || !os_exists(settings->resume)) return 0;
    describe(&wanted, settings);
    char *text = read_all(settings->resume, &length, &error);
    if (!text) {
        return bad(settings, "%s cannot be read: %s", settings->resume, tutti_error_text(error));
    }
    size_t room = length / 4 + 1; /* a choice is a line, and a line is longer than that */
    if (room > TUTTI_LIST_MAX) room = TUTTI_LIST_MAX;
    kept->frontier.takes.room = (uint32_t)room;
    kept->frontier.takes.items = calloc(room, sizeof *kept->frontier.takes.items);
    kept->frontier.trunk = kept->trunk = calloc(1, sizeof *kept->trunk);
    int rc = TUTTI_EINVALID;
    if (!kept->frontier.takes.items || !kept->trunk) {
        snprintf(message, sizeof message, "out of memory (free some)");
    } else if (strlen(text) != length) {
        snprintf(message, sizeof message, "it is no kept search: it has bytes of no text");
    } else {
        rc = tutti_frontier_parse(&kept->frontier, text, message, sizeof message);
        if (rc == 0) {
            rc = tutti_frontier_fits(&kept->frontier, &wanted, message, sizeof message);
        }
    }
    free(text);
    kept->there = rc == 0;
    if (rc == 0) return 0;
    kept_close(kept);
    return bad(settings, "%s: %s", settings->resume, message);
}

void kept_close(struct kept *kept)
{
    free(kept->frontier.takes.items);
    free(kept->trunk);
    kept->frontier.takes.items = NULL;
    kept->frontier.trunk = kept->trunk = NULL;
}

/* Through a second file, so that there is always a whole one. */
int write_all(const char *path, const char *text, size_t length)
{
    size_t size = strlen(path) + sizeof ".new";
    char *other = malloc(size);
    if (!other) return TUTTI_ENOMEMORY;
    snprintf(other, size, "%s.new", path);
    FILE *file = fopen(other, "wb");
    bool written = file && fwrite(text, 1, length, file) == length;
    int error = -errno;
    if (file && fclose(file) != 0 && written) {
        error = -errno;
        written = false;
    }
    if (written && rename(other, path) != 0) {
        error = -errno;
        written = false;
    }
    if (file && !written) os_remove(other);
    free(other);
    return written ? 0 : error;
}

int kept_save(struct tutti_explorer *explorer, const struct settings *settings)
{
    struct tutti_frontier frontier = {.runs = 0};
    if (!tutti_explorer_frontier(explorer, &frontier)) {
        return bad(settings, "the search cannot be kept in %s: %s", settings->resume, frontier.why);
    }
    describe(&frontier, settings);
    size_t length = tutti_frontier_print(&frontier, NULL, 0);
    char *text = malloc(length + 1);
    if (!text) return bad(settings, "out of memory (free some)");
    tutti_frontier_print(&frontier, text, length + 1);
    int error = write_all(settings->resume, text, length);
    free(text);
    if (error < 0) {
        return bad(settings, "the search cannot be kept in %s: %s", settings->resume,
                   tutti_error_text(error));
    }
    printf("kept in %s: the same command goes on from there\n", settings->resume);
    return 0;
}
