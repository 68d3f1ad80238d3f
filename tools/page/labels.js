/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The names in front of the rows: as many elements as are in view. */
import { h, byId } from "./dom.js";
import { NURSERY, READY, RUNNING, WAITING, stateAt, childrenAt } from "./run.js";
import { countText } from "./words.js";
import { ROW, RULER, rowY } from "./timeline.js";
import { selectNode, foldNode, revealRow } from "./app.js";

const STATES = { [READY]: "ready", [RUNNING]: "runs", [WAITING]: "waits" };

/* What a row's task does at the cursor, in a word. */
function stateText(app, node) {
  const side = node.things[app.active] ? app.active : 1 - app.active;
  const run = app.runs[side];
  const thing = node.things[side];
  const i = app.cursor[side];
  if (run.count === 0) return ["", ""];
  if (node.kind === NURSERY) {
    const children = node.folded ? childrenAt(run, thing, i).length : 0;
    return [children ? `${countText(children)} alive` : "", ""];
  }
  if (run.isStuck.has(thing) && i === run.last) return ["stuck", " stuck"];
  return [STATES[stateAt(run, thing, i)] || "", ""];
}

function fillRow(app, element, node) {
  const label = app.labelOf(node);
  const foldable = node.children.length > 0;
  const [state, look] = stateText(app, node);
  const only = app.runs.length === 2 && !(node.things[0] && node.things[1])
    ? (node.things[0] ? "A only" : "B only") : "";
  element.className = "row" + (label.isNursery ? " nursery" : "")
    + (app.filter && !node.matches ? " dim" : "");
  element.style.top = rowY(app, node.row) + "px";
  element.style.paddingLeft = 6 + Math.min(node.depth, 12) * 12 + "px";
  element.setAttribute("aria-level", node.depth + 1);
  element.setAttribute("aria-selected", node === app.selected);
  if (foldable) element.setAttribute("aria-expanded", !node.folded);
  else element.removeAttribute("aria-expanded");
  const key = [label.name, label.id, state, only, foldable, node.folded].join("\n");
  if (element.shown === key) return;
  element.shown = key;
  element.replaceChildren(
    h("span", { class: "fold", "aria-hidden": "true" },
      foldable ? (node.folded ? "▸" : "▾") : ""),
    h("span", { class: "name", title: `${label.kind} ${label.name} ${label.id}`.trim() },
      label.name),
    h("span", { class: "id" }, label.isNursery ? "" : label.id),
    h("span", { class: "only" }, only),
    h("span", { class: "state" + look }, state),
  );
}

export function drawLabels(app) {
  const box = byId("labels");
  const rows = app.tree.rows;
  const first = Math.max(0, Math.floor(app.scroll / ROW));
  const count = Math.ceil((box.clientHeight - RULER) / ROW) + 1;
  const shown = rows.slice(first, first + count);
  while (app.rowElements.length < shown.length) {
    const element = h("div", { role: "treeitem", class: "row" });
    element.id = "row-" + app.rowElements.length;
    app.rowElements.push(element);
    box.append(element);
  }
  app.rowElements.forEach((element, k) => {
    element.hidden = k >= shown.length;
    element.style.display = element.hidden ? "none" : "";
    element.node = shown[k];
    if (shown[k]) fillRow(app, element, shown[k]);
  });
  const active = app.rowElements.find((element) => element.node && element.node === app.selected);
  if (active) box.setAttribute("aria-activedescendant", active.id);
  else box.removeAttribute("aria-activedescendant");
  app.rowCount.textContent = app.filter
    ? `${countText(rows.filter((node) => node.matches).length)} rows match`
    : `${countText(app.runs[app.active].tasks.length)} tasks`
      + (app.runs.length === 2 ? `, states of ${"AB"[app.active]}` : "");
}

/* The row `step` rows below the selected one. */
export function moveSelection(app, step) {
  const rows = app.tree.rows;
  if (rows.length === 0) return;
  const from = app.selected ? app.selected.row : step > 0 ? -1 : rows.length;
  const node = rows[Math.max(0, Math.min(rows.length - 1, from + step))];
  selectNode(app, node);
}

function onKey(app, event) {
  const node = app.selected;
  const page = Math.max(1, Math.floor((app.panes[0].height - RULER) / ROW) - 1);
  const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 };
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key in moves) {
    moveSelection(app, moves[event.key]);
  } else if (event.key === "ArrowLeft" && node) {
    if (node.children.length && !node.folded) foldNode(app, node, true);
    else if (node.parent && node.parent.row >= 0) selectNode(app, node.parent);
  } else if (event.key === "ArrowRight" && node) {
    if (node.folded) foldNode(app, node, false);
    else if (node.children.length) moveSelection(app, 1);
  } else if ((event.key === "Enter" || event.key === " ") && node) {
    foldNode(app, node, !node.folded);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

export function startLabels(app) {
  const box = byId("labels");
  app.rowElements = [];
  app.rowCount = h("div", { class: "head" });
  box.append(app.rowCount);
  box.addEventListener("click", (event) => {
    const element = event.target.closest(".row");
    if (!element || !element.node) return;
    const { node } = element;
    if (event.target.closest(".fold")) foldNode(app, node, !node.folded);
    else selectNode(app, node, false);
  });
  box.addEventListener("dblclick", (event) => {
    const element = event.target.closest(".row");
    if (element && element.node) foldNode(app, element.node, !element.node.folded);
  });
  box.addEventListener("wheel", (event) => {
    event.preventDefault();
    app.scroll += event.deltaMode === 1 ? event.deltaY * ROW : event.deltaY;
    app.change();
  }, { passive: false });
  box.addEventListener("keydown", (event) => onKey(app, event));
  box.addEventListener("focus", () => {
    if (!app.selected && app.tree.rows.length) selectNode(app, app.tree.rows[0]);
    else if (app.selected) revealRow(app, app.selected);
  });
}
