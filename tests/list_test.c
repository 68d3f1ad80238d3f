/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Choice lists: text to list, list to text, and what is wrong with bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tutti/core/error.h"
#include "tutti/sim/chance.h"
#include "tutti/sim/list.h"

enum { ROOM = 64 };

struct parsed {
    uint32_t numbers[ROOM];
    struct tutti_list list;
    char message[200];
};

static int parse(struct parsed *parsed, const char *text)
{
    parsed->list = (struct tutti_list){.numbers = parsed->numbers, .room = ROOM};
    parsed->message[0] = '\0';
    return tutti_list_parse(&parsed->list, text, parsed->message, sizeof parsed->message);
}

static void reads_a_list(void **state)
{
    struct parsed parsed;
    (void)state;
    assert_int_equal(parse(&parsed, "1;step;run,user;c2,l3,n;1.20.0.4294967294"), 0);
    assert_true(parsed.list.bounds.step);
    assert_true(parsed.list.bounds.cancel_nurseries);
    assert_int_equal(parsed.list.bounds.cancels_max, 2);
    assert_int_equal(parsed.list.bounds.lags_max, 3);
    assert_int_equal(parsed.list.bounds.kinds, 1u << TUTTI_CHOICE_RUN | 1u << TUTTI_CHOICE_USER);
    assert_int_equal(parsed.list.count, 4);
    assert_int_equal(parsed.list.numbers[1], 20);
    assert_int_equal(parsed.list.numbers[3], 4294967294u);
    assert_int_equal(parse(&parsed, "1;batch;none;c0;"), 0);
    assert_false(parsed.list.bounds.step);
    assert_int_equal(parsed.list.bounds.kinds, 0);
    assert_int_equal(parsed.list.count, 0);
}

