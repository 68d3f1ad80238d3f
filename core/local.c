/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Variables are immutable lists that share their ends. A list has one entry a variable; it is as
 * long as there are variables, so it is searched from its beginning. Whoever points to an entry, a
 * task or the entry in front of it, is counted in it; an entry that only one list can reach may be
 * changed. */
#include "tutti/core/local.h"

#include "tutti/core/run_priv.h"

struct local {
    struct local *next;
    const struct tutti_local *key;
    void *value;
    uint64_t users; /* pointers to it */
};

struct local *local_share(struct local *locals)
{
    if (locals) locals->users++;
    return locals;
}

void local_drop(struct run *run, struct local *locals)
{
    while (locals && --locals->users == 0) {
        struct local *next = locals->next;
        mem_give(run, locals, NULL);
        locals = next;
    }
}

static void *get(const struct local *locals, const struct tutti_local *key)
{
    while (locals && locals->key != key)
        locals = locals->next;
    return locals ? locals->value : key->initial;
}

/* Adds an entry at *last. NULL: no memory. */
static struct local *add(struct run *run, struct local **last, const struct tutti_local *key,
                         void *value)
{
    struct local *entry = mem_take(run, sizeof *entry, NULL);
    if (!entry) return NULL;
    *entry = (struct local){.key = key, .value = value, .users = 1};
    *last = entry;
    return entry;
}

/* A list like `locals` up to its entry `old`, with another value in that one's place, and the old
 * list's end behind it. NULL: no memory. */
static struct local *copy(struct run *run, const struct local *locals, const struct local *old,
                          void *value)
{
    struct local *first = NULL, **last = &first;
    for (const struct local *from = locals;; from = from->next) {
        struct local *entry = add(run, last, from->key, from == old ? value : from->value);
        if (!entry) {
            local_drop(run, first);
            return NULL;
        }
        last = &entry->next;
        if (from == old) break;
    }
    *last = local_share(old->next);
    return first;
}

static int set(struct run *run, struct local **locals, const struct tutti_local *key, void *value,
               const struct tutti_site *site)
{
    bool alone = true;
    struct local *old = *locals;
    for (; old; old = old->next) {
        alone = alone && old->users == 1;
        if (old->key == key) break;
    }
    if (old && alone) {
        old->value = value;
        return 0;
    }
    struct local *first = NULL;
    if (old) {
        first = copy(run, *locals, old, value);
    } else if (add(run, &first, key, value)) {
        first->next = local_share(*locals);
    }
    if (!first) return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory for a variable");
    local_drop(run, *locals);
    *locals = first;
    return 0;
}

void *tutti_local_get_at(const struct tutti_local *local, const struct tutti_site *site)
{
    return get(run_require_task(site)->current->locals, local);
}

int tutti_local_set_at(const struct tutti_local *local, void *value, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    return set(run, &run->current->locals, local, value, site);
}

void *tutti_run_local_get_at(const struct tutti_local *local, const struct tutti_site *site)
{
    struct run *run = run_require(site);
    TOUCH(run, 0, WORLD, READ);
    return get(run->locals, local);
}

int tutti_run_local_set_at(const struct tutti_local *local, void *value,
                           const struct tutti_site *site)
{
    struct run *run = run_require(site);
    TOUCH(run, 0, WORLD, WRITE);
    return set(run, &run->locals, local, value, site);
}
