#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Lists every public function that a task may call, with its mark, as rows of a table in C.

Arguments: headers. Those that tasks have no business with (worlds, the explorer, traces) are left
out by folder: of sim only the helpers for tests inside a run are wanted.
"""

import re
import sys

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
MACRO = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", re.MULTILINE)
MARKS = {"TUTTI_CHECKPOINT": "CHECKPOINT", "TUTTI_SCHEDULES": "SCHEDULES",
         "TUTTI_CANCELS": "CANCELS", "TUTTI_API": "NONE", "static inline": "NONE"}
DECLARATION = re.compile(
    r"^(TUTTI_CHECKPOINT|TUTTI_SCHEDULES|TUTTI_CANCELS|TUTTI_API|static inline)\b([^;{]*?)"
    r"\b(tutti_\w+)\s*\(", re.MULTILINE)
FOLDERS = ("core/", "io/")
BESIDES = ("sim/sequencer.h",)
NOT_IN_TASKS = ("io/real.h",)


def functions(text):
    """(name, mark) of each public function of a header, in order."""
    text = MACRO.sub("", COMMENT.sub("", text))
    for match in DECLARATION.finditer(text):
        if "extern" not in match.group(2):
            yield match.group(3), MARKS[match.group(1)]


def wanted(path):
    """Is it a header of what tasks call?"""
    if path.endswith(NOT_IN_TASKS) or path.endswith("_priv.h"):
        return False
    return path.endswith(BESIDES) or any(
        path.startswith(folder) or "/" + folder in path for folder in FOLDERS)


def main(paths):
    print("/* SPDX-License-Identifier: MIT OR Apache-2.0 */")
    print("/* Made by marks_list.py: MARK(function, what its declaration says it may do). */")
    print("#define MARKS(MARK) \\")
    rows = set()
    for path in paths:
        if path.endswith(".h") and wanted(path):
            with open(path, encoding="utf-8") as header:
                rows.update(functions(header.read()))
    print(" \\\n".join("    MARK(%s, %s)" % row for row in sorted(rows)))


if __name__ == "__main__":
    main(sys.argv[1:])
