#!/usr/bin/python3 -B
"""The page of `tutti trace html` in a real browser, made from real runs.

Arguments: the tutti command, then the programs it is used on. The screenshots are among the test's
outputs, to be looked at.
"""

import json
import os
import re
import subprocess
import unittest

from pages import PAGES, PageTest, main

DEADLOCK = "1;step;run,user;c1;0.0.1.2.1.1"
LOST_WAKEUP = ("semaphore_lost_wakeup", "lost_wakeup")


class Deadlock(PageTest):
    """The run of semaphore_lost_wakeup that ends in a deadlock."""

    @classmethod
    def setUpClass(cls):
        cls.trace = PAGES.trace("fail.jsonl", *LOST_WAKEUP, DEADLOCK)
        cls.page = PAGES.page("fail.html", cls.trace)

    def setUp(self):
        super().setUp()
        self.browser.open(self.page)

    def where(self):
        """The number of the event at the cursor."""
        self.browser.run("tutti.drawNow()")
        return int(self.text("#where").split()[0])

    def rows(self):
        self.browser.run("tutti.drawNow()")
        return self.browser.run(
            "return [...document.querySelectorAll('.row')].filter((row) => !row.hidden)"
            ".map((row) => row.querySelector('.name').textContent)")

    def sheet(self):
        self.browser.run("tutti.drawNow()")
        return self.text("#sheet")

    def test_opens_on_the_deadlock(self):
        self.assertIn("deadlock", self.text("#title"))
        self.assertEqual(self.rows(), ["main", "take_turns", "first", "impatient", "last"])
        self.assertEqual(self.text("[role=tab][aria-selected=true]"), "Deadlock")
        self.assertIn("main #1nursery.join →nursery \"take_turns\"→last #6future.await →"
                      "lot \"future\"nobody can end this wait", self.sheet())
        self.assertEqual(self.where(), 42)
        self.pages.shoot("deadlock")

    def test_needs_nothing_but_itself(self):
        self.assertEqual(self.browser.run(
            "return performance.getEntriesByType('resource').length"), 0)

    def test_steps_by_keys(self):
        self.browser.press("Home")
        self.assertEqual(self.where(), 1)
        for key, event in ((".", 2), ("ArrowRight", 3), (",", 2), ("n", 4), ("n", 15), ("p", 4),
                           ("]", 14), ("]", 18), ("[", 14), ("End", 42)):
            self.browser.press(key)
            self.assertEqual(self.where(), event, key)

    def test_steps_by_buttons(self):
        self.browser.click('[aria-label="choice before ([)"]')
        self.assertEqual(self.where(), 33)
        self.browser.click('[aria-label="event before (,)"]')
        self.assertEqual(self.where(), 32)
        self.browser.click(".log .entry.current")
        self.browser.press("ArrowDown")
        self.assertEqual(self.where(), 33)

    def options(self):
        """Of the choice at the cursor: (words, is it taken, the list that takes it)."""
        return self.browser.run(
            "tutti.drawNow(); return [...document.querySelectorAll('.chosen li')].map((li) =>"
            "[li.children[1].textContent, li.classList.contains('taken'),"
            " li.querySelector('code') && li.querySelector('code').title])")

    def test_choices_not_taken(self):
        self.browser.press("Home", "]", "]", "]")
        options = self.options()
        self.assertEqual(options, [
            ["last #6 runs", False, "1;step;run,user;c1;0.0.0"],
            ["first #4 runs", True, None],
            ["cancel scope #7", False, "1;step;run,user;c1;0.0.2"],
        ])
        self.pages.shoot("choice")

    def test_lists_take_what_they_say(self):
        """Each list is replayed; the last choice of the run is the one that was promised."""
        self.browser.press("Home")
        replayed = 0
        for k in range(6):
            self.browser.press("]")
            for words, is_taken, choices in self.options():
                if is_taken:
                    continue
                path = self.pages.trace("other.jsonl", *LOST_WAKEUP, choices)
                with open(path, encoding="utf-8") as lines:
                    taken = [event for event in map(json.loads, lines) if event["e"] == "choice"][k]
                self.assertEqual(str(taken["pick"]), choices.split(";")[-1].split(".")[-1])
                self.assertIn("#%d" % taken["key"], words)
                self.assertEqual(taken["what"], "cancel" if words[:6] == "cancel" else "task")
                replayed += 1
        self.assertEqual(replayed, 10)

    def test_copy(self):
        self.browser.press("Home", "]")
        self.browser.run("tutti.drawNow()")
        self.browser.click(".chosen .copy")
        self.browser.wait("document.querySelector('.chosen .copy').textContent === 'copied'")
        self.browser.click("#filter")
        self.browser.paste()
        self.assertEqual(self.browser.run("return document.querySelector('#filter').value"),
                         "1;step;run,user;c1;1")

    def bar(self, name, event):
        """Where the bar that begins with an event is on the screen."""
        return self.browser.run(
            "const row = [...document.querySelectorAll('.row')].find((one) => one.node &&"
            " one.querySelector('.name').textContent === arguments[0]);"
            "const pane = tutti.panes[0]; const box = pane.canvas.getBoundingClientRect();"
            "const x = (pane.axis.at(arguments[1] - 1) - pane.from) * pane.scale;"
            "return [box.left + x + 4, row.getBoundingClientRect().top + 11]", name, event)

    def test_click_on_a_bar(self):
        self.browser.click_at(*self.bar("impatient", 22))
        self.assertEqual(self.where(), 22)
        sheet = self.sheet()
        self.assertIn("impatient #5", sheet)
        self.assertIn("waits in future.await", sheet)
        self.assertIn("impatient #5future.await →lot \"future\"until somebody wakes it", sheet)
        self.assertIn("first wakes impatient", sheet)
        self.browser.press("b")  # who woke it last: main, which started it
        self.assertEqual(self.where(), 10)
        self.assertIn("main #1", self.sheet())

    def test_selection_by_keys(self):
        self.browser.press("ArrowDown", "ArrowDown", "ArrowDown")
        self.assertIn("first #4", self.sheet())
        self.browser.press("k")
        self.assertIn('nursery "take_turns"', self.sheet())
        self.browser.run("document.querySelector('#labels').focus()")
        self.browser.press("ArrowLeft")
        self.assertEqual(self.rows(), ["main", "take_turns"])
        self.browser.press("ArrowRight")
        self.assertEqual(len(self.rows()), 5)

    def view(self):
        return self.browser.run("tutti.drawNow(); const [pane] = tutti.panes;"
                                "return [pane.from, pane.scale]")

    def test_zoom_and_pan(self):
        start, scale = self.view()
        x, y = self.bar("first", 19)
        self.browser.wheel(x, y, 0, -400)
        first, larger = self.view()
        self.assertGreater(larger, scale * 1.5)
        self.assertGreater(first, start)
        self.browser.mouse(("move", x, y), ("down",), ("move", x - 40, y), ("move", x - 80, y),
                           ("up",))
        self.assertAlmostEqual(self.view()[0], first + 80 / larger, places=3)
        self.browser.wheel(x, y, -60, 0)
        self.assertAlmostEqual(self.view()[0], first + 20 / larger, places=3)
        self.browser.press("d", "s")
        self.assertLess(self.view()[1], larger)
        self.browser.press("0")
        self.assertEqual(self.view(), [start, scale])
        self.browser.press("w")
        self.assertGreater(self.view()[1], scale)
        self.browser.click("#fit")
        self.assertEqual(self.view(), [start, scale])

    def test_overview(self):
        box = self.browser.run("const box = tutti.panes[0].overview.getBoundingClientRect();"
                               "return [box.left, box.top, box.width]")
        y = box[1] + 20
        self.browser.mouse(("move", box[0] + box[2] / 4, y), ("down",),
                           ("move", box[0] + box[2] * 0.6, y),
                           ("move", box[0] + box[2] * 0.75, y), ("up",))
        start, scale = self.view()
        self.assertAlmostEqual(start, 2, delta=0.2)
        self.assertAlmostEqual(box[2] / scale, 4, delta=0.2)

    def test_axes(self):
        self.browser.press("x")
        self.assertEqual(self.text("#axes [aria-pressed=true]"), "events")
        self.browser.click("#axes [data-axis=time]")
        self.assertEqual(self.browser.run("tutti.drawNow(); return tutti.axis"), "time")

    def test_filter(self):
        self.browser.press("/", *"future")
        self.assertEqual(self.rows(), ["main", "take_turns", "impatient", "last"])
        self.browser.press("Escape")
        self.assertEqual(len(self.rows()), 5)
        self.browser.press("/", *"#4")
        self.assertEqual(self.rows(), ["main", "take_turns", "first"])

    def test_sheets(self):
        self.browser.press("3")
        rows = self.browser.run("return [...document.querySelectorAll('table.waits tbody tr')]"
                                ".map((row) => row.children[0].textContent)")
        self.assertEqual(rows[0], 'nursery "take_turns" #3')
        self.assertEqual(len(rows), 4)
        self.browser.click("#sort-2")
        self.assertEqual(self.text("table.waits tbody td"), "checkpoint")
        self.browser.press("c")
        self.assertIn("last waits in future.await future", self.sheet())
        self.assertIn("main runs", self.sheet())
        self.pages.shoot("path")

    def test_help(self):
        self.browser.press("?")
        self.assertTrue(self.browser.run("return document.querySelector('#help').open"))
        self.pages.shoot("help")
        self.browser.press("Escape")
        self.assertFalse(self.browser.run("return document.querySelector('#help').open"))

    def test_dark(self):
        paper = "tutti.drawNow(); return tutti.look.colours.paper"
        light = self.browser.run(paper)
        self.browser.press("t")
        dark = self.browser.run(paper)
        self.assertEqual((light, dark), ("#ffffff", "#15191f"))
        self.pages.shoot("deadlock_dark")

    def test_address(self):
        self.browser.press("Home", "n", "n", "ArrowDown")
        self.browser.wait("location.hash.includes('n=15')")
        address = self.browser.run("return location.hash")
        self.browser.open(self.page, address)
        self.assertEqual(self.where(), 15)
        self.assertIn("main #1", self.sheet())

    def test_every_focus_is_seen(self):
        """Tab goes around; whatever has the focus has an outline."""
        seen = set()
        for _ in range(30):
            self.browser.press("Tab")
            name, outline = self.browser.run(
                "const on = document.activeElement;"
                "return [on.id || on.className || on.textContent, getComputedStyle(on)"
                ".outlineStyle]")
            seen.add(name)
            if name:
                self.assertEqual(outline, "solid", name)
        for name in ("filter", "fit", "theme", "labels", "splitter", "log", "sheet"):
            self.assertIn(name, seen)


