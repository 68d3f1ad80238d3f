#!/usr/bin/python3 -B
"""Looks at the symbols of the built libraries, where no preprocessor can hide anything.

Outside os_*.c an object may import only what is pure: nothing that reaches the system, the time,
chance or the environment, and in core no memory but the run's. Between libraries only tutti_...
names pass, along the arrows of docs/design.md, and nothing else is exported.

usage: symbols_test.py ARCHIVE...   (FOLDER/libNAME.a)    or    symbols_test.py --self-test
"""

import os
import re
import subprocess
import sys
import tempfile

# Functions of libc that neither ask nor tell the system anything.
PURE = set(
    """
    memcpy memmove memset memcmp bcmp memchr memrchr rawmemchr mempcpy strlen strnlen strcmp strncmp
    strchr strrchr strstr strspn strcspn strpbrk strcpy stpcpy strncpy strtol strtoul strtoll
    strtoull strtod snprintf vsnprintf abort qsort bsearch longjmp siglongjmp _setjmp setjmp
    __sigsetjmp strerror
    __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc __assert_fail __stack_chk_fail
    _GLOBAL_OFFSET_TABLE_ __tls_get_addr tutti_tests
    """.split()
)
# Good enough for libraries that are no part of the running of tasks.
HEAP = set("malloc calloc realloc free strdup strndup aligned_alloc __errno_location".split())
# Names of other libraries.
FOREIGN = {
    "io": re.compile(r"idn2_"),
    "instruments": re.compile(r"(json_|jsonp_|unw_|_U(x86_64|aarch64|L|)_?\w+)"),
}
ARROWS = {"io": {"core"}, "sim": {"core"}, "instruments": {"core"}, "core": set()}
# Exported on purpose though not tutti_...: a name, and why.
EXPORTED = {}

SYMBOL = re.compile(
    r"\s*\d+:\s+[0-9a-f]+\s+\S+\s+(?P<type>\S+)\s+(?P<bind>\S+)\s+(?P<visibility>\S+)"
    r"(?:\s+\[.*?\])?\s+(?P<section>\S+)\s+(?P<name>\S+)"
)


def read_symbols(archive):
    """(object, name, is it defined, visibility) of the symbols that other objects can see."""
    command = ["readelf", "--symbols", "--wide", archive]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    member = ""
    for line in output.splitlines():
        if line.startswith("File: "):
            member = re.sub(r"(\.pic)?\.o$", "", line[line.index("(") + 1 : -1])
        match = SYMBOL.match(line)
        if match and match["bind"] in ("GLOBAL", "WEAK", "UNIQUE"):
            yield member, match["name"], match["section"] != "UND", match["visibility"]


def complaints_about_import(folder, member, name, owners):
    """What is wrong with `member` of `folder` using `name`; None: nothing."""
    if folder in owners.get(name, ()):
        return None
    if name.startswith("tutti_") and name not in PURE:
        for owner in owners.get(name, ["nobody"]):
            if owner not in ARROWS[folder]:
                return "%s/%s imports %s of %s" % (folder, member, name, owner)
        return None
    if name in owners:
        return "%s/%s imports %s of %s, which is private" % (folder, member, name, owners[name][0])
    plain = re.sub(r"^__(isoc\d+_)?(\w+?)(_chk)?$", r"\2", name)
    if name in PURE or plain in PURE or member.startswith("os_"):
        return None
    if folder != "core" and (name in HEAP or plain in HEAP):
        return None
    if folder in FOREIGN and FOREIGN[folder].match(name):
        return None
    return "%s/%s imports %s, which is for os_*.c only (or missing in symbols_test.py)" % (
        folder,
        member,
        name,
    )


