"""Who may include whom: the arrows of docs/design.md, as rules on #include lines."""

import os
import re

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"\n]+)[>"]', re.MULTILINE)

# Folder, and the folders whose headers it may include as "tutti/FOLDER/x.h".
ARROWS = {
    "core": {"core"},
    "io": {"core", "io"},
    "io/main": {"core", "io", "instruments"},
    "sim": {"core", "sim"},
    "sim/main": {"core", "sim", "instruments"},
    "sim/track": {"core", "sim"},
    "instruments": {"core", "instruments"},
    "tools": {"core", "sim", "instruments"},
}
EVERYTHING = {"core", "io", "sim", "instruments", ""}
LIBRARIES = {"core", "io", "io/main", "sim", "sim/main", "sim/track", "instruments"}
# Programs and libraries of their own inside a folder, that have headers of their own.
INNER = {"io/main", "sim/main", "sim/track"}

# Headers that need no system: the rest is for os_*.c, where the system calls are.
PURE = {
    "%s.h" % name
    for name in (
        "assert ctype errno float inttypes limits math setjmp stdalign stdarg stdatomic stdbool "
        "stddef stdint stdio stdlib stdnoreturn string"
    ).split()
} | {
    "sanitizer/asan_interface.h",
    "sanitizer/common_interface_defs.h",
    "sanitizer/lsan_interface.h",
    "valgrind/valgrind.h",
}
# Other libraries, and the folders that may use them.
LIBRARY_HEADERS = {
    "idn2.h": {"io"},
    "jansson.h": {"instruments", "tools", "tests"},
    "libunwind.h": {"instruments", "tests"},
    "zlib.h": {"tools"},
    "zstd.h": {"tools"},
    "uv.h": {"docs/examples"},
    "zlib.h": {"tools"},
    "cmocka.h": {"tests", "docs/examples"},
}


def folder_of(path):
    """The name under which the rules know the folder of a file."""
    folder = os.path.dirname(path)
    known = [name for name in [*ARROWS, "tests", "docs/examples", "tools/bench"]
             if folder == name or folder.startswith(name + "/")]
    return max(known, key=len, default=folder)


def check_file(path, text):
    """(line, what is wrong) for each include against the rules."""
    folder = folder_of(path)
    for match in INCLUDE.finditer(text):
        what = check_include(path, folder, match.group(1), match.group(2))
        if what:
            yield text[: match.start()].count("\n") + 1, what


def check_include(path, folder, mark, name):
    """What is wrong with one include; None: nothing."""
    is_own = name.startswith("tutti/")
    target = os.path.dirname(name[len("tutti/"):]) if is_own else None
    if mark == '"' and not is_own:
        if folder in LIBRARIES and folder not in INNER:
            return 'include "%s" as "tutti/FOLDER/..."' % name
        if name.startswith(("core/", "io/", "sim/", "instruments/")):
            return 'include "%s" as "tutti/%s"' % (name, name)
        return None
    if is_own:
        if target not in ARROWS.get(folder, EVERYTHING):
            return "%s may not include %s" % (folder, name)
        if name.endswith("_priv.h") and target != folder:
            return "%s is private to %s" % (name, target)
        return None
    if name in LIBRARY_HEADERS:
        allowed = folder in LIBRARY_HEADERS[name]
        return None if allowed else "%s may not include <%s>" % (folder, name)
    is_os = os.path.basename(path).startswith("os_")
    if folder in LIBRARIES - {"io/main", "sim/main"} and name not in PURE and not is_os:
        return "<%s> belongs in os_*.c" % name
    return None


def check_cycles(sources):
    """Complaints about circles of includes; sources: {path: text}."""
    edges = {}
    for path, text in sources.items():
        edges[path] = []
        for match in INCLUDE.finditer(text):
            name = match.group(2)
            name = name[len("tutti/"):] if name.startswith("tutti/") else name
            beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
            edges[path] += [p for p in (name, beside) if p in sources][:1]
    complaints = []
    done = set()

    def visit(path, trail):
        if path in trail:
            circle = trail[trail.index(path):] + [path]
            complaints.append("%s:1: a circle of includes: %s" % (path, " -> ".join(circle)))
        elif path not in done:
            for target in edges[path]:
                visit(target, trail + [path])
            done.add(path)

    for path in sorted(edges):
        visit(path, [])
    return complaints