class Policy(PageTest):
    """What a page lets run: its own script, and nothing else."""

    def test_nothing_else_runs(self):
        trace = PAGES.trace("policy.jsonl", *LOST_WAKEUP, DEADLOCK)
        self.browser.open(PAGES.page("policy.html", trace))
        self.browser.run(
            "window.broken = [];"
            "document.addEventListener('securitypolicyviolation', (event) =>"
            " window.broken.push(event.effectiveDirective));"
            "const attempt = (f) => { try { f(); } catch { window.broken.push('refused'); } };"
            "const button = document.createElement('button');"
            "attempt(() => button.setAttribute('onclick', 'window.ran = true'));"
            "attempt(() => { button.innerHTML = '<b>bold</b>'; });"
            "attempt(() => { const script = document.createElement('script');"
            " script.textContent = 'window.ran = true'; document.body.append(script); });"
            "document.body.append(button); button.click();"
            "new Image().src = 'https://example.invalid/x.png';"
            "fetch('https://example.invalid/y').catch(() => window.broken.push('no fetch'));")
        self.browser.wait("window.broken.includes('no fetch')")
        self.assertIsNone(self.browser.run("return window.ran"))
        broken = self.browser.run("return window.broken")
        self.assertEqual(broken.count("refused"), 3)
        self.assertIn("img-src", broken)
        self.assertIn("connect-src", broken)
        self.assertTrue(self.browser.console())


