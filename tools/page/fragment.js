/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The page's address keeps what it shows: run.html#n=46&task=8, so a report can point at it. */
import { setCursor, selectNode, setAxis, setView } from "./app.js";

/* Browsers object to many addresses a second. */
const PAUSE_MS = 300;

let written = "";
let timer = 0;

export function writeFragment(app) {
  clearTimeout(timer);
  timer = setTimeout(() => writeNow(app), PAUSE_MS);
}

function writeNow(app) {
  const parts = new URLSearchParams();
  const run = app.runs[app.active];
  parts.set("n", run.n[app.cursor[app.active]] || 0);
  if (app.selected) parts.set("task", run.ids[app.selected.things[app.active]] || 0);
  if (app.filter) parts.set("filter", app.filter);
  parts.set("axis", app.axis);
  const pane = app.panes[0];
  if (pane.scale * pane.axis.end > pane.width * 1.001) {
    parts.set("from", pane.from.toPrecision(8));
    parts.set("scale", pane.scale.toPrecision(5));
  }
  const text = "#" + parts;
  if (text === written) return;
  written = text;
  history.replaceState(null, "", text);
}

export function readFragment(app) {
  const parts = new URLSearchParams(location.hash.slice(1));
  const run = app.runs[app.active];
  if (["steps", "events", "time"].includes(parts.get("axis"))) setAxis(app, parts.get("axis"));
  if (parts.has("filter")) app.filter = parts.get("filter");
  const i = parts.has("n") ? run.n.indexOf(Number(parts.get("n"))) : -1;
  if (i >= 0) setCursor(app, app.active, i);
  if (Number(parts.get("scale")) > 0) {
    const from = Number(parts.get("from")) || 0;
    app.panes.forEach((pane) => setView(app, pane, from, Number(parts.get("scale"))));
  }
  const thing = run.ids.indexOf(Number(parts.get("task") || 0));
  const node = thing > 0 && app.tree.nodes[app.active].get(thing);
  if (node) selectNode(app, node, false);
}
