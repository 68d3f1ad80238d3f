"""Makes the page's template, a C source, from page.html, page.css and the modules.

The modules are ES modules that share one name space: imports and the word `export` are taken out,
and the files are put one behind the other, each after those it imports. What is imported must be
exported there, and no two modules may give one name. The policy in the page names the hashes of
its script and its style, so the browser runs and uses these and nothing else.

Arguments: the C file to write, then all files of this folder.
"""

import base64
import hashlib
import os
import re
import sys

IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|let) (\w+))", re.MULTILINE)
TOP = re.compile(r"^(?:export )?(?:async )?(?:function\*?|const|let) (\w+)", re.MULTILINE)
LICENSE = "/* SPDX-License-Identifier: MIT OR Apache-2.0 */\n"
POLICY = (
    "default-src 'none'; script-src '%s'; style-src '%s'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def ordered(modules, name, done):
    """The names of the modules that `name` needs, and itself, in order."""
    if name in done:
        return
    done[name] = None  # circles are harmless: functions are called when all is there
    for _, other in IMPORT.findall(modules[name]):
        ordered(modules, other, done)
    done[name] = done.pop(name)


def check(modules):
    """Complaints about imports and names."""
    owner = {}
    for name, text in modules.items():
        for top in TOP.findall(text):
            if owner.setdefault(top, name) != name:
                yield "%s: %s is a name of %s, too" % (name, top, owner[top])
        for words, other in IMPORT.findall(text):
            exported = set(EXPORT.findall(modules.get(other, "")))
            for word in re.findall(r"\w+", words):
                if word not in exported:
                    yield "%s: %s has no export %s" % (name, other, word)
        if not text.startswith(LICENSE):
            yield "%s: does not begin with its license" % name


def joined(modules):
    """One script of all modules."""
    order = {}
    ordered(modules, "main.js", order)
    text = "".join(
        EXPORT.sub("", IMPORT.sub("", modules[name].replace(LICENSE, "", 1))).strip("\n") + "\n"
        for name in order
    )
    return '"use strict";\n(() => {\n' + text + "})();\n"


def hash_of(text):
    """As policies write it."""
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()


def c_array(name, text):
    """The text as an array and a struct page_piece."""
    numbers = ["%d" % byte for byte in text.encode()]
    lines = [",".join(numbers[i : i + 32]) for i in range(0, len(numbers), 32)]
    return (
        "static const unsigned char %s_bytes[] = {\n%s};\n"
        "const struct page_piece %s = {(const char *)%s_bytes, sizeof %s_bytes};\n"
        % (name, ",\n".join(lines), name, name, name)
    )


def main():
    """Exit code 1 and complaints when the modules do not fit."""
    texts = {}
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            texts[os.path.basename(path)] = file.read()
    modules = {name: text for name, text in sorted(texts.items()) if name.endswith(".js")}
    complaints = list(check(modules))
    script = "\n" + joined(modules)
    style = "\n" + texts["page.css"]
    if "</script" in script.lower() or "</style" in style.lower() or "<!--" in script:
        complaints.append("a text that ends the element it is in")
    if complaints:
        sys.exit("\n".join(complaints))
    page = texts["page.html"].replace("@POLICY@", POLICY % (hash_of(script), hash_of(style)))
    page = page.replace("@STYLE@", style)
    head, tail = page.split("@RUNS@\n")
    tail = tail.replace("@SCRIPT@", script)
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write('#include "tools/tutti/page.h"\n')
        file.write(c_array("page_head", head) + c_array("page_tail", tail))


if __name__ == "__main__":
    main()
