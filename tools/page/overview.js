/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The strip above a pane: all of the run, how many tasks are ready, the cancellations, the choices,
 * what part the pane shows, and the cursor. */
import { RUNNING, READY, GONE } from "./run.js";

/* Points of the curve. */
const POINTS = 600;

/* The most tasks ready and alive in each of POINTS pieces of the axis; made once for each axis. */
function curvesOf(run, axis) {
  if (axis.curves) return axis.curves;
  const ready = new Float64Array(POINTS);
  const alive = new Float64Array(POINTS);
  const state = new Uint8Array(run.ids.length).fill(GONE);
  let readyNow = 0;
  let aliveNow = 0;
  let last = 0;
  for (let i = 0; i < run.count; i++) {
    const next = run.stateOfKind[run.kind[i]];
    const point = Math.min(POINTS - 1, Math.floor((axis.at(i) / (axis.end || 1)) * POINTS));
    for (; last < point; last++) {
      ready[last + 1] = readyNow;
      alive[last + 1] = aliveNow;
    }
    if (next === 255) continue;
    const before = state[run.task[i]];
    state[run.task[i]] = next;
    readyNow += (next === READY || next === RUNNING) - (before === READY || before === RUNNING);
    aliveNow += (next !== GONE) - (before !== GONE);
    ready[point] = Math.max(ready[point], readyNow);
    alive[point] = Math.max(alive[point], aliveNow);
  }
  for (; last < POINTS - 1; last++) {
    ready[last + 1] = readyNow;
    alive[last + 1] = aliveNow;
  }
  axis.curves = { ready, alive, most: Math.max(1, ...alive) };
  return axis.curves;
}

function drawCurve(context, values, most, width, bottom, height, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(0, bottom);
  values.forEach((value, k) => {
    const y = bottom - Math.sqrt(value / most) * height; // so that few are seen beside many
    context.lineTo((k / POINTS) * width, y);
    context.lineTo(((k + 1) / POINTS) * width, y);
  });
  context.lineTo(width, bottom);
  context.fill();
}

/* The x of a position. */
function overviewX(pane, position) {
  const room = pane.overviewWidth - 16;
  return 8 + (position / (pane.axis.end || 1)) * room;
}

export function overviewPosition(pane, x) {
  return ((x - 8) / (pane.overviewWidth - 16)) * (pane.axis.end || 1);
}

function drawMarks(pane, context, events, colour, y, height) {
  const { axis } = pane;
  let last = -9;
  context.fillStyle = colour;
  for (const i of events) {
    const x = Math.round(overviewX(pane, axis.at(i)));
    if (x === last) continue;
    last = x;
    context.fillRect(x - 1, y, 2, height);
  }
}

/* What does not change while panning is drawn once. */
function drawStill(app, pane) {
  const { overviewWidth: width, overviewHeight: height } = pane;
  const { colours } = app.look;
  const key = [width, height, pane.ratio, app.axis, colours.paper].join();
  if (pane.stillKey === key) return;
  pane.still = pane.still || document.createElement("canvas");
  pane.still.width = pane.overview.width;
  pane.still.height = pane.overview.height;
  const context = pane.still.getContext("2d", { alpha: false });
  context.setTransform(pane.ratio, 0, 0, pane.ratio, 0, 0);
  context.fillStyle = colours.band;
  context.fillRect(0, 0, width, height);
  const curves = curvesOf(pane.run, pane.axis);
  context.save();
  context.translate(8, 0);
  drawCurve(context, curves.alive, curves.most, width - 16, height - 8, height - 16, colours.wait);
  drawCurve(context, curves.ready, curves.most, width - 16, height - 8, height - 16, colours.busy);
  context.restore();
  context.fillStyle = colours.waitLine;
  context.fillRect(8, height - 8, width - 16, 1);
  drawMarks(pane, context, pane.run.choices, colours.readyLine, height - 6, 4);
  drawMarks(pane, context, pane.run.cancels, colours.cancel, 4, 8);
  pane.stillKey = key;
}

export function drawOverview(app, pane) {
  const { overviewContext: context, overviewWidth: width, overviewHeight: height } = pane;
  const { colours } = app.look;
  drawStill(app, pane);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(pane.still, 0, 0);
  context.setTransform(pane.ratio, 0, 0, pane.ratio, 0, 0);
  const from = Math.max(0, overviewX(pane, pane.from));
  const to = Math.min(width, overviewX(pane, pane.from + pane.width / pane.scale));
  context.fillStyle = colours.paper;
  context.globalAlpha = 0.62;
  context.fillRect(0, 0, from, height);
  context.fillRect(to, 0, width - to, height);
  context.globalAlpha = 1;
  context.strokeStyle = colours.frameLine;
  context.lineWidth = 1.5;
  context.strokeRect(from + 0.75, 1.5, Math.max(4, to - from - 1.5), height - 4);
  const at = app.cursor[pane.side];
  const x = Math.round(overviewX(pane, pane.run.count ? pane.axis.at(at) : 0));
  context.fillStyle = colours.cursor;
  context.fillRect(x - 0.75, 2, 1.5, height - 4);
}
