/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The panel below the timeline: the moment at the cursor on the left, sheets on the right. */
import { h, byId } from "./dom.js";
import { startMoment, drawMoment } from "./moment.js";
import { drawTask } from "./sheet_task.js";
import { drawEnd, hasEnd } from "./sheet_end.js";
import { drawWaits } from "./sheet_waits.js";
import { drawPath } from "./sheet_path.js";
import { drawDiff } from "./sheet_diff.js";

/* Name, title, draw(app, element), and whether there is something to show. */
const SHEETS = [
  ["diff", "Difference", drawDiff, (app) => app.runs.length === 2],
  ["end", "Deadlock", drawEnd, hasEnd],
  ["task", "Task", drawTask, () => true],
  ["waits", "Waits", drawWaits, () => true],
  ["path", "Critical path", drawPath, () => true],
];

function sheetsOf(app) {
  return SHEETS.filter(([, , , exists]) => exists(app));
}

export function drawPanel(app) {
  const sheets = sheetsOf(app);
  if (!sheets.some(([name]) => name === app.tab)) app.tab = sheets[0][0];
  drawMoment(app);
  drawTabs(app, sheets);
  drawSheet(app, sheets);
}

function drawTabs(app, sheets) {
  const hadFocus = byId("tabs").contains(document.activeElement);
  byId("tabs").replaceChildren(...sheets.map(([name, title], k) => h("button", {
    type: "button", role: "tab", id: "tab-" + name, "aria-controls": "sheet",
    "aria-selected": name === app.tab ? "true" : "false", title: `key ${k + 1}`,
    onclick: () => app.showTab(k),
  }, title)));
  if (hadFocus) byId("tab-" + app.tab).focus();
}

function drawSheet(app, sheets) {
  const sheet = byId("sheet");
  const [, , draw] = sheets.find(([name]) => name === app.tab);
  const hadFocus = sheet.contains(document.activeElement) && document.activeElement !== sheet;
  if (app.drawnTab !== app.tab) sheet.scrollTop = 0;
  app.drawnTab = app.tab;
  sheet.setAttribute("aria-labelledby", "tab-" + app.tab);
  draw(app, sheet);
  // What was clicked may be gone: keys go on from the sheet.
  if (hadFocus && !sheet.contains(document.activeElement)) sheet.focus({ preventScroll: true });
}

export function startPanel(app) {
  app.showTab = (k) => {
    const sheets = sheetsOf(app);
    if (!sheets[k]) return;
    app.tab = sheets[k][0];
    drawPanel(app);
    app.change("keep");
  };
  startMoment(app);
}