class Names(PageTest):
    """Names from programs are shown as they are and do nothing."""

    def test_names(self):
        trace = PAGES.trace("names.jsonl", "page_cases", "names")
        page = PAGES.page("names.html", trace)
        with open(page, encoding="utf-8") as file:
            self.assertNotIn("onerror=alert", file.read())
        self.browser.open(page)
        names = self.browser.run("return [...document.querySelectorAll('.row .name')]"
                                 ".map((name) => name.textContent)")
        self.assertEqual(names[2:6], ["</script><img src=x onerror=alert(1)>", "<!--<script>",
                                      "{{x}} ${y} &lt;b&gt;", "?drow"])
        self.assertEqual(names[6], "line?break?and?control")
        self.browser.press("/", *"onerror")
        self.browser.press("Escape", "ArrowDown", "ArrowDown", "ArrowDown")
        self.browser.run("tutti.drawNow()")
        self.assertIn("</script><img src=x onerror=alert(1)> #5", self.text("#sheet"))
        self.assertEqual(self.browser.run(
            "return document.querySelectorAll('img, svg, iframe, b#x').length"), 0)
        self.pages.shoot("names")


class Sentences(unittest.TestCase):
    """Every event that a trace may have is told in words."""

    def test_every_event(self):
        trace = PAGES.trace("words.jsonl", "page_cases", "names")
        with open(PAGES.page("words.html", trace), encoding="utf-8") as file:
            page = file.read()
        table = page[page.index("const SENTENCES = {"):]
        told = set(re.findall(r'^  "?([a-z.]+)"?: \(', table[:table.index("\n};")], re.MULTILINE))
        schema = json.loads(subprocess.run([PAGES.tutti, "trace", "schema"], check=True,
                                           stdout=subprocess.PIPE).stdout)
        events = {rule["if"]["properties"]["e"]["const"] for rule in schema["allOf"]}
        self.assertGreater(len(events), 35)
        self.assertEqual(events - told, set())


