#!/usr/bin/python3 -B
"""What the page of `tutti trace html` draws: each call that paints a pane is written down, and held
against the trace. And its keys, all of them, and its colours for eyes that see fewer.

Arguments: the tutti command, then the programs it is used on.
"""

import itertools
import json
import os
import subprocess

from pages import PAGES, PageTest, main

DEADLOCK = "1;step;run,user;c1;0.0.1.2.1.1"
LOST_WAKEUP = ("semaphore_lost_wakeup", "lost_wakeup")
ROW, RULER, BAR = 22, 22, 14

# Paints everything once more and returns what was painted on each pane: [what, style, numbers].
SPY = """
const made = tutti.panes.map(() => []);
const proto = CanvasRenderingContext2D.prototype;
const kept = {};
const { colours, patterns } = tutti.look;
const nameOf = (style) => Object.keys(patterns).find((name) => patterns[name] === style) || style;
let points = [];
const spy = (method, note) => {
  kept[method] = proto[method];
  proto[method] = function (...given) {
    const pane = tutti.panes.findIndex((one) => one.context === this);
    if (pane >= 0) note(made[pane], this, given);
    return kept[method].apply(this, given);
  };
};
spy("fillRect", (list, context, given) => list.push(["rect", nameOf(context.fillStyle), given]));
spy("fillText", (list, context, given) => list.push(["text", context.fillStyle, given]));
spy("beginPath", () => { points = []; });
spy("moveTo", (list, context, given) => points.push(given));
spy("lineTo", (list, context, given) => points.push(given));
spy("stroke", (list, context) => list.push(
  [context.getLineDash().length ? "dashed" : "line", context.strokeStyle, points.slice()]));
try {
  tutti.change("rows", "panel");
  tutti.drawNow();
} finally {
  for (const method of Object.keys(kept)) proto[method] = kept[method];
}
return { made, colours, xs: tutti.panes.map((pane) => pane.run.n.map((_, i) =>
  (pane.axis.at(i) - pane.from) * pane.scale)) };
"""


class Look(PageTest):
    """A page that is spied on."""

    def paint(self, pane=0):
        """Draws the pane anew and keeps what was drawn."""
        seen = self.browser.run(SPY)
        self.made, self.colours = seen["made"][pane], seen["colours"]
        xs = seen["xs"][pane]
        self.xs = xs if isinstance(xs, list) else [xs[str(i)] for i in range(len(xs))]

    def drawn(self, what, colour):
        """The numbers of all calls of a kind in a colour of the page's, or in a pattern."""
        style = self.colours.get(colour, colour) if what != "pattern" else colour
        kind = "rect" if what == "pattern" else what
        return [given for one, used, given in self.made if one == kind and used == style]

    def texts(self, row):
        """What is written in a row, from the left."""
        y = RULER + row * ROW
        found = [given for one, _, given in self.made if one == "text" and y < given[2] < y + ROW]
        return [given[0] for given in sorted(found, key=lambda given: given[1])]

    def bars(self, row):
        """The states of a row's bars, from the left, with where they begin."""
        y = RULER + row * ROW + (ROW - BAR) / 2
        found = []
        for state, what, colour, top, height in (
            ("run", "rect", "run", y, BAR), ("ready", "pattern", "ready", y + 4, BAR - 8),
            ("wait", "rect", "wait", y, BAR), ("stuck", "pattern", "stuck", y, BAR),
            ("made", "rect", "alive", y + 4, BAR - 8),
        ):
            found += [(given[0], state) for given in self.drawn(what, colour)
                      if given[1] == top and given[3] == height]
        return sorted(found)

    def x(self, event):
        """Where an event is."""
        return self.xs[event - 1]


