/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the page shows now, and the ways to change it. Everything draws from here: a change notes
 * what is out of date, and the next frame draws it. */
import { listRows, nodeLabel, rowOf } from "./tree.js";
import { themeColours } from "./dom.js";
import { drawPane, ROW, RULER, positionOf, eventX } from "./timeline.js";
import { drawOverview } from "./overview.js";
import { drawLabels } from "./labels.js";
import { drawPanel } from "./panel.js";
import { drawHeader } from "./header.js";
import { matcherOf } from "./filter.js";
import { makePatterns } from "./patterns.js";
import { partnerEvent } from "./match.js";
import { diffOf } from "./diff.js";
import { writeFragment } from "./fragment.js";

/* At most so many pixels a unit of the axis. */
const SCALE_MAX = { events: 200, steps: 400, time: 400 };

export function makeApp(runs, tree) {
  const app = {
    runs, tree, panes: [], cursor: runs.map((run) => run.last), selected: null, scroll: 0,
    axis: runs[0].hasSteps ? "steps" : "events", filter: "", aliveOnly: false, path: null, tab: "",
    active: runs.length - 1, look: null, dirty: new Set(), labels: new Map(),
    diff: runs.length === 2 ? diffOf(tree) : null,
  };
  if (runs[0].meta.head.world === "real" && runs[0].hasSteps) app.axis = "time";
  app.change = (...what) => change(app, what);
  app.drawNow = () => drawNow(app);
  app.labelOf = (node) => labelOf(app, node);
  return app;
}

function labelOf(app, node) {
  if (!app.labels.has(node)) app.labels.set(node, nodeLabel(app.tree, node));
  return app.labels.get(node);
}

/* Notes that "rows", "panel" or "draw" are out of date. */
function change(app, what) {
  if (app.dirty.size === 0) requestAnimationFrame(app.drawNow);
  app.dirty.add("draw");
  for (const part of what) app.dirty.add(part);
}

function drawNow(app) {
  const dirty = app.dirty;
  app.dirty = new Set();
  if (dirty.has("look") || !app.look) {
    app.look = { colours: themeColours() };
    app.look.patterns = makePatterns(app.look.colours);
  }
  if (dirty.has("rows")) listRows(app.tree, matcherOf(app), app.filter !== "");
  clampScroll(app);
  if (dirty.has("panel")) drawPanel(app);
  drawHeader(app);
  drawLabels(app);
  for (const pane of app.panes) {
    drawPane(app, pane);
    drawOverview(app, pane);
  }
  if (dirty.has("panel") || dirty.has("keep")) writeFragment(app);
}

function clampScroll(app) {
  const height = app.panes[0].height - RULER;
  app.scroll = Math.max(0, Math.min(app.scroll, app.tree.rows.length * ROW - height + ROW));
}

/* Shows the axis from `from` on, `scale` pixels a unit. */
export function setView(app, pane, from, scale) {
  const extent = pane.axis.end || 1;
  const least = pane.width / (extent * 1.04);
  const most = Math.max(SCALE_MAX[app.axis], least);
  pane.scale = Math.max(least, Math.min(scale, most));
  const seen = pane.width / pane.scale;
  pane.from = Math.max(-0.02 * seen, Math.min(from, extent - 0.98 * seen));
  if (seen >= extent) pane.from = -(seen - extent) / 2;
  app.change("keep");
  if (app.aliveOnly) app.change("rows");
}

/* Zooms by a factor about x. */
export function zoomAt(app, pane, factor, x) {
  const position = positionOf(pane, x);
  const scale = pane.scale;
  setView(app, pane, pane.from, pane.scale * factor);
  if (pane.scale !== scale) setView(app, pane, position - x / pane.scale, pane.scale);
}

export function panBy(app, pane, pixels) {
  setView(app, pane, pane.from + pixels / pane.scale, pane.scale);
}

export function fitAll(app) {
  for (const pane of app.panes) setView(app, pane, 0, 0);
}

export function setAxis(app, axis) {
  app.axis = axis;
  for (const pane of app.panes) {
    const at = eventX(pane, app.cursor[pane.side]) / pane.width;
    const whole = pane.scale * pane.axis.end <= pane.width;
    pane.axis = pane.run.axes[axis];
    if (whole || !(at >= 0 && at <= 1)) {
      setView(app, pane, 0, 0);
    } else {
      setView(app, pane, 0, pane.width / Math.max(1e-9, pane.axis.end / 8));
      setView(app, pane, pane.axis.at(app.cursor[pane.side]) - (at * pane.width) / pane.scale,
        pane.scale);
    }
  }
  app.change("panel");
}

/* Brings event i of a pane into view. */
function revealEvent(app, pane, i) {
  const x = eventX(pane, i);
  if (x >= 8 && x <= pane.width - 8) return;
  setView(app, pane, pane.axis.at(i) - pane.width / 2 / pane.scale, pane.scale);
}

/* Puts the cursor of a run on event i; the other run's goes along. */
export function setCursor(app, side, i, reveal = true) {
  const run = app.runs[side];
  const event = Math.max(0, Math.min(run.last, i));
  app.active = side;
  app.cursor[side] = event;
  if (app.runs.length === 2) app.cursor[1 - side] = partnerEvent(app, side, event);
  if (reveal) app.panes.forEach((pane) => revealEvent(app, pane, app.cursor[pane.side]));
  app.change("panel");
}

/* Selects a row; its run is the active one if it is in that. Its sheet is shown unless `keepsTab`.
 */
export function selectNode(app, node, reveal = true, keepsTab = false) {
  app.selected = node;
  if (node && !node.things[app.active]) app.active = 1 - app.active;
  if (node && reveal) revealRow(app, node);
  if (node && !keepsTab) app.tab = "task";
  app.change("panel");
}

export function selectThing(app, side, thing, keepsTab = false) {
  const node = rowOf(app.tree, side, thing);
  if (node) selectNode(app, node, true, keepsTab);
}

export function revealRow(app, node) {
  if (node.row < 0) return;
  const top = node.row * ROW;
  const height = app.panes[0].height - RULER;
  if (top < app.scroll) app.scroll = top;
  if (top + ROW > app.scroll + height) app.scroll = top + ROW - height;
}

/* Folds or unfolds a row. */
export function foldNode(app, node, folded) {
  if (node.children.length === 0 || node.folded === folded) return;
  node.folded = folded;
  app.change("rows");
}
