/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The panel below the timeline: the moment at the cursor on the left, sheets on the right. */
import { h, byId } from "./dom.js";
import { startMoment, drawMoment } from "./moment.js";
import { drawTask } from "./sheet_task.js";

/* Name, title, draw(app, element), and whether there is something to show. */
const SHEETS = [
  ["task", "Task", drawTask, () => true],
];

function sheetsOf(app) {
  return SHEETS.filter(([, , , exists]) => exists(app));
}

export function drawPanel(app) {
  const sheets = sheetsOf(app);
  if (!sheets.some(([name]) => name === app.tab)) app.tab = sheets[0][0];
  drawMoment(app);
  byId("tabs").replaceChildren(...sheets.map(([name, title], k) => h("button", {
    type: "button", role: "tab", id: "tab-" + name, "aria-controls": "sheet",
    "aria-selected": name === app.tab ? "true" : "false", title: `key ${k + 1}`,
    onclick: () => app.showTab(k),
  }, title)));
  const sheet = byId("sheet");
  const [, , draw] = sheets.find(([name]) => name === app.tab);
  if (app.drawnTab !== app.tab) sheet.scrollTop = 0;
  app.drawnTab = app.tab;
  sheet.setAttribute("aria-labelledby", "tab-" + app.tab);
  draw(app, sheet);
}

export function startPanel(app) {
  app.showTab = (k) => {
    const sheets = sheetsOf(app);
    if (!sheets[k]) return;
    const hadFocus = byId("tabs").contains(document.activeElement);
    app.tab = sheets[k][0];
    drawPanel(app);
    app.change("keep");
    if (hadFocus) byId("tab-" + app.tab).focus();
  };
  startMoment(app);
}
