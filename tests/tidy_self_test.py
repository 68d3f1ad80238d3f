#!/usr/bin/python3 -B
"""Plants a violation of each rule of tidy_test in a small tree and expects the complaint."""

import os
import sys
import tempfile

import tidy_test

HEAD = tidy_test.SPDX + "\n"
GOOD = {
    "WORKSPACE": "",
    "core/a.h": HEAD + "/* Does a. */\nTUTTI_API void tutti_a(void);\n",
    "core/a.c": HEAD + '#include "tutti/core/a.h"\n#include <string.h>\nint x;\n',
    "io/os_b.c": HEAD + "#include <unistd.h>\n",
    "io/BUILD": "",
    "core/BUILD": "",
    "tests/a_test.c": HEAD + '#include "tutti/core/a.h"\n#include <cmocka.h>\n',
}
BODY = "    x++;\n"


def c(text):
    """A C file's text."""
    return HEAD + text


# Path, text, what the complaint says.
PLANTED = [
    ("core/b.c", c("/* " + "x" * 100 + " */\n"), "106 columns"),
    ("core/b.c", c("void f(void)\n{\n" + BODY * 68 + "}\n"), "a function of 71 lines"),
    ("core/b.c", c("void f(void) {\n" + BODY * 69 + "}\n"), "a function of 71 lines"),
    ("tools/b.py", "def f():\n" + "    x = 1\n" * 70, "a function of 71 lines"),
    ("tools/b.bzl", "def f():\n" + "    x = 1\n" * 70, "a function of 71 lines"),
    ("tools/b.sh", "f() {\n" + "    true\n" * 69 + "}\n", "a function of 71 lines"),
    ("tools/b", "#!/bin/sh\nf() {\n" + "    true\n" * 69 + "}\n", "a function of 71 lines"),
    ("core/b.c", c("int y;\n" * 600), "601 lines"),
    ("core/b.c", "int y;\n", "the first line is not"),
    ("core/b.S", "    ret\n", "the first line is not"),
    ("core/b.c", c("\tint y;\n"), "a tab"),
    ("core/b.c", c("int y; \n"), "ends with a space"),
    ("core/b.c", c("int y;"), "newline"),
    ("core/b.c", c("int y;\n\n"), "newline"),
    ("core/b.c", c("/* FIX" + "ME */\n"), "unfinished"),
    ("core/b.c", c("int y = rand();\n"), "rand(...: chance"),
    ("core/b.c", c("int y = time(0);\n"), "time(...: time"),
    ("io/b.c", c("void f(void) { usleep(1); }\n"), "usleep(...: time"),
    ("core/b.c", c('char *y = getenv("y");\n'), "getenv(...: a hidden"),
    ("core/os_c.c", c("void f(char *y) { strcpy(y, y); }\n"), "strcpy(...: writes"),
    ("core/b.h", c("TUTTI_API void tutti_b(void);\n"), "no comment above"),
    ("core/b.h", c("/* It. */\n\nstruct tutti_b {\n    int y;\n};\n"), "no comment above"),
    ("core/b.c", c('#include "tutti/io/b.h"\n'), "core may not include"),
    ("core/b.c", c("#include <unistd.h>\n"), "<unistd.h> belongs in os_"),
    ("sim/b.c", c('#include "tutti/instruments/b.h"\n'), "sim may not include"),
    ("instruments/b.c", c('#include "tutti/sim/b.h"\n'), "instruments may not include"),
    ("io/c.c", c('#include "tutti/sim/b.h"\n'), "io may not include"),
    ("sim/b.c", c("#include <jansson.h>\n"), "sim may not include <jansson.h>"),
    ("sim/main/b.c", c('#include "tutti/io/b.h"\n'), "sim/main may not include"),
    ("tools/tutti/b.c", c('#include "tutti/io/b.h"\n'), "tools may not include"),
    ("tests/b.c", c('#include "tutti/core/b_priv.h"\n'), "private to core"),
    ("tests/b.c", c('#include "core/a.h"\n'), 'as "tutti/core/a.h"'),
    ("core/b.c", c('#include "a.h"\n'), 'as "tutti/FOLDER/..."'),
    ("core/b.h", c('#include "tutti/core/b.h"\n'), "a circle of includes"),
    ("tests/b.h", c('#include "b.h"\n'), "a circle of includes"),
    ("io/a.c", c("int y;\n"), "core/a.c has the same name"),
    ("notes.txt", "x\n", "not a name of the top folder"),
    ("lib/b.txt", "x\n", "not a name of the top folder"),
]
# What looks like a violation and is none.
ALLOWED = [
    ("core/b.c", c("int my_time(void); /* time( */\nconst char *y = \"rand()\";\n")),
    ("core/b.c", c("void f(void)\n{\n" + BODY * 67 + "}\n")),
    ("core/os_c.c", c("#include <time.h>\nlong f(void)\n{\n    return time(0);\n}\n")),
    ("core/b.h", c("/* It. */\n#define tutti_b() 1\nTUTTI_API void tutti_c(void);\n")),
    ("core/b.h", c("struct tutti_b {\n    int y; /* why */\n};\n")),
    ("core/b_priv.h", c("TUTTI_API void tutti_b(void);\n")),
    ("sim/main/main.c", c('#include "tutti/sim/b.h"\n#include "tutti/instruments/b.h"\n')),
    ("tests/main.c", c('#include "b.h"\n')),
    ("README.md", "x" * 200 + "\n"),
    ("docs/README.md", "\tx"),
]


def write(root, path, text):
    """Makes the file with all folders above it."""
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def complaints_about(path, text):
    """What tidy_test says about the small good tree with one more file."""
    with tempfile.TemporaryDirectory() as root:
        for good in GOOD.items():
            write(root, *good)
        write(root, path, text)
        return tidy_test.check(root)


def main():
    """Exit code 0: every planted violation was seen, and nothing else."""
    wrong = 0
    for path, text, what in PLANTED:
        found = complaints_about(path, text)
        if len(found) != 1 or what not in found[0]:
            wrong += 1
            print("planted in %s: expected one complaint with '%s', got %s" % (path, what, found))
    for path, text in ALLOWED:
        found = complaints_about(path, text)
        if found:
            wrong += 1
            print("allowed in %s: got %s" % (path, found))
    print("%d planted, %d allowed, %d wrong" % (len(PLANTED), len(ALLOWED), wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
