/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lines between rows: who woke whom, who cancelled whom. */
import { rowOf } from "./tree.js";
import { eventX, positionOf, rowY, ROW } from "./timeline.js";
import { TASK, RUNNING, eventAt, after } from "./run.js";

/* With more wakes in view only those of the selected task are drawn. */
const WAKES_MAX = 150;
const CANCELS_MAX = 300;

function middleOf(app, node) {
  return rowY(app, node.row) + ROW / 2;
}

function arrow(context, x, y, down) {
  const back = down ? -5 : 5;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - 3.5, y + back);
  context.lineTo(x + 3.5, y + back);
  context.fill();
}

/* From one row to another at x: straight, with an arrow at its end. */
function verticalLine(app, pane, from, to, x, colour, isDashed, alpha) {
  const { context } = pane;
  const down = to.row > from.row;
  const start = middleOf(app, from) + (down ? 7 : -7);
  const end = middleOf(app, to) + (down ? -7 : 7);
  context.globalAlpha = alpha;
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 1.5;
  context.setLineDash(isDashed ? [4, 3] : []);
  context.beginPath();
  context.moveTo(x, start);
  context.lineTo(x, end);
  context.stroke();
  context.setLineDash([]);
  arrow(context, x, end, down);
  context.globalAlpha = 1;
}

/* Events of a kind in view. */
function inView(pane, events) {
  const { run, axis } = pane;
  const from = eventAt(run, axis, pane.from);
  const to = eventAt(run, axis, positionOf(pane, pane.width));
  return events.subarray(after(events, from - 1), after(events, to));
}

function drawWake(app, pane, i, alpha) {
  const { run, side } = pane;
  const from = run.by[i];
  if (run.things.kind[from] !== TASK || from === run.task[i]) return;
  const a = rowOf(app.tree, side, from);
  const b = rowOf(app.tree, side, run.task[i]);
  if (!a || !b || a === b) return;
  verticalLine(app, pane, a, b, eventX(pane, i), app.look.colours.wake, false, alpha);
}

function drawWakes(app, pane) {
  const { run, side } = pane;
  const ready = inView(pane, run.ofKind(run.K["task.ready"]));
  const chosen = app.selected ? app.selected.things[side] : 0;
  const few = ready.length <= WAKES_MAX;
  let drawn = 0;
  for (const i of ready) {
    const isChosen = chosen && (run.task[i] === chosen || run.by[i] === chosen);
    if (isChosen || few) drawWake(app, pane, i, isChosen || !chosen ? 0.9 : 0.3);
    if (isChosen && ++drawn > WAKES_MAX) return;
  }
}

/* The row that a scope.cancel comes from: who did it, or whose scope it is. */
function cancelSource(app, pane, i) {
  const { run, side } = pane;
  const { owner, kind } = run.things;
  const thing = run.scopeNursery.get(run.obj[i]);
  const by = kind[run.by[i]] === TASK ? run.by[i] : thing || owner[run.obj[i]];
  return rowOf(app.tree, side, by);
}

function cross(context, x, y) {
  context.lineWidth = 2.5;
  context.beginPath();
  context.moveTo(x - 4, y - 4);
  context.lineTo(x + 4, y + 4);
  context.moveTo(x + 4, y - 4);
  context.lineTo(x - 4, y + 4);
  context.stroke();
}

/* From the cancelling to each place where it came up: down at the time of the cancelling, then
 * along the row. */
function drawCancel(app, pane, i, met) {
  const { context, run, side } = pane;
  const source = cancelSource(app, pane, i);
  const x = eventX(pane, i);
  context.strokeStyle = context.fillStyle = app.look.colours.cancel;
  if (source && x > -10 && x < pane.width + 10) cross(context, x, middleOf(app, source));
  for (const j of met.get(run.obj[i]) || []) {
    const target = rowOf(app.tree, side, run.task[j]);
    if (!target || j < i) continue;
    const end = eventX(pane, j);
    if (source && target !== source) {
      verticalLine(app, pane, source, target, x, app.look.colours.cancel, true, 1);
    }
    const y = middleOf(app, target);
    context.lineWidth = 1.5;
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(end, y);
    context.stroke();
    context.setLineDash([]);
    cross(context, end, y);
  }
}

