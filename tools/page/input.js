/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Mouse, wheel and keys on the panes and overviews. */
import { h, byId } from "./dom.js";
import { ROW, RULER, positionOf, rowY } from "./timeline.js";
import { overviewPosition } from "./overview.js";
import { eventAt, moveAt, TASK, parkAt, stateAt, READY, RUNNING } from "./run.js";
import { setView, zoomAt, panBy, setCursor, selectNode, foldNode } from "./app.js";
import { thingName, waitText, placeOf } from "./words.js";
import { startKeys } from "./keys.js";

/* A press that moves less than this is a click. */
const CLICK = 4;

export function nodeAt(app, y) {
  return y < RULER ? null : app.tree.rows[Math.floor((y - RULER + app.scroll) / ROW)] || null;
}

/* The event a click at x means: the last move of that row's task up to there, else whatever event
 * is there. */
function eventOfClick(app, pane, x, node) {
  const { run } = pane;
  const position = positionOf(pane, x);
  let i = eventAt(run, pane.axis, position);
  if (i > 0 && pane.axis.at(i) > position) i--;
  const thing = node && node.things[pane.side];
  if (!thing || run.things.kind[thing] !== TASK) return i;
  const place = moveAt(run, thing, i);
  return place >= 0 ? run.moves[place] : i;
}

function click(app, pane, x, y) {
  const node = nodeAt(app, y);
  if (pane.run.count === 0) return;
  if (node) {
    app.active = pane.side;
    selectNode(app, node, false);
  }
  setCursor(app, pane.side, eventOfClick(app, pane, x, node), false);
}

function onWheel(app, pane, event) {
  event.preventDefault();
  const unit = event.deltaMode === 1 ? 16 : 1;
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    panBy(app, pane, (event.deltaX || event.deltaY) * unit);
  } else if (event.altKey) {
    app.scroll += event.deltaY * unit;
    app.change();
  } else {
    zoomAt(app, pane, Math.exp(-event.deltaY * unit * 0.0022), event.offsetX);
  }
}

function startDrag(app, pane) {
  const { canvas } = pane;
  let press = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    press = { x: event.offsetX, y: event.offsetY, from: pane.from, scroll: app.scroll,
      moved: false };
    hideTip(app);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!press) {
      showTip(app, pane, event);
      return;
    }
    const dx = event.offsetX - press.x;
    const dy = event.offsetY - press.y;
    if (!press.moved && Math.hypot(dx, dy) < CLICK) return;
    press.moved = true;
    canvas.classList.add("dragged");
    app.scroll = press.scroll - dy;
    setView(app, pane, press.from - dx / pane.scale, pane.scale);
  });
  const release = (event) => {
    if (press && !press.moved && event.type === "pointerup") click(app, pane, press.x, press.y);
    press = null;
    canvas.classList.remove("dragged");
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => hideTip(app));
  canvas.addEventListener("dblclick", (event) => {
    const node = nodeAt(app, event.offsetY);
    if (node && node.children.length) foldNode(app, node, !node.folded);
  });
}

/* What is below the mouse, in words. */
function tipText(pane, thing, i) {
  const { run } = pane;
  const name = thingName(run, thing, true);
  const park = parkAt(run, thing, i);
  if (park >= 0) {
    const place = placeOf(run, park);
    return `${name} waits in ${waitText(run, park)}${place ? "\n" + place : ""}`;
  }
  const state = stateAt(run, thing, i);
  return name + (state === RUNNING ? " runs" : state === READY ? " is ready" : "");
}

function showTip(app, pane, event) {
  const node = nodeAt(app, event.offsetY);
  const thing = node && node.things[pane.side];
  hideTip(app);
  if (!thing || pane.run.things.kind[thing] !== TASK) return;
  const position = positionOf(pane, event.offsetX);
  let i = eventAt(pane.run, pane.axis, position);
  if (i > 0 && pane.axis.at(i) > position) i--;
  const { made, gone } = pane.run.things;
  if (i < made[thing] || i >= gone[thing]) return;
  app.tip.textContent = tipText(pane, thing, i);
  app.tip.style.display = "";
  const box = pane.box.getBoundingClientRect();
  const wide = app.tip.offsetWidth;
  const left = Math.min(box.left + event.offsetX + 14, window.innerWidth - wide - 8);
  app.tip.style.left = left + "px";
  app.tip.style.top = box.top + rowY(app, node.row) + ROW + 6 + "px";
}

function hideTip(app) {
  app.tip.style.display = "none";
}

/* In the overview: a click goes there, a drag marks the part to be shown. */
function startOverview(app, pane) {
  const { overview } = pane;
  let press = null;
  const show = (x) => {
    const a = overviewPosition(pane, Math.min(press, x));
    const b = overviewPosition(pane, Math.max(press, x));
    if (Math.abs(x - press) < CLICK) {
      setView(app, pane, a - pane.width / 2 / pane.scale, pane.scale);
    } else {
      setView(app, pane, a, pane.width / Math.max(b - a, 1e-9));
    }
  };
  overview.addEventListener("pointerdown", (event) => {
    overview.setPointerCapture(event.pointerId);
    press = event.offsetX;
    show(press);
  });
  overview.addEventListener("pointermove", (event) => {
    if (press !== null) show(event.offsetX);
  });
  overview.addEventListener("pointerup", () => {
    press = null;
  });
  overview.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomAt(app, pane, Math.exp(-event.deltaY * 0.0022), pane.width / 2);
  }, { passive: false });
}

/* The border between timeline and panel. */
function startSplitter() {
  const splitter = byId("splitter");
  const panel = byId("panel");
  const setHeight = (height) => {
    const most = window.innerHeight - 220;
    const value = Math.round(Math.max(80, Math.min(height, most)));
    panel.style.height = value + "px";
    splitter.setAttribute("aria-valuenow", value);
  };
  let dragged = false;
  splitter.addEventListener("pointerdown", (event) => {
    splitter.setPointerCapture(event.pointerId);
    dragged = true;
  });
  splitter.addEventListener("pointermove", (event) => {
    if (dragged) setHeight(window.innerHeight - event.clientY - 3);
  });
  splitter.addEventListener("pointerup", () => {
    dragged = false;
  });
  splitter.addEventListener("keydown", (event) => {
    const step = { ArrowUp: 20, ArrowDown: -20 }[event.key];
    if (!step) return;
    setHeight(panel.clientHeight + step);
    event.preventDefault();
    event.stopPropagation();
  });
  splitter.setAttribute("aria-valuenow", panel.clientHeight);
}

export function startInput(app) {
  app.tip = h("div", { class: "tip", role: "tooltip" });
  document.body.append(app.tip);
  hideTip(app);
  for (const pane of app.panes) {
    pane.canvas.addEventListener("wheel", (event) => onWheel(app, pane, event),
      { passive: false });
    startDrag(app, pane);
    startOverview(app, pane);
  }
  startSplitter();
  startKeys(app);
}
