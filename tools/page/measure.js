/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How fast the page is, measured in the page itself: tests ask for it, and so may anybody at the
 * console: await tutti.measurePan(10) */
import { panBy, setView } from "./app.js";

const FRAMES = 60;

function nextFrame() {
  return new Promise(requestAnimationFrame);
}

/* Pans over FRAMES frames with the axis `zoom` times as wide as the pane. Returns frames a second,
 * the longest frame but two in ms, and what drawing took of a frame in ms. */
export async function measurePan(app, zoom) {
  const [pane] = app.panes;
  setView(app, pane, pane.axis.end * 0.3, (pane.width / pane.axis.end) * zoom);
  await nextFrame();
  await nextFrame();
  const frames = [];
  let drawing = 0;
  let last = performance.now();
  const began = last;
  for (let k = 0; k < FRAMES; k++) {
    panBy(app, pane, 12);
    const start = performance.now();
    app.drawNow();
    drawing += performance.now() - start;
    await nextFrame();
    frames.push(performance.now() - last);
    last = performance.now();
  }
  frames.sort((a, b) => b - a);
  return { zoom, fps: (FRAMES * 1000) / (last - began), longest: frames[2],
    drawing: drawing / FRAMES };
}
