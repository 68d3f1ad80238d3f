#!/usr/bin/python3 -B
"""Keeps the tree in the shape that docs/design.md and docs/style.md describe.

Says FILE:LINE: what is wrong, one line each. The rules of single files are here; those of
includes are in tidy_includes.py. tidy_self_test.py plants a violation of each.
"""

import ast
import fnmatch
import os
import re
import sys

import tidy_includes

COLUMNS_MAX = 100
FUNCTION_MAX = 70
FILE_MAX = 600
SPDX = "/* SPDX-License-Identifier: MIT OR Apache-2.0 */"
TOP = re.compile(
    r"(\..*|WORKSPACE|BUILD|README\.md|LICENSE-(MIT|APACHE)|tutti\.h"
    r"|core|io|sim|instruments|tests|tools|docs)$"
)
# Names that several folders may use.
SHARED_NAMES = {"BUILD", "README.md", "WORKSPACE", "main.c"}
C_FILE = (".c", ".h", ".S", ".def")
CODE_FILE = C_FILE + (".py", ".sh", ".bzl", ".js", ".css")
LIBRARIES = ("core", "io", "sim", "instruments")

# In C code without its comments and strings: pattern, why, where it is allowed all the same.
BANNED = [
    (r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\(", "writes past ends or keeps state", ""),
    (r"\b(s?rand|s?random|rand_r|[dlm]rand48)\s*\(", "chance comes from the picker", ""),
    (r"\b(usleep|sleep|nanosleep)\s*\(", "time comes from the clock", "os_*.c"),
    (r"\b(time|clock|gettimeofday|clock_gettime)\s*\(", "time comes from the clock", "os_*.c"),
    (r"\bgetenv\s*\(", "a hidden input", "os_*.c"),
]
DECLARATION = re.compile(
    r"TUTTI_(API|CHECKPOINT|SCHEDULES|CANCELS)\b|(struct|enum|union) tutti_\w+ \{"
)
TEXT_OR_COMMENT = re.compile(
    r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.DOTALL
)


def files_of(root):
    """Paths of all files below root, sorted, without what .gitignore names."""
    ignored = [".git/"]
    if os.path.exists(os.path.join(root, ".gitignore")):
        with open(os.path.join(root, ".gitignore"), encoding="utf-8") as lines:
            ignored += [line.strip() for line in lines if line.strip() and line[0] != "#"]
    found = []
    for folder, folders, names in os.walk(root):
        inside = os.path.relpath(folder, root)

        def is_ignored(name):
            path = os.path.normpath(os.path.join(inside, name))
            return any(
                fnmatch.fnmatch(path, p[1:].rstrip("/"))
                if p.startswith("/")
                else fnmatch.fnmatch(name, p.rstrip("/"))
                for p in ignored
            )

        folders[:] = sorted(name for name in folders if not is_ignored(name))
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        found += [
            os.path.normpath(os.path.join(inside, name))
            for name in sorted(names) + links
            if not is_ignored(name)
        ]
    return found


def without_comments(text):
    """C text with comments and the insides of strings blanked, lines kept."""

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    return TEXT_OR_COMMENT.sub(blank, text)


def c_functions(lines):
    """(first line, length) of the functions of C or shell: a brace at column 0 to the next."""
    start = None
    for number, line in enumerate(lines):
        opens = line == "{" or re.match(r"(?!struct|enum|union|typedef|#)\w.*\).*\{$", line)
        if start is None and opens:
            start = number
            while line == "{" and start > 0 and re.match(r"[^}#/]*[^;}/]$", lines[start - 1]):
                start -= 1
        elif start is not None and line.startswith("}"):
            yield start + 1, number - start + 1
            start = None


def python_functions(text):
    """(first line, length) of the functions of Python, and of Starlark, which parses as such."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield node.lineno, node.end_lineno - node.lineno + 1


def check_shape(path, text):
    """Rules for the text of any file of code."""
    lines = text.split("\n")
    if "\t" in text:
        yield text[: text.index("\t")].count("\n") + 1, "a tab"
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield len(lines), "does not end with exactly one newline"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield number, "%d columns, at most %d" % (len(line), COLUMNS_MAX)
        if line != line.rstrip():
            yield number, "ends with a space"
        if "FIX" + "ME" in line:
            yield number, "an unfinished place"
    if len(lines) - 1 > FILE_MAX:
        yield FILE_MAX, "%d lines, at most %d" % (len(lines) - 1, FILE_MAX)
    is_python = path.endswith((".py", ".bzl")) or "python" in lines[0]
    for number, length in python_functions(text) if is_python else c_functions(lines):
        if length > FUNCTION_MAX:
            yield number, "a function of %d lines, at most %d" % (length, FUNCTION_MAX)


def check_c(path, text):
    """Rules for C, headers, assembly and tables."""
    if not text.startswith(SPDX + "\n"):
        yield 1, "the first line is not " + SPDX
    code = without_comments(text)
    for pattern, why, where in BANNED:
        if where and fnmatch.fnmatch(os.path.basename(path), where):
            continue
        for match in re.finditer(pattern, code):
            yield code[: match.start()].count("\n") + 1, "%s...: %s" % (match.group(), why)
    is_public = path.endswith(".h") and not path.endswith("_priv.h")
    if is_public and path.split("/")[0] in LIBRARIES:
        yield from check_declarations(text)


def check_declarations(text):
    """In a public header what is declared is explained: above it, or inside for a struct."""
    number = 1
    for paragraph in re.split(r"(\n(?:[ ]*\n)+)", text):
        commented = False
        lines = paragraph.split("\n")
        for offset, line in enumerate(lines):
            commented = commented or ("/*" in line and line != SPDX)
            inside = line.endswith("{") and "/*" in paragraph
            if DECLARATION.match(line) and not commented and not inside:
                yield number + offset, "no comment above this declaration"
        number += len(lines) - 1


def check(root):
    """All complaints about the tree at root, as texts."""
    complaints = []
    seen = {}
    sources = {}
    for path in files_of(root):
        top = path.split("/")[0]
        name = os.path.basename(path)
        if not TOP.match(top):
            complaints.append("%s:1: not a name of the top folder" % path)
        if seen.setdefault(name, path) != path and name not in SHARED_NAMES:
            complaints.append("%s:1: %s has the same name" % (path, seen[name]))
        if os.path.islink(os.path.join(root, path)):
            continue
        with open(os.path.join(root, path), encoding="utf-8", errors="replace", newline="") as file:
            text = file.read()
        found = []
        if path.endswith(CODE_FILE) or text.startswith("#!"):
            found += check_shape(path, text)
        if path.endswith(C_FILE):
            found += check_c(path, text)
            found += tidy_includes.check_file(path, text)
            sources[path] = text
        complaints += ["%s:%d: %s" % (path, line, what) for line, what in found]
    return complaints + tidy_includes.check_cycles(sources)


def main():
    """Exit code 0: nothing to complain about."""
    # Bazel runs a link to this file; the tree is where the file itself is.
    here = os.path.dirname(os.path.realpath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(here)
    if not os.path.exists(os.path.join(root, "WORKSPACE")):
        sys.exit("tidy_test: %s is not the top of the tree" % root)
    complaints = check(root)
    for complaint in complaints:
        print(complaint)
    print("%d files, %d complaints" % (len(files_of(root)), len(complaints)))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
