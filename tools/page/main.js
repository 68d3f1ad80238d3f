/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reads the data, makes the app and starts it. */
import { decodeRun } from "./decode.js";
import { completeRun } from "./run.js";
import { buildTree } from "./tree.js";
import { makeApp, setCursor, revealRow } from "./app.js";
import { startLabels } from "./labels.js";
import { startInput } from "./input.js";
import { startHeader, startTheme } from "./header.js";
import { measurePan } from "./measure.js";
import { startPanel } from "./panel.js";
import { startPanes } from "./panes.js";
import { readFragment } from "./fragment.js";
import { byId } from "./dom.js";

/* Two runs are opened where they begin to differ. */
function showCause(app) {
  const [{ events, node }] = app.diff.tasks;
  const side = events[1] >= 0 ? 1 : 0;
  setCursor(app, side, events[side]);
  revealRow(app, node);
}

async function start() {
  startTheme();
  const blocks = [...document.querySelectorAll('script[type="application/x-tutti-run"]')];
  const runs = [];
  for (const block of blocks) runs.push(completeRun(await decodeRun(block)));
  const app = makeApp(runs, buildTree(runs));
  startPanes(app);
  startHeader(app);
  startLabels(app);
  startPanel(app);
  startInput(app);
  if (app.diff && app.diff.tasks.length) showCause(app);
  readFragment(app);
  app.change("rows", "panel");
  app.drawNow();
  app.opened = performance.now(); // ms since the browser began to load the page
  app.setCursor = (i) => setCursor(app, app.active, i);
  app.measurePan = (zoom) => measurePan(app, zoom);
  /* For tests, and for the curious at the console. */
  window.tutti = app;
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  byId("title").textContent = "This page's data cannot be read: " + error.message;
  throw error;
});