class Bank(PageTest):
    """A deadlock with a cycle."""

    def test_cycle(self):
        trace = PAGES.trace("bank.jsonl", "page_cases", "bank")
        self.browser.open(PAGES.page("bank.html", trace))
        chains = self.browser.run("return [...document.querySelectorAll('.chain')]"
                                  ".map((chain) => chain.textContent)")
        self.assertEqual(chains[0], 'teller 1 #6lock.acquire →lock "account B"→teller 2 #7'
                         'lock.acquire →lock "account A"→teller 1 #6↺ a cycle')
        self.assertEqual(len(chains), 3)
        self.pages.shoot("cycle")


class Busy(PageTest):
    """A hundred tasks."""

    def test_office(self):
        trace = PAGES.trace("busy.jsonl", "page_cases", "busy")
        self.browser.open(PAGES.page("busy.html", trace))
        self.pages.shoot("busy")
        self.browser.press("Home", "d", "w", "w", "w", "w", "w", "w", "h")
        self.browser.run("tutti.drawNow()")
        self.assertLess(self.browser.run("return tutti.tree.rows.length"), 100)
        self.browser.press("0", "h", "c")
        pieces = self.browser.run("tutti.drawNow(); return tutti.path[0].map((piece) =>"
                                  " [piece.from, piece.to])")
        for before, after in zip(pieces, pieces[1:]):
            self.assertEqual(before[1], after[0])  # without a gap
        self.assertGreater(len(pieces), 20)
        rows = self.browser.run("return tutti.tree.rows.length")
        self.assertLess(rows, 60)  # those on the path, and what they live in
        self.pages.shoot("busy_path")


class Echo(PageTest):
    """A server and its clients in the real world."""

    def test_server(self):
        trace = PAGES.path("echo.jsonl")
        subprocess.run([PAGES.programs["page_echo"], trace], check=True)
        self.browser.open(PAGES.page("echo.html", trace))
        self.assertEqual(self.browser.run("return tutti.axis"), "time")
        self.pages.shoot("echo")
        self.browser.press(*"/serve_one", "Escape", "2")
        names = self.browser.run("tutti.drawNow(); return"
                                 " [...document.querySelectorAll('table.waits tbody tr')]"
                                 ".map((row) => row.children[0].textContent)")
        self.assertIn("recv", names)
        self.assertLess(len(names), 40)
        self.pages.shoot("echo_waits")


class Difference(PageTest):
    """A passing and a failing run side by side."""

    @classmethod
    def setUpClass(cls):
        ok = PAGES.trace("pass.jsonl", *LOST_WAKEUP)
        fail = PAGES.trace("fail2.jsonl", *LOST_WAKEUP, DEADLOCK)
        cls.traces = [ok, fail]
        cls.page = PAGES.page("diff.html", ok, fail)
        cls.same = PAGES.page("same.html", ok, ok)

    def test_cause(self):
        self.browser.open(self.page)
        self.assertEqual(self.browser.run("return tutti.cursor"), [32, 30])
        sheet = self.text("#sheet")
        self.assertIn("The first task to behave differently: impatient #5", sheet)
        self.assertIn("The first 22 events are the same in both runs", sheet)
        self.assertIn("The first other choice, number 3", sheet)
        self.assertIn(DEADLOCK, sheet)
        self.assertEqual(self.browser.run("return tutti.panes.length"), 2)
        self.pages.shoot("diff")

    def test_says_what_the_command_says(self):
        said = subprocess.run([PAGES.tutti, "trace", "diff", *self.traces],
                              stdout=subprocess.PIPE, text=True).stdout
        behaviour = said[said.index("behaviour"):]
        self.assertIn("impatient #5", behaviour)
        events = [int(n) for n in re.findall(r"event (\d+) at", behaviour)]
        self.browser.open(self.page)
        self.assertEqual(self.browser.run(
            "return tutti.diff.tasks[0].events.map((i, side) => tutti.runs[side].n[i])"), events)

    def test_cursors_go_together(self):
        self.browser.open(self.page)
        self.browser.press("Home", "n", "n")
        self.assertEqual(self.browser.run("return tutti.cursor"), [14, 14])
        self.browser.press("End")
        self.assertEqual(self.browser.run("return tutti.cursor"), [49, 41])

    def test_equal_runs(self):
        self.browser.open(self.same)
        self.assertIn("No task behaves differently", self.text("#sheet"))


