#!/usr/bin/python3 -B
"""The page of `tutti trace html` in a real browser, made from real runs.

Arguments: the tutti command, then the examples it is used on. The screenshots are among the test's
outputs, to be looked at.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from browser import Browser

DEADLOCK = "1;step;run,user;c1;0.0.1.2.1.1"
PLAIN = "1;step;run,user;c1;"
TUTTI = None
PROGRAMS = {}
FOLDER = None
BROWSER = None
SHOTS = os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR")


def path_of(name):
    return os.path.join(FOLDER, name)


def trace(program, choices, name, *options):
    """Writes the trace of one run of an example."""
    command = [PROGRAMS[program], "replay", choices, "--trace=" + path_of(name), "--quiet"]
    command += options
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError("%s: %s" % (command, done.stdout))
    return path_of(name)


def html(*arguments):
    """tutti trace html ARGUMENTS: (exit code, what it says)."""
    done = subprocess.run([TUTTI, "trace", "html", *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
    return done.returncode, done.stdout


def make(name, *traces):
    """The path of the page of these traces."""
    code, said = html(*traces, "-o", path_of(name))
    if code != 0:
        raise RuntimeError(said)
    return path_of(name)


def shoot(name):
    if SHOTS:
        BROWSER.screenshot(os.path.join(SHOTS, name + ".png"))


class PageTest(unittest.TestCase):
    """What all tests of pages share: nothing may be said on the console."""

    def tearDown(self):
        self.assertEqual(BROWSER.console(), [])


class Deadlock(PageTest):
    """The run of semaphore_lost_wakeup that ends in a deadlock."""

    @classmethod
    def setUpClass(cls):
        fail = trace("semaphore_lost_wakeup", DEADLOCK, "fail.jsonl")
        cls.page = make("fail.html", fail)

    def setUp(self):
        BROWSER.open(self.page)

    def test_names(self):
        self.assertIn("deadlock", BROWSER.text("#title"))
        names = BROWSER.run("return [...document.querySelectorAll('.row')]"
                            ".filter((row) => !row.hidden).map((row) => row.textContent)")
        self.assertEqual(len(names), 5)
        self.assertIn("impatient", names[3])
        shoot("deadlock")


class Orders(unittest.TestCase):
    """What is not a page: a sentence, and exit code 2."""

    def bad(self, words, *arguments):
        code, said = html(*arguments)
        self.assertEqual(code, 2, said)
        self.assertIn(words, said)
        self.assertEqual(said.count("\n"), 1, said)

    def test_usage(self):
        self.bad("which file?")
        self.bad("no option \"-o\"", "a", "-o")
        self.bad("where shall the page go?", "a")
        self.bad('no option "--fast"', "a", "--fast")
        self.bad("two files, and \"c\" is too much", "a", "b", "c")

    def test_files(self):
        fail = trace("semaphore_lost_wakeup", DEADLOCK, "whole.jsonl")
        with open(fail, encoding="utf-8") as file:
            text = file.read()
        for name, content in (("empty", ""), ("cut", text[:-20]), ("binary", "\0\1\2")):
            with open(path_of(name), "w", encoding="utf-8") as file:
                file.write(content)
        page = path_of("bad.html")
        self.bad("0 bytes", path_of("empty"), "-o", page)
        self.bad("cut in the middle of this line", path_of("cut"), "-o", page)
        self.bad("binary data", path_of("binary"), "-o", page)
        self.bad("cannot be read", path_of("not there"), "-o", page)
        self.bad("binary data", fail, path_of("binary"), "-o", page)
        self.bad("would overwrite the trace", fail, "-o", fail)
        self.bad("cannot be written", fail, "-o", path_of("no/such/folder.html"))
        self.assertFalse(os.path.exists(page))


def main():
    """Everything below one folder and with one browser."""
    global TUTTI, FOLDER, BROWSER
    TUTTI = os.path.abspath(sys.argv[1])
    for program in sys.argv[2:]:
        PROGRAMS[os.path.basename(program)] = os.path.abspath(program)
    FOLDER = tempfile.mkdtemp(prefix="tutti-page-")
    os.environ["HOME"] = FOLDER
    try:
        with Browser() as BROWSER:
            done = unittest.main(argv=sys.argv[:1], verbosity=2, exit=False)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    sys.exit(not done.result.wasSuccessful())


if __name__ == "__main__":
    main()
