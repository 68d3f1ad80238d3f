#!/usr/bin/python3 -B
"""Keeps docs/rules.md true: all numbers, only tests and cases that exist, how cases are run.

Run in the top of the tree. Says FILE: what is wrong, one line each.
"""

import glob
import os
import re
import sys

PAGE = "docs/rules.md"
RULES = ["R%d" % n for n in range(1, 61)]
CASES = [
    "T%02d" % n
    for n in [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 20, 21, 23, 26, 27, 28, 29]
    + [31, 32, 33, 34, 35, 37, 39, 40, 42, 43, 44, 46, 47, 49, 50, 51, 52, 53, 55, 56]
    + [58, 59, 60, 61, 62, 63, 64, 65, 66, 68, 70, 72, 73, 74, 77, 78, 79, 80, 81]
]
ROW = re.compile(r"\| ([RT]\d+) \| ([^|]+) \| ([^|]+) \|$")
TESTS = re.compile(r"`(\w+)\.c`: ((?:`\w+`(?:, )?)+)")
GAP = re.compile(r"- ([RT]\d+(?:, [RT]\d+)*): ")
LISTED = re.compile(r"\b(?:REHEARSED\w*|REAL|cmocka_unit_test)\(\s*(\w+)")
# First come, reversed, 1,000 seeds, depth first with two deviations (tests/rehearsed.h).
IN_FULL = re.compile(r"\b(?:REHEARSED|REHEARSED_ALL|REHEARSED_ENDS)\(\s*(\w+)")
# Every schedule with at most one cancellation, and how many runs that are.
EXPLORED = re.compile(r"\bREHEARSED_ALL\(\s*(\w+),\s*1,\s*[1-9]\d*\)")
PRIMITIVES = set(
    "scope nursery lot event lock semaphore limiter condition barrier once channel broadcast select"
    " token".split()
) | {"fair lot", "reader-writer lock"}
OTHERWISE = re.compile(r"^- ((?:`T\d\d_\w+`(?:,\s+)?)+): \w", re.MULTILINE)
NUMBERED = re.compile(r"\bstatic (?:inline )?(?:int|void) ([RT]\d+_\w+)\(")
INCLUDE = re.compile(r'#include "(\w+\.h)"')


def read(path):
    """A file's text."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def cases_of(path):
    """Names of the cases a test runs, those that a header of tests lists for it included."""
    text = read(path)
    found = set(LISTED.findall(text)) | set(NUMBERED.findall(text))
    for header in INCLUDE.findall(text):
        header = os.path.join(os.path.dirname(path), header)
        if os.path.exists(header):
            found |= set(LISTED.findall(read(header)))
    return found


def with_headers(path):
    """A test's text and that of the headers of tests that it includes."""
    text = read(path)
    headers = [os.path.join(os.path.dirname(path), name) for name in INCLUDE.findall(text)]
    return text + "".join(read(header) for header in headers if os.path.exists(header))


def wrong_forms(page, known, in_full):
    """Cases T01 to T76 that are not run in full and are not on the list of those, or the reverse.

    A name may be that of cases of several tests: it is run in full if all of them are."""
    section = page.partition("\n## Cases that are run otherwise\n")[2].partition("\n## ")[0]
    listed = set(re.findall(r"T\d\d_\w+", " ".join(OTHERWISE.findall(section))))
    otherwise = set()
    for test, names in known.items():
        for name in names - in_full[test]:
            match = re.match(r"T(\d\d)_", name)
            if match and int(match.group(1)) <= 76:
                otherwise.add(name)
    for name in sorted(otherwise - listed):
        yield "%s is not run under 1,000 seeds and two deviations, and no reason is given" % name
    for name in sorted(listed - otherwise):
        yield "%s is said to be run otherwise, and is not" % name


def wrong_configurations(page, explored):
    """Primitives without small configurations, and configurations that are not explored."""
    section = page.partition("\n## Small configurations\n")[2].partition("\n## ")[0]
    listed = {
        (test, name)
        for test, names in TESTS.findall(section)
        for name in re.findall(r"\w+", names)
    }
    there = {(test, name) for test, names in explored.items() for name in names}
    for test, name in sorted(listed - there):
        yield "%s of tests/%s.c is not explored with one cancellation" % (name, test)
    primitives = re.findall(r"^\| ([^|`]+) \| `", section, re.MULTILINE)
    for name in sorted(PRIMITIVES - set(", ".join(primitives).split(", "))):
        yield "%s: no small configurations" % name


