/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The canvases: one pane a run, and an overview above each. */
import { h, byId } from "./dom.js";
import { setView } from "./app.js";

/* A canvas as large as its parent, sharp on any screen. Returns whether its size changed. */
function sizeCanvas(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth, clientHeight } = canvas.parentElement;
  const width = Math.round(clientWidth * ratio);
  const height = Math.round(clientHeight * ratio);
  if (canvas.width === width && canvas.height === height) return false;
  canvas.width = width;
  canvas.height = height;
  canvas.style.width = clientWidth + "px";
  canvas.style.height = clientHeight + "px";
  return true;
}

function makePane(app, run, side) {
  const which = app.runs.length === 2 ? `${side ? "B" : "A"}: ${run.meta.file}` : null;
  const overview = h("canvas", { tabindex: -1, "aria-hidden": "true" });
  const canvas = h("canvas", {
    tabindex: 0, role: "img",
    "aria-label": `Timeline of ${run.meta.file}; the panel below tells what is at the cursor`,
  });
  const pane = {
    run, side, canvas, overview, axis: run.axes[app.axis], from: 0, scale: 0, width: 1, height: 1,
    context: canvas.getContext("2d", { alpha: false }),
    overviewContext: overview.getContext("2d", { alpha: false }),
  };
  pane.above = h("div", { class: "overview" }, overview,
    which ? h("span", { class: "which" }, which) : null);
  pane.box = h("div", { class: "pane" }, canvas);
  return pane;
}

/* Takes over the size of the window. */
export function resize(app) {
  for (const pane of app.panes) {
    const whole = pane.scale * pane.axis.end <= pane.width * 1.001;
    sizeCanvas(pane.canvas);
    sizeCanvas(pane.overview);
    pane.ratio = window.devicePixelRatio || 1;
    pane.width = pane.box.clientWidth || 1;
    pane.height = pane.box.clientHeight || 1;
    pane.overviewWidth = pane.above.clientWidth || 1;
    pane.overviewHeight = pane.above.clientHeight || 1;
    setView(app, pane, whole ? 0 : pane.from, whole ? 0 : pane.scale);
  }
}

export function startPanes(app) {
  const board = byId("board");
  app.panes = app.runs.map((run, side) => makePane(app, run, side));
  board.classList.toggle("two", app.runs.length === 2);
  board.replaceChildren(byId("legend"), ...app.panes.map((pane) => pane.above), byId("labels"),
    ...app.panes.map((pane) => pane.box));
  resize(app);
  new ResizeObserver(() => {
    resize(app);
    app.drawNow();
  }).observe(board);
}
