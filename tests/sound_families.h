/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sound_families.h - which small programs sound_test and sound_full_test look at: main() of both,
 * which differ in SOUND_PROGRAMS, how many of them, all families together.                       */
#ifndef TUTTI_TESTS_SOUND_FAMILIES_H
#define TUTTI_TESTS_SOUND_FAMILIES_H

#define KIND(name) (1u << SMALL_##name)

enum {
    MEMORY = KIND(LOAD) | KIND(STORE) | KIND(CAS) | KIND(YIELD),
    LOCKS = KIND(LOCK) | KIND(TRYLOCK),
    QUEUES = KIND(SEND) | KIND(RECEIVE) | KIND(SEM) | KIND(COND) | KIND(RWLOCK) | KIND(BARRIER),
    SCOPES = KIND(SCOPE) | KIND(SHIELD) | KIND(CANCEL),
    TIMES = KIND(DEADLINE) | KIND(SLEEP) | KIND(NOW),
    EVERYTHING = (1u << SMALL_KINDS) - 1
};

static const struct family {
    const char *name;
    uint32_t kinds, cancels;
} families[] = {
    {"memory", MEMORY, 0},
    {"locks", MEMORY | LOCKS, 0},
    {"events", MEMORY | KIND(SET) | KIND(WAIT) | KIND(SELECT) | KIND(RECEIVE) | KIND(SEND), 0},
    {"queues", MEMORY | QUEUES, 0},
    {"nurseries", MEMORY | KIND(SPAWN) | SCOPES | TIMES, 0},
    {"values", MEMORY | KIND(CHOOSE) | LOCKS, 0},
    {"everything", EVERYTHING, 0},
    {"cancelled scopes", MEMORY | LOCKS | KIND(SPAWN) | SCOPES, 1},
    {"cancelled twice", MEMORY | KIND(LOCK) | KIND(SPAWN) | SCOPES, 2},
    {"cancelled deadlines", MEMORY | LOCKS | KIND(SET) | KIND(WAIT) | SCOPES | TIMES, 1},
    {"cancelled everything", EVERYTHING, 1},
};
enum { FAMILIES = sizeof families / sizeof *families };

static void look_at(uint32_t number, uint64_t seed, struct sound_sums *sums)
{
    const struct family *family = &families[number];
    struct tutti_bounds bounds = census_bounds;
    struct tutti_chance chance = {.state = tutti_chance_split(number + 1, seed)};
    bounds.kinds |= 1u << TUTTI_CHOICE_USER;
    bounds.cancels_max = family->cancels;
    small_make(&chance, family->kinds);
    sound_look(&bounds, (enum tutti_dpor_order)(seed % TUTTI_DPOR_ORDERS), sums, seed);
}

static void finds_every_trace(void **state)
{
    (void)state;
    for (uint32_t f = 0; f < FAMILIES; f++) {
        struct sound_sums sums = {.programs = 0};
        for (uint64_t seed = 0; sums.programs < (SOUND_PROGRAMS + FAMILIES - 1) / FAMILIES; seed++)
            look_at(f, seed, &sums);
        print_message("%s: %llu programs, %llu runs, %llu traces, %llu blocked, %llu twice\n",
                      families[f].name, (unsigned long long)sums.programs,
                      (unsigned long long)sums.runs, (unsigned long long)sums.traces,
                      (unsigned long long)sums.blocked, (unsigned long long)sums.redundant);
        assert_int_equal(sums.redundant, 0);
    }
}

/* Programs that show what few do, by family and seed: what a sleeper conflicts with matters. */
static void finds_every_trace_where_few_have_many(void **state)
{
    static const struct {
        uint32_t family;
        uint64_t seed;
    } telling[] = {{1, 144}};
    struct sound_sums sums = {.programs = 0};
    (void)state;
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
        look_at(telling[i].family, telling[i].seed, &sums);
    assert_int_equal(sums.programs, sizeof telling / sizeof *telling);
    assert_int_equal(sums.redundant, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_trace),
        cmocka_unit_test(finds_every_trace_where_few_have_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
