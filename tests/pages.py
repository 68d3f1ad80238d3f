"""For tests of pages: traces of real runs, pages of them, and the browser they are opened in."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from browser import Browser

PLAIN = "1;step;run,user;c1;"


class Pages:
    """The folder, the command and the programs of one test."""

    def __init__(self, tutti, programs):
        self.tutti = os.path.abspath(tutti)
        self.programs = {os.path.basename(path): os.path.abspath(path) for path in programs}
        self.folder = ""
        self.browser = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def trace(self, name, program, test, choices=PLAIN):
        """Writes the trace of one run of a program; returns its path."""
        command = [self.programs[program], "replay", choices, "--test=" + test, "--quiet",
                   "--steps=100000000", "--trace=" + self.path(name)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode not in (0, 1):
            raise RuntimeError("%s: %s" % (command, done.stdout))
        return self.path(name)

    def html(self, *arguments):
        """tutti trace html ARGUMENTS: (exit code, what it says)."""
        done = subprocess.run([self.tutti, "trace", "html", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        return done.returncode, done.stdout

    def page(self, name, *traces, code=0):
        """The path of the page of these traces; `code` is the command's exit code."""
        done, said = self.html(*traces, "-o", self.path(name))
        if done != code:
            raise RuntimeError("exit code %d: %s" % (done, said))
        return self.path(name)

    def shoot(self, name):
        """A picture among the test's outputs."""
        folder = os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR")
        if folder:
            self.browser.screenshot(os.path.join(folder, name + ".png"))


PAGES = Pages(sys.argv[1], sys.argv[2:])


class PageTest(unittest.TestCase):
    """What all tests of pages share: nothing may be said on the console."""

    def setUp(self):
        self.pages = PAGES
        self.browser = PAGES.browser

    def text(self, selector):
        """What an element says, once all that is out of date is drawn."""
        self.browser.run("tutti.drawNow()")
        return self.browser.text(selector)

    def tearDown(self):
        self.assertEqual(self.browser.console(), [])


def main():
    """Runs the tests with one folder and one browser."""
    PAGES.folder = tempfile.mkdtemp(prefix="tutti-page-")
    os.environ["HOME"] = PAGES.folder  # browsers write there, too
    try:
        with Browser() as PAGES.browser:
            done = unittest.main(argv=sys.argv[:1], verbosity=2, exit=False)
    finally:
        shutil.rmtree(PAGES.folder, ignore_errors=True)
    sys.exit(not done.result.wasSuccessful())