class Deadlock(Look):
    """The run of semaphore_lost_wakeup that ends in a deadlock, event by event."""

    @classmethod
    def setUpClass(cls):
        cls.trace = PAGES.trace("fail.jsonl", *LOST_WAKEUP, DEADLOCK)
        cls.page = PAGES.page("fail.html", cls.trace)
        with open(cls.trace, encoding="utf-8") as lines:
            cls.events = [json.loads(line) for line in lines]

    def setUp(self):
        super().setUp()
        self.browser.open(self.page)
        self.browser.press("Home")
        self.paint()

    def of(self, kind, **fields):
        """The events of a kind with these fields."""
        return [e for e in self.events if e["e"] == kind
                and all(e.get(key) == value for key, value in fields.items())]

    def test_states(self):
        """Rows 2 to 4 are the tasks of the nursery: their bars are what the trace says."""
        names = {"task.spawn": "made", "task.ready": "ready", "task.run": "run",
                 "task.park": "wait"}
        for row, task in ((0, 1), (2, 4), (3, 5), (4, 6)):
            told = [(e["n"], names[e["e"]]) for e in self.events
                    if e.get("task") == task and e["e"] in names]
            if task in (1, 6):
                told[-1] = (told[-1][0], "stuck")
            bars = self.bars(row)
            self.assertEqual([state for _, state in bars], [state for _, state in told], task)
            for (x, state), (n, _) in zip(bars, told):
                self.assertAlmostEqual(x, self.x(n), delta=1, msg=(task, state))

    def test_waits_say_what_for(self):
        self.assertEqual(self.texts(0), ["nursery.join take_turns"])
        for _ in range(4):
            self.browser.press("w")
        self.browser.press("d", "d", "d")
        self.paint()
        self.assertIn("future.await future", self.texts(3))

    def test_brackets(self):
        """The nursery's bracket begins where it opens, is as high as its rows, and is open at the
        end, for the nursery was never closed."""
        opened = self.of("nursery.open")[0]["n"]
        (points,) = self.drawn("line", "frameLine")
        self.assertEqual(len(points), 4)
        self.assertEqual({x for x, _ in points[1:3]}, {points[1][0]})
        self.assertAlmostEqual(points[1][0], self.x(opened), delta=0.01)
        self.assertAlmostEqual(points[1][1], RULER + ROW + 3.5)
        self.assertAlmostEqual(points[2][1], RULER + 5 * ROW - 1.5)
        self.assertEqual(self.texts(1), ["take_turns"])

    def test_wakes(self):
        """A line from who woke to who was woken, at that event."""
        rows = {1: 0, 4: 2, 5: 3, 6: 4}
        told = [(rows[e["by"]], rows[e["task"]], self.x(e["n"])) for e in self.of("task.ready")
                if e["by"] and e["by"] != e["task"]]
        lines = [(int((a[1] - RULER) // ROW), int((b[1] - RULER) // ROW), a[0])
                 for a, b in self.drawn("line", "wake")]
        self.assertEqual(len(told), 4)
        self.assertEqual([line[:2] for line in lines], [line[:2] for line in told])
        for line, wanted in zip(lines, told):
            self.assertAlmostEqual(line[2], wanted[2], delta=0.01)

    def test_cancellation(self):
        """A cross where it was, a dashed line to where it came up, and a cross there."""
        cancel, met = self.of("scope.cancel")[0]["n"], self.of("task.cancelled")[0]["n"]
        ((start, end),) = self.drawn("dashed", "cancel")
        self.assertEqual(start[1], RULER + 3 * ROW + ROW / 2)
        self.assertAlmostEqual(start[0], self.x(cancel), delta=0.01)
        self.assertAlmostEqual(end[0], self.x(met), delta=0.01)
        crosses = [points for points in self.drawn("line", "cancel") if len(points) == 4]
        middles = sorted((points[0][0] + points[1][0]) / 2 for points in crosses)
        self.assertEqual(len(middles), 2)
        self.assertAlmostEqual(middles[0], self.x(cancel), delta=0.01)
        self.assertAlmostEqual(middles[1], self.x(met), delta=0.01)

    def test_path(self):
        self.assertEqual(self.drawn("rect", "path"), [])
        self.browser.press("c")
        self.paint()
        pieces = self.drawn("rect", "path")
        steps = self.browser.run("return tutti.path[0].length")
        self.assertEqual(len(pieces), steps)
        self.assertTrue(self.drawn("line", "path"))

    def test_cursor(self):
        for key in (".", "n", "End"):
            self.browser.press(key)
            self.paint()
            here = self.browser.run("return tutti.cursor[0]") + 1
            self.assertAlmostEqual(self.drawn("line", "cursor")[0][0][0], self.x(here), delta=1)

    # What a key changes, after others that make a change possible: all of the help's.
    STATE = ("const pane = tutti.panes[0]; tutti.drawNow();"
             "return { cursor: tutti.cursor[0], from: pane.from, scale: pane.scale,"
             " axis: tutti.axis, filter: document.activeElement.id === 'filter',"
             " alive: tutti.aliveOnly, path: tutti.path !== null,"
             " theme: document.documentElement.dataset.theme,"
             " tab: document.querySelector('[role=tab][aria-selected=true]').textContent,"
             " help: document.querySelector('#help').open,"
             " selected: tutti.selected ? tutti.selected.row : null }")
    KEYS = (
        (".", "", "cursor", 1), ("ArrowRight", "", "cursor", 1), (",", "..", "cursor", -1),
        ("ArrowLeft", "..", "cursor", -1), ("n", "", "cursor", 3), ("p", "nn", "cursor", -11),
        ("]", "", "cursor", 13), ("[", "]]", "cursor", -4), ("Home", "nn", "cursor", None),
        ("End", "", "cursor", 41), ("b", "]]]jjjj", "cursor", None),
        ("ArrowDown", "j", "selected", 1), ("j", "j", "selected", 1),
        ("ArrowUp", "jj", "selected", -1), ("k", "jj", "selected", -1),
        ("w", "", "scale", None), ("+", "", "scale", None), ("=", "", "scale", None),
        ("s", "ww", "scale", None), ("-", "ww", "scale", None), ("a", "wwdd", "from", None),
        ("d", "ww", "from", None), ("0", "ww", "scale", None), ("g", "wwddd", "from", None),
        ("Escape", "j", "selected", None), ("3", "", "tab", None), ("/", "", "filter", None),
        ("?", "", "help", None), ("t", "", "theme", None), ("h", "", "alive", None),
        ("x", "", "axis", None), ("c", "", "path", None),
    )

    def test_keys(self):
        """Each key of the help does what it is for, and the help has no other."""
        helped = self.browser.run("return [...document.querySelectorAll('#help kbd')]"
                                  ".map((key) => key.textContent)")
        shown = {"→": "ArrowRight", "←": "ArrowLeft", "↓": "ArrowDown", "↑": "ArrowUp",
                 "Esc": "Escape", "1-9": "3"}
        self.assertEqual({shown.get(key, key) for key in helped}, {key for key, *_ in self.KEYS})
        for key, before, what, by in self.KEYS:
            self.browser.press("Escape", "Escape", "0", "Home", *before)
            first = self.browser.run(self.STATE)
            self.browser.press(key)
            second = self.browser.run(self.STATE)
            self.assertNotEqual(first[what], second[what], key)
            if by is not None:
                self.assertEqual(second[what] - first[what], by, key)


class Closed(Look):
    """The run that passes: its nursery closes."""

    def test_bracket(self):
        trace = PAGES.trace("pass.jsonl", *LOST_WAKEUP)
        with open(trace, encoding="utf-8") as lines:
            (closed,) = [e["n"] for e in map(json.loads, lines) if e["e"] == "nursery.close"]
        self.browser.open(PAGES.page("pass.html", trace))
        self.paint()
        (points,) = self.drawn("line", "frameLine")
        self.assertEqual(len(points), 8)
        self.assertAlmostEqual(points[5][0], self.x(closed), delta=0.01)


class Flight(PageTest):
    """A flight recorder's file: what is missing is told, and where tasks are."""

    def open(self, test, options):
        """The page of the file that a run of a test leaves."""
        path = PAGES.path(test + "_flight.jsonl")
        subprocess.run([PAGES.programs["page_cases_real"], "--test=" + test],
                       env=dict(os.environ, TUTTI_FLIGHT=path + options), check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.browser.open(PAGES.page(test + "_flight.html", path))

    def test_missing(self):
        self.open("busy", ",events=300,always")
        self.assertRegex(self.text("#notes"), r"^[1-9][0-9,]* events are missing: .*busy_flight")
        self.assertIn("ok", self.text("#title"))
        self.pages.shoot("flight_busy")

    def test_stacks(self):
        self.open("bank", ",events=8")
        self.assertEqual(self.text("#notes"), "")
        self.assertIn("a cycle", self.text("#sheet"))
        if os.uname().machine == "x86_64":
            self.assertIn("tutti_lock_acquire_at < transfer page_cases.c:", self.text("#sheet"))
        self.pages.shoot("flight_bank")


class Difference(Look):
    """Two runs: the same row in both, and marks where they part."""

    def test_marks(self):
        ok = PAGES.trace("pass2.jsonl", *LOST_WAKEUP)
        fail = PAGES.trace("fail2.jsonl", *LOST_WAKEUP, DEADLOCK)
        self.browser.open(PAGES.page("diff.html", ok, fail))
        for pane, (choice, behaves) in enumerate(((23, 33), (23, 31))):
            self.paint(pane)
            texts = {given[0]: given[1] for one, _, given in self.made if one == "text"}
            self.assertIn("first other choice", texts)
            self.assertIn("behaves differently", texts)
            dotted = sorted({points[0][0] for one, _, points in self.made if one == "dashed"
                             and points[0][1] == 0})
            for event in (choice, behaves):
                self.assertTrue(any(abs(x - self.x(event)) < 1.5 for x in dotted), event)
        self.assertIn("states of B", self.browser.run(
            "return document.querySelector('#labels').textContent"))
        self.browser.press("t")
        self.browser.run("tutti.drawNow()")
        self.pages.shoot("diff_dark")


def linear(colour):
    """#rrggbb as light, from 0 to 1."""
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    return [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]


def times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector)) for row in matrix]