function cancelledOf(run) {
  if (!run.cancelled) {
    run.cancelled = new Map();
    for (const i of run.ofKind(run.K["task.cancelled"])) {
      if (!run.cancelled.has(run.obj[i])) run.cancelled.set(run.obj[i], []);
      run.cancelled.get(run.obj[i]).push(i);
    }
  }
  return run.cancelled;
}

/* The pieces of the critical path in view: bars framed, joined where it goes from task to task. */
function drawPathLine(app, pane) {
  const { context, run, side } = pane;
  const pieces = app.path[side];
  const from = eventAt(run, pane.axis, pane.from) - 1;
  const to = eventAt(run, pane.axis, positionOf(pane, pane.width)) + 1;
  let k = firstPiece(pieces, from);
  let before = null;
  context.strokeStyle = app.look.colours.path;
  context.fillStyle = app.look.colours.path;
  context.beginPath();
  for (let x = -1; k < pieces.length && pieces[k].from <= to; k++) {
    const end = eventX(pane, pieces[k].to);
    if (end - x < 0.5 && before) continue;
    const node = rowOf(app.tree, side, pieces[k].task);
    if (!node) continue;
    const start = eventX(pane, pieces[k].from);
    const y = rowY(app, node.row) + ROW - 4;
    const height = pieces[k].state === RUNNING ? 14 : 3; // words above the line stay readable
    context.fillRect(start, y - height, Math.max(1, end - start), height);
    if (before && before !== node) {
      context.moveTo(start, rowY(app, before.row) + ROW - 5.5);
      context.lineTo(start, y - 1.5);
    }
    before = node;
    x = end;
  }
  context.lineWidth = 1.5;
  context.stroke();
}

/* The first piece that ends behind event i. */
function firstPiece(pieces, i) {
  let from = 0;
  let to = pieces.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (pieces[middle].to <= i) from = middle + 1;
    else to = middle;
  }
  return from;
}

/* A dotted line at event i, its name at the bottom, and its row between two lines. */
function drawMark(app, pane, i, colour, text, level, row) {
  const { context } = pane;
  const x = Math.round(eventX(pane, i)) + 0.5;
  if (x < -200 || x > pane.width + 5) return;
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 1.5;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, pane.height);
  context.stroke();
  context.setLineDash([]);
  context.font = "600 11px system-ui, sans-serif";
  context.textBaseline = "middle";
  const y = pane.height - 13 - level * 22;
  const width = context.measureText(text).width + 12;
  const left = Math.max(2, Math.min(x + 5, pane.width - width - 2));
  context.beginPath();
  context.roundRect(left, y - 9, width, 18, 9);
  context.fill();
  context.fillStyle = app.look.colours.paper;
  context.fillText(text, left + 6, y + 0.5);
  if (!row) return;
  context.fillStyle = colour;
  context.fillRect(0, rowY(app, row.row), pane.width, 1.5);
  context.fillRect(0, rowY(app, row.row) + ROW - 1.5, pane.width, 1.5);
}

/* What the two runs have in common is veiled; where they part is marked. */
function drawDifference(app, pane) {
  const { context, side } = pane;
  const { common, choice, tasks } = app.diff;
  const x = common > pane.run.last ? pane.width : eventX(pane, common);
  context.globalAlpha = 0.55;
  context.fillStyle = app.look.colours.band;
  context.fillRect(0, 0, Math.min(x, pane.width), pane.height);
  context.globalAlpha = 1;
  const { readyLine, path } = app.look.colours;
  if (choice) drawMark(app, pane, choice.events[side], readyLine, "first other choice", 0);
  if (tasks.length === 0) return;
  const [cause] = tasks;
  const i = cause.events[side] >= 0 ? cause.events[side] : pane.run.last;
  const row = rowOf(app.tree, side, cause.node.things[side]);
  if (row) drawMark(app, pane, i, path, "behaves differently", 1, row);
}

export function drawLines(app, pane) {
  if (app.diff) drawDifference(app, pane);
  if (app.path) drawPathLine(app, pane);
  drawWakes(app, pane);
  const cancels = inView(pane, pane.run.cancels);
  const met = cancelledOf(pane.run);
  for (const i of cancels.subarray(0, CANCELS_MAX)) drawCancel(app, pane, i, met);
}
