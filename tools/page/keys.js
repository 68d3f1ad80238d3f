/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Keys that work everywhere but in a text field, and the page of help made from the same list. */
import { h, byId } from "./dom.js";
import { zoomAt, panBy, fitAll, setAxis, setCursor, selectThing, selectNode } from "./app.js";
import { toggleAlive, togglePath, toggleTheme } from "./header.js";
import { moveSelection } from "./labels.js";
import { after, moveAt, READY } from "./run.js";
import { positionOf } from "./timeline.js";

const AXES = ["steps", "events", "time"];

/* Puts the cursor on the next of these events, or the one before. */
export function stepAmong(app, events, forward) {
  const side = app.active;
  const i = app.cursor[side];
  const place = forward ? after(events, i) : after(events, i - 1) - 1;
  if (place >= 0 && place < events.length) setCursor(app, side, events[place]);
}

function stepEvent(app, by) {
  setCursor(app, app.active, app.cursor[app.active] + by);
}

function stepsOf(app) {
  const run = app.runs[app.active];
  return run.ofKind(run.K["task.run"]);
}

/* From a task at the cursor to who made it ready: the waker's step. */
export function followWaker(app) {
  const side = app.active;
  const run = app.runs[side];
  const chosen = app.selected ? app.selected.things[side] : run.task[app.cursor[side]];
  if (!chosen) return;
  let place = moveAt(run, chosen, app.cursor[side]);
  while (place >= run.firstMove[chosen]) {
    const i = run.moves[place];
    if (run.stateOfKind[run.kind[i]] === READY) {
      const by = run.by[i];
      setCursor(app, side, i);
      if (by && by !== chosen) selectThing(app, side, by);
      return;
    }
    place--;
  }
}

function zoomAll(app, factor) {
  for (const pane of app.panes) {
    const x = (pane.axis.at(app.cursor[pane.side]) - pane.from) * pane.scale;
    zoomAt(app, pane, factor, x >= 0 && x <= pane.width ? x : pane.width / 2);
  }
}

function panAll(app, part) {
  for (const pane of app.panes) panBy(app, pane, pane.width * part);
}

function cursorToView(app) {
  for (const pane of app.panes) {
    const position = pane.axis.at(app.cursor[pane.side]);
    panBy(app, pane, (position - positionOf(pane, pane.width / 2)) * pane.scale);
  }
}

/* [keys, what they do, function]; the first key is the one to show. */
const KEYS = [
  [[".", "ArrowRight"], "next event", (app) => stepEvent(app, 1)],
  [[",", "ArrowLeft"], "event before", (app) => stepEvent(app, -1)],
  [["n"], "next step", (app) => stepAmong(app, stepsOf(app), true)],
  [["p"], "step before", (app) => stepAmong(app, stepsOf(app), false)],
  [["]"], "next choice", (app) => stepAmong(app, app.runs[app.active].choices, true)],
  [["["], "choice before", (app) => stepAmong(app, app.runs[app.active].choices, false)],
  [["Home"], "first event", (app) => setCursor(app, app.active, 0)],
  [["End"], "last event", (app) => setCursor(app, app.active, app.runs[app.active].last)],
  [["b"], "back to who woke the task", followWaker],
  [["ArrowDown", "j"], "task below", (app) => moveSelection(app, 1)],
  [["ArrowUp", "k"], "task above", (app) => moveSelection(app, -1)],
  [["w", "+", "="], "zoom in", (app) => zoomAll(app, 1.5)],
  [["s", "-"], "zoom out", (app) => zoomAll(app, 1 / 1.5)],
  [["a"], "pan to the left", (app) => panAll(app, -0.2)],
  [["d"], "pan to the right", (app) => panAll(app, 0.2)],
  [["0"], "show all", fitAll],
  [["g"], "bring the cursor into view", cursorToView],
  [["x"], "axis: steps, events, time", (app) => setAxis(app,
    AXES[(AXES.indexOf(app.axis) + 1) % AXES.length])],
  [["/"], "filter", () => byId("filter").focus()],
  [["h"], "hide tasks not alive in view", toggleAlive],
  [["c"], "critical path", togglePath],
  [["t"], "light or dark", toggleTheme],
  [["1-9"], "the tabs of the panel", null],
  [["?"], "this help", showHelp],
  [["Escape"], "leave the selection, the filter", leave],
];
const SHOWN = { ArrowRight: "→", ArrowLeft: "←", ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };

function leave(app) {
  const filter = byId("filter");
  if (filter.value) {
    filter.value = app.filter = "";
    app.change("rows", "panel");
  } else {
    selectNode(app, null);
  }
}

export function showHelp() {
  byId("help").showModal();
}

function helpElements() {
  const rows = KEYS.flatMap(([keys, what]) => [
    h("span", {}, keys.flatMap((key, k) => [k ? " " : "", h("kbd", {}, SHOWN[key] || key)])),
    h("span", {}, what),
  ]);
  return [
    h("h2", {}, "Keys"),
    h("div", { class: "keys" }, rows),
    h("h2", {}, h("br"), "Mouse"),
    h("p", {}, "Wheel zooms, with shift it pans, on the names it scrolls. Drag the timeline to ",
      "pan. Click a bar for its task and moment. In the strip above, drag over the part to show."),
    h("h2", {}, h("br"), "In the tree of names"),
    h("p", {}, "Arrows move, fold and unfold; a double click on a nursery folds it."),
    h("p", {}, h("br"), h("button", { type: "button", onclick: () => byId("help").close() },
      "close")),
  ];
}

/* Arrows inside the panel: a sheet is scrolled, tabs are changed. */
function onArrow(app, event) {
  if (event.target.closest("#sheet")) return true;
  if (!event.target.closest("#tabs")) return false;
  const tabs = [...byId("tabs").children];
  const at = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step) app.showTab((at + step + tabs.length) % tabs.length);
  event.preventDefault();
  return true;
}

export function startKeys(app) {
  const actions = new Map(KEYS.flatMap(([keys, , action]) => keys.map((key) => [key, action])));
  byId("help").append(...helpElements());
  document.addEventListener("keydown", (event) => {
    const inField = event.target.matches("input, textarea, select");
    if (event.ctrlKey || event.altKey || event.metaKey || byId("help").open) return;
    if (inField && event.key !== "Escape") return;
    if (inField) event.target.blur();
    if (event.key.startsWith("Arrow") && onArrow(app, event)) return;
    if (/^[1-9]$/.test(event.key)) {
      app.showTab(Number(event.key) - 1);
    } else {
      const action = actions.get(event.key);
      if (!action) return;
      action(app);
    }
    event.preventDefault();
  });
}