# What eyes without one kind of cone see of linear RGB (Machado, Oliveira and Fernandes, "A
# physiologically-based model for simulation of color vision deficiency", 2009, severity 1).
EYES = {
    "all": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                 [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def lab(colour, eyes):
    """A colour in CIELAB, as such eyes see it."""
    xyz = times(TO_XYZ, [min(1, max(0, p)) for p in times(EYES[eyes], linear(colour))])
    f = [p ** (1 / 3) if p > 0.008856 else 7.787 * p + 16 / 116
         for p in (xyz[0] / 0.9505, xyz[1], xyz[2] / 1.089)]
    return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]


def apart(one, other, eyes):
    """How far two colours are from each other; some 2 can be told apart side by side."""
    return sum((a - b) ** 2 for a, b in zip(lab(one, eyes), lab(other, eyes))) ** 0.5


def contrast(one, other):
    """As the Web Content Accessibility Guidelines define it."""
    light = sorted((times(TO_XYZ, linear(colour))[1] + 0.05 for colour in (one, other)))
    return light[1] / light[0]


class Colours(PageTest):
    """States are told apart in light and dark by all eyes, and texts can be read."""

    def test_colours(self):
        trace = PAGES.trace("colours.jsonl", *LOST_WAKEUP, DEADLOCK)
        self.browser.open(PAGES.page("colours.html", trace))
        for theme in ("light", "dark"):
            colours = self.browser.run("tutti.drawNow(); return tutti.look.colours")
            for eyes in EYES:
                # A wait for ever is a wait hatched both ways: the ink of the hatching counts.
                states = ["run", "readyLine", "wait", "stuckLine"]
                for one, other in itertools.combinations(states, 2):
                    if (one, other) == ("readyLine", "stuckLine"):
                        continue  # one thin and hatched, the other high and hatched both ways
                    self.assertGreater(apart(colours[one], colours[other], eyes), 20,
                                       (theme, eyes, one, other))
                # The one dashed, the other with an arrow; yet neither colour is like the paper.
                for line in ("wake", "cancel", "path", "cursor"):
                    self.assertGreater(apart(colours[line], colours["paper"], eyes), 35,
                                       (theme, eyes, line))
            for text, paper in (("text", "paper"), ("waitText", "wait"), ("muted", "band"),
                                ("text", "stuck")):
                self.assertGreater(contrast(colours[text], colours[paper]), 4.5, (theme, text))
            self.browser.press("t")


if __name__ == "__main__":
    main()