def check(archives):
    """All complaints about the archives."""
    imports = []
    owners = {}
    complaints = []
    for archive in archives:
        folder = os.path.basename(os.path.dirname(archive))
        for member, name, is_defined, visibility in read_symbols(archive):
            if not is_defined:
                imports.append((folder, member, name))
                continue
            if folder not in owners.setdefault(name, []):
                owners[name].append(folder)
            is_ours = name.startswith("tutti_") or name in EXPORTED
            if visibility == "DEFAULT" and not is_ours:
                complaints.append("%s/%s exports %s" % (folder, member, name))
    for used in sorted(set(imports)):
        complaint = complaints_about_import(*used, owners)
        if complaint:
            complaints.append(complaint)
    return complaints


# Folder, source, C text, what the complaint says ("": none).
PLANTED = [
    ("core", "b.c", "int getpid(void); int tutti_b(void) { return getpid(); }", "imports getpid"),
    ("core", "os_b.c", "int getpid(void); int tutti_b(void) { return getpid(); }", ""),
    ("core", "b.c", "#include <time.h>\nlong tutti_b(void) { return time(0); }", "imports time"),
    ("core", "b.c", "#include <stdlib.h>\nint tutti_b(void) { return rand(); }", "imports rand"),
    ("core", "b.c", "#include <stdlib.h>\nvoid *tutti_b(void) { return malloc(9); }", "malloc"),
    ("core", "b.c", '#include <stdio.h>\nint tutti_b(void) { return puts("b"); }', "imports puts"),
    ("core", "b.c", '#include <stdlib.h>\nchar *tutti_b(void) { return getenv("b"); }', "getenv"),
    ("sim", "b.c", "#include <stdlib.h>\nvoid *tutti_b(void) { return malloc(9); }", ""),
    ("sim", "b.c", "int fork(void); int tutti_b(void) { return fork(); }", "imports fork"),
    ("sim", "b.c", "int tutti_i(void); int tutti_b(void) { return tutti_i(); }", "of instruments"),
    ("sim", "b.c", "int tutti_a(void); int tutti_b(void) { return tutti_a(); }", ""),
    ("sim", "b.c", "int hidden(void); int tutti_b(void) { return hidden(); }", "which is private"),
    ("core", "b.c", "int b(void) { return 1; }", "core/b exports b"),
    ("core", "b.c", "int b;", "core/b exports b"),
    ("core", "b.c", "static int b(void) { return 1; } int tutti_b(void) { return b(); }", ""),
]
BASE = [
    ("core", "a.c", "__attribute__((visibility(\"hidden\"))) int hidden(void) { return 1; }\n"
     "int tutti_a(void) { return 1; }"),
    ("instruments", "i.c", "int tutti_i(void) { return 1; }"),
]


def build(root, folder, source, text):
    """Compiles one source into FOLDER/libSOURCE.a; its path."""
    os.makedirs(os.path.join(root, folder), exist_ok=True)
    path = os.path.join(root, folder, source)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    subprocess.run(["gcc", "-c", "-o", path[:-2] + ".o", path], check=True)
    archive = os.path.join(root, folder, "lib%s.a" % source[:-2])
    subprocess.run(["ar", "rcs", archive, path[:-2] + ".o"], check=True)
    return archive


def self_test():
    """How many planted violations were judged wrongly."""
    wrong = 0
    for folder, source, text, what in PLANTED:
        with tempfile.TemporaryDirectory() as root:
            found = check([build(root, *one) for one in [*BASE, (folder, source, text)]])
        if (len(found) != 1 or what not in found[0]) if what else found:
            wrong += 1
            print("%s/%s: %s\n  expected '%s', got %s" % (folder, source, text, what, found))
    print("%d planted, %d wrong" % (len(PLANTED), wrong))
    return wrong


def main():
    """Exit code 0: nothing to complain about."""
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    complaints = check(sys.argv[1:])
    for complaint in complaints:
        print(complaint)
    print("%d libraries, %d complaints" % (len(sys.argv) - 1, len(complaints)))
    return 1 if complaints or len(sys.argv) == 1 else 0


if __name__ == "__main__":
    sys.exit(main())
