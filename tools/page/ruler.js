/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The scale above the rows. */
import { timeText, countText } from "./words.js";
import { xOf, RULER } from "./timeline.js";

/* 1, 2 or 5 times a power of ten, at least `least`. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
}

export function drawRuler(app, pane) {
  const { context, width } = pane;
  const { colours } = app.look;
  context.fillStyle = colours.band;
  context.fillRect(0, 0, width, RULER);
  const isTime = app.axis === "time";
  const step = Math.max(niceStep(90 / pane.scale), isTime ? 1e-3 : 1);
  const word = isTime ? "" : app.axis === "steps" ? "step " : "event ";
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.beginPath();
  const first = Math.ceil(pane.from / step);
  for (let k = 0; k * 90 <= width + 90; k++) {
    const at = (first + k) * step;
    const x = Math.round(xOf(pane, at)) + 0.5;
    if (x > width) break;
    if (at < 0 || at > pane.axis.end) continue;
    context.moveTo(x, RULER - 5);
    context.lineTo(x, pane.height);
    context.fillStyle = colours.muted;
    const text = isTime ? timeText(at) : word + countText(at + (app.axis === "events" ? 1 : 0));
    if (x + 70 < width) context.fillText(text, x + 4, RULER / 2 - 1);
  }
  context.globalAlpha = 0.6;
  context.stroke();
  context.globalAlpha = 1;
  context.fillStyle = colours.line;
  context.fillRect(0, RULER - 1, width, 1);
}
