#!/usr/bin/python3 -B
"""Keeps docs/rules.md true: all numbers, and only tests and cases that exist.

Run in the top of the tree. Says FILE: what is wrong, one line each.
"""

import glob
import os
import re
import sys

PAGE = "docs/rules.md"
RULES = ["R%d" % n for n in [*range(1, 55), 57, 59, 60]]
CASES = [
    "T%02d" % n
    for n in [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 20, 21, 23, 26, 27, 28, 29]
    + [31, 32, 33, 34, 35, 37, 39, 40, 42, 43, 44, 46, 47, 49, 50, 51, 52, 53, 55, 56]
    + [58, 59, 60, 61, 62, 63, 64, 65, 66, 68, 70, 72, 73, 74, 78, 79, 80, 81]
]
ROW = re.compile(r"\| ([RT]\d+) \| ([^|]+) \| ([^|]+) \|$")
TESTS = re.compile(r"`(\w+)\.c`: ((?:`\w+`(?:, )?)+)")
GAP = re.compile(r"- ([RT]\d+(?:, [RT]\d+)*): ")
LISTED = re.compile(r"\b(?:REHEARSED\w*|REAL|cmocka_unit_test)\(\s*(\w+)")
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


def wrong_in(page, known):
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
    shown_by = {}
    for number, _, shown in rows:
        yield from wrong_in_row(number, shown, known, gaps)
        shown_by[number] = shown
    for test, names in sorted(known.items()):
        for name in sorted(names):
            number = name.partition("_")[0]
            if re.match(r"T\d\d_", name) and "`%s`" % name not in shown_by.get(number, ""):
                yield "%s of tests/%s.c is not in the row of %s" % (name, test, number)


def self_test(page, known):
    """Plants a mistake of each kind; returns those that are not found."""
    plants = [
        ("| R12 |", "| R99 |", "R12 is missing"),
        ("`sync_test.c`: `T66_owner_ends`", "`no_test.c`: `T66_owner_ends`", "no tests/no_test.c"),
        ("`T44_very_deep_nesting`", "`T44_gone`", "no case T44_gone"),
        ("`T44_very_deep_nesting`", "`T20_cancel_edge_cases`", "not in the row of T44"),
        ("| no test yet |", "| nothing |", "cannot read"),
        ("\n- R48: ", "\n- of R48: ", "R48 has no test and is not among the gaps"),
        ("\n- R48: ", "\n- R48, R77: ", "R77 is a gap and no row"),
        ("| R12 |", "| R13 |", "R13 is there twice"),
    ]
    return [
        says
        for old, new, says in plants
        if old not in page or says not in "\n".join(wrong_in(page.replace(old, new, 1), known))
    ]


def main():
    """Checks the page, then itself."""
    known = {os.path.basename(p)[:-2]: cases_of(p) for p in glob.glob("tests/*_test.c")}
    page = read(PAGE)
    wrong = list(wrong_in(page, known)) if known else ["there are no tests"]
    wrong = wrong or ["rules_test.py does not find: " + says for says in self_test(page, known)]
    for line in wrong:
        print("%s: %s" % (PAGE, line))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
