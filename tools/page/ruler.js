/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The scale above the rows. */
import { timeText, countText } from "./words.js";
import { xOf, RULER } from "./timeline.js";

/* 1, 2 or 5 times a power of ten, at least `least`. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
}

/* The ticks in view: {x, at}. */
function ticksOf(app, pane) {
  const step = Math.max(niceStep(90 / pane.scale), app.axis === "time" ? 1e-3 : 1);
  const first = Math.ceil(pane.from / step);
  const ticks = [];
  for (let k = 0; k * 90 <= pane.width + 90; k++) {
    const at = (first + k) * step;
    const x = Math.round(xOf(pane, at));
    if (x <= pane.width && at >= 0 && at <= pane.axis.end) ticks.push({ x, at });
  }
  return ticks;
}

/* Thin lines behind the rows. */
export function drawGrid(app, pane) {
  pane.context.fillStyle = app.look.colours.line;
  for (const { x } of ticksOf(app, pane)) pane.context.fillRect(x, RULER - 5, 1, pane.height);
}

export function drawRuler(app, pane) {
  const { context, width } = pane;
  const { colours } = app.look;
  context.fillStyle = colours.band;
  context.fillRect(0, 0, width, RULER);
  const word = app.axis === "time" ? "" : app.axis === "steps" ? "step " : "event ";
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  for (const { x, at } of ticksOf(app, pane)) {
    context.fillStyle = colours.line;
    context.fillRect(x, RULER - 5, 1, 5);
    context.fillStyle = colours.muted;
    const text = app.axis === "time" ? (at ? timeText(at) : "0")
      : word + countText(at + (app.axis === "events" ? 1 : 0));
    if (x + 80 < width) context.fillText(text, x + 4, RULER / 2 - 1);
  }
  context.fillStyle = colours.line;
  context.fillRect(0, RULER - 1, width, 1);
}