static void says_what_is_wrong(void **state)
{
    static const struct {
        const char *text;
        int byte;
        const char *says;
    } bads[] = {
        {"", 1, "number"},
        {"x", 1, "number"},
        {"1.2.0.1", 1, "bare numbers"},
        {"7", 1, "bare numbers"},
        {"2;step;run;c1;0", 1, "version 2"},
        {"1,step", 2, "';'"},
        {"1;", 3, "mode"},
        {"1;stepp;run;c1;", 3, "mode"},
        {"1;step", 7, "ends"},
        {"1;step;", 8, "kind"},
        {"1;step;walk;c1;", 8, "kind"},
        {"1;step;run,run;c1;", 15, "order"},
        {"1;step;user,run;c1;", 16, "order"},
        {"1;step;run", 11, "ends"},
        {"1;step;run;1;0", 12, "bounds"},
        {"1;step;run;c;0", 13, "number"},
        {"1;step;run;c1", 14, "ends"},
        {"1;step;run;c1,x;", 14, "';'"},
        {"1;step;run;c1;.", 15, "number"},
        {"1;step;run;c1;1.", 17, "number"},
        {"1;step;run;c1;1..2", 17, "number"},
        {"1;step;run;c1;1,2", 16, "'.'"},
        {"1;step;run;c1;1 ", 16, "'.'"},
        {"1;step;run;c1;-1", 15, "number"},
        {"1;step;run;c1;01", 15, "begin with 0"},
        {"1;step;run;c1;4294967295", 15, "too large"},
        {"1;step;run;c1;99999999999999999999999999", 15, "too large"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        struct parsed parsed;
        char where[40];
        snprintf(where, sizeof where, "byte %d: ", bads[i].byte);
        assert_int_equal(parse(&parsed, bads[i].text), TUTTI_EINVALID);
        if (!strstr(parsed.message, where) || !strstr(parsed.message, bads[i].says)) {
            fail_msg("%s: %s", bads[i].text, parsed.message);
        }
    }
}

static void longer_than_the_room(void **state)
{
    struct parsed parsed;
    char text[40 + 2 * (ROOM + 1)] = "1;step;run;c1;0";
    (void)state;
    size_t length = strlen(text);
    for (int i = 1; i < ROOM; i++, length += 2)
        memcpy(text + length, ".0", 3);
    assert_int_equal(parse(&parsed, text), 0);
    assert_int_equal(parsed.list.count, ROOM);
    memcpy(text + length, ".0", 3);
    assert_int_equal(parse(&parsed, text), TUTTI_EINVALID);
    assert_non_null(strstr(parsed.message, "more than 64"));
}

/* Any list, printed and read again, is the same list. */
static void round_trip(void **state)
{
    struct tutti_chance chance = {.state = 7};
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct parsed parsed;
        uint32_t numbers[ROOM];
        char text[1024], again[1024];
        struct tutti_list list = {.numbers = numbers, .count = tutti_chance_below(&chance, ROOM)};
        list.bounds.step = tutti_chance_below(&chance, 2);
        list.bounds.cancel_nurseries = tutti_chance_below(&chance, 2);
        list.bounds.cancel_run = tutti_chance_below(&chance, 2);
        list.bounds.kinds = tutti_chance_below(&chance, 1u << TUTTI_WORDS_END_choice_kind);
        list.bounds.cancels_max = tutti_chance_below(&chance, 1000);
        list.bounds.lags_max = tutti_chance_below(&chance, 3);
        for (uint32_t i = 0; i < list.count; i++) {
            numbers[i] = tutti_chance_below(&chance, 12);
            if (numbers[i] == 11) numbers[i] = UINT32_MAX - 1 - tutti_chance_below(&chance, 1000);
        }
        size_t length = tutti_list_print(&list, text, sizeof text);
        assert_int_equal(length, strlen(text));
        assert_int_equal(parse(&parsed, text), 0);
        assert_int_equal(parsed.list.count, list.count);
        assert_memory_equal(parsed.numbers, numbers, list.count * sizeof *numbers);
        assert_int_equal(parsed.list.bounds.kinds, list.bounds.kinds);
        assert_int_equal(parsed.list.bounds.cancels_max, list.bounds.cancels_max);
        assert_int_equal(parsed.list.bounds.lags_max, list.bounds.lags_max);
        assert_int_equal(parsed.list.bounds.step, list.bounds.step);
        assert_int_equal(parsed.list.bounds.cancel_nurseries, list.bounds.cancel_nurseries);
        assert_int_equal(parsed.list.bounds.cancel_run, list.bounds.cancel_run);
        tutti_list_print(&parsed.list, again, sizeof again);
        assert_string_equal(text, again);
    }
}

static void printing_is_cut_not_overrun(void **state)
{
    uint32_t numbers[] = {1, 2, 3};
    struct tutti_list list = {.bounds = {.step = true, .kinds = 1}, .numbers = numbers, .count = 3};
    char text[8] = "#######";
    (void)state;
    assert_int_equal(tutti_list_print(&list, NULL, 0), strlen("1;step;run;c0;1.2.3"));
    assert_int_equal(tutti_list_print(&list, text, 6), strlen("1;step;run;c0;1.2.3"));
    assert_string_equal(text, "1;ste");
    assert_int_equal(text[6], '#');
}

/* An option's kinds may stand in any order; a list's may not, so that a list has one text. */
static void kinds(void **state)
{
    uint32_t kinds;
    (void)state;
    assert_int_equal(tutti_kinds_parse(&kinds, "user,run"), 0);
    assert_int_equal(kinds, 1u << TUTTI_CHOICE_RUN | 1u << TUTTI_CHOICE_USER);
    assert_int_equal(tutti_kinds_parse(&kinds, "none"), 0);
    assert_int_equal(kinds, 0);
    assert_int_equal(tutti_kinds_parse(&kinds, "run,luck"), TUTTI_EINVALID);
    assert_int_equal(tutti_kinds_parse(&kinds, "run,"), TUTTI_EINVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(reads_a_list),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(longer_than_the_room),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(printing_is_cut_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