class Odd(PageTest):
    """Traces that say less than a whole one, or nonsense."""

    def keys(self):
        """Every key once, and some of them often."""
        self.browser.press(*"np.,][bc1234560xgwsadhtt]].,x..]]xnp0")
        for _ in range(4):
            self.browser.press("ArrowLeft", "j", "ArrowLeft", "j", "n", "]")
        self.browser.run("tutti.drawNow()")

    def shown(self, name, trace, code=0):
        self.browser.open(PAGES.page(name, trace, code=code))
        notes = self.text("#notes")
        self.keys()
        return notes

    def whole(self):
        path = PAGES.trace("odd.jsonl", *LOST_WAKEUP, DEADLOCK)
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines(keepends=True)

    def test_without_an_end(self):
        trace = PAGES.write("unended.jsonl", "".join(self.whole()[:30]))
        notes = self.shown("unended.html", trace, 2)
        self.assertIn("ends here without run.end", notes)

    def test_one_line(self):
        trace = PAGES.write("one.jsonl", self.whole()[0])
        self.assertIn("has no tasks", self.shown("one.html", trace, 2))

    def test_level_2(self):
        scheduling = ('"task.ready"', '"task.run"', '"task.park"', '"task.cancelled"')
        lines = [line for line in self.whole() if not any(word in line for word in scheduling)]
        notes = self.shown("level2.html", PAGES.write("level2.jsonl", "".join(lines)))
        self.assertIn("bars show when they live", notes)

    def test_lies(self):
        notes = self.shown("lies.html", "tests/data/page/lies.jsonl")
        self.assertIn("1 events and 0 keys are unknown", notes)


class Orders(unittest.TestCase):
    """What is not a page: a sentence, and exit code 2."""

    def bad(self, words, *arguments):
        code, said = PAGES.html(*arguments)
        self.assertEqual(code, 2, said)
        self.assertIn(words, said)
        self.assertEqual(said.count("\n"), 1, said)

    def test_usage(self):
        self.bad("which file?")
        self.bad('no option "-o"', "a", "-o")
        self.bad("where shall the page go?", "a")
        self.bad('no option "--fast"', "a", "--fast")
        self.bad('two files, and "c" is too much', "a", "b", "c")

    def test_files(self):
        fail = PAGES.trace("whole.jsonl", *LOST_WAKEUP, DEADLOCK)
        with open(fail, encoding="utf-8") as file:
            text = file.read()
        empty = PAGES.write("empty", "")
        cut = PAGES.write("cut", text[:-20])
        binary = PAGES.write("binary", "\0\1\2")
        page = PAGES.path("bad.html")
        self.bad("0 bytes", empty, "-o", page)
        self.bad("cut in the middle of this line", cut, "-o", page)
        self.bad("binary data", binary, "-o", page)
        self.bad("cannot be read", PAGES.path("not there"), "-o", page)
        self.bad("binary data", fail, binary, "-o", page)
        self.bad("would overwrite the trace", fail, "-o", fail)
        self.bad("cannot be written", fail, "-o", PAGES.path("no/such/folder.html"))
        self.assertFalse(os.path.exists(page))

    def test_standard_input_and_output(self):
        fail = PAGES.trace("piped.jsonl", *LOST_WAKEUP, DEADLOCK)
        with open(fail, "rb") as file:
            done = subprocess.run([PAGES.tutti, "trace", "html", "-", "-o", "-"], stdin=file,
                                  stdout=subprocess.PIPE, check=True)
        self.assertTrue(done.stdout.startswith(b"<!doctype html>"))
        self.assertTrue(done.stdout.endswith(b"</html>\n"))


if __name__ == "__main__":
    main()