def wrong_in_row(number, shown, known, gaps):
    """What is wrong with a row's tests."""
    tests = TESTS.findall(shown)
    rest = TESTS.sub("", shown).replace(";", "").strip()
    if not tests and rest == "no test yet":
        if number not in gaps:
            yield "%s has no test and is not among the gaps" % number
        return
    if rest or not tests:
        yield "%s: cannot read what shows it: %s" % (number, rest or shown)
    for test, names in tests:
        if test not in known:
            yield "%s: there is no tests/%s.c" % (number, test)
            continue
        for name in re.findall(r"\w+", names):
            if name not in known[test]:
                yield "%s: tests/%s.c has no case %s" % (number, test, name)


def wrong_in(page, known, in_full, explored):
    """What is wrong with the page, given the cases of each test."""
    gaps = set(re.findall(r"[RT]\d+", " ".join(GAP.findall(page.partition("\n## Gaps")[2]))))
    rows = [match.groups() for match in map(ROW.match, page.splitlines()) if match]
    numbers = [number for number, _, _ in rows]
    for number in RULES + CASES:
        if number not in numbers:
            yield "%s is missing" % number
    for number in sorted(set(numbers)):
        if numbers.count(number) > 1:
            yield "%s is there twice" % number
    for number in sorted(gaps - set(numbers)):
        yield "%s is a gap and no row" % number
    yield from wrong_forms(page, known, in_full)
    yield from wrong_configurations(page, explored)
    shown_by = {}
    for number, _, shown in rows:
        yield from wrong_in_row(number, shown, known, gaps)
        shown_by[number] = shown
    for test, names in sorted(known.items()):
        for name in sorted(names):
            number = name.partition("_")[0]
            if re.match(r"T\d\d_", name) and "`%s`" % name not in shown_by.get(number, ""):
                yield "%s of tests/%s.c is not in the row of %s" % (name, test, number)


def self_test(page, *tests):
    """Plants a mistake of each kind; returns those that are not found."""
    plants = [
        ("| R12 |", "| R99 |", "R12 is missing"),
        ("`sync_test.c`: `T66_owner_ends`", "`no_test.c`: `T66_owner_ends`", "no tests/no_test.c"),
        ("`T44_very_deep_nesting`", "`T44_gone`", "no case T44_gone"),
        ("`T44_very_deep_nesting`", "`T20_cancel_edge_cases`", "not in the row of T44"),
        ("| `sync_test.c`: `R12_asked", "| nothing `R12_asked", "cannot read"),
        (
            "| `scope_set_test.c`: `T42_reschedule` |",
            "| no test yet |",
            "T42 has no test and is not among the gaps",
        ),
        ("\n- R25: ", "\n- R25, R77: ", "R77 is a gap and no row"),
        ("- `T01_basic_interleave`, ", "- ", "T01_basic_interleave is not run under"),
        (
            "- `T01_basic_interleave`, ",
            "- `T01_basic_interleave`, `T04_x`, ",
            "T04_x is said to be run otherwise",
        ),
        ("| R12 |", "| R13 |", "R13 is there twice"),
        ("`lot_2_parked`", "`lot_9_parked`", "lot_9_parked of tests/explored_test.c is not"),
        ("| barrier | ", "| hurdle | ", "barrier: no small configurations"),
    ]
    return [
        says
        for old, new, says in plants
        if old not in page
        or says not in "\n".join(wrong_in(page.replace(old, new, 1), *tests))
    ]


def main():
    """Checks the page, then itself."""
    paths = {os.path.basename(path)[:-2]: path for path in glob.glob("tests/*_test.c")}
    known = {test: cases_of(path) for test, path in paths.items()}
    in_full = {test: set(IN_FULL.findall(with_headers(path))) for test, path in paths.items()}
    explored = {test: set(EXPLORED.findall(read(path))) for test, path in paths.items()}
    page = read(PAGE)
    wrong = list(wrong_in(page, known, in_full, explored)) if known else ["there are no tests"]
    if not wrong:
        unseen = self_test(page, known, in_full, explored)
        wrong = ["rules_test.py does not find: " + says for says in unseen]
    for line in wrong:
        print("%s: %s" % (PAGE, line))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
