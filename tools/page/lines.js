/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lines between rows: who woke whom, who cancelled whom. */
import { rowOf } from "./tree.js";
import { eventX, positionOf, rowY, ROW } from "./timeline.js";
import { TASK, eventAt, after } from "./run.js";

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

export function drawLines(app, pane) {
  drawWakes(app, pane);
  const cancels = inView(pane, pane.run.cancels);
  const met = cancelledOf(pane.run);
  for (const i of cancels.subarray(0, CANCELS_MAX)) drawCancel(app, pane, i, met);
}
