/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The moment at the cursor: the events around it, buttons to step, and the choice, if it is one. */
import { h, byId } from "./dom.js";
import { makeList, showList } from "./list.js";
import { countText, eventText, placeOf, shortPlace, timeText } from "./words.js";
import { setCursor } from "./app.js";
import { drawChoice } from "./choice.js";
import { stepAmong } from "./keys.js";

const STEPS = [
  ["◀◀◀", "choice before ([)", (app) => stepAmong(app, app.runs[app.active].choices, false)],
  ["◀◀", "step before (p)", (app) => stepAmong(app, runsOf(app), false)],
  ["◀", "event before (,)", (app) => setCursor(app, app.active, app.cursor[app.active] - 1)],
  null,
  ["▶", "next event (.)", (app) => setCursor(app, app.active, app.cursor[app.active] + 1)],
  ["▶▶", "next step (n)", (app) => stepAmong(app, runsOf(app), true)],
  ["▶▶▶", "next choice (])", (app) => stepAmong(app, app.runs[app.active].choices, true)],
];

function runsOf(app) {
  const run = app.runs[app.active];
  return run.ofKind(run.K["task.run"]);
}

/* A line of a list of events. */
export function fillEvent(app, side, line, i, current) {
  const run = app.runs[side];
  line.className = "entry" + (i === current ? " current" : "");
  line.replaceChildren(
    h("span", { class: "n" }, countText(run.n[i])),
    h("span", { class: "text", title: [eventText(run, i), placeOf(run, i)].join("\n") },
      h("span", { class: "words" }, eventText(run, i)),
      h("span", { class: "place" }, shortPlace(placeOf(run, i)))),
  );
}

export function drawMoment(app) {
  const side = app.active;
  const run = app.runs[side];
  const i = app.cursor[side];
  if (run.count === 0) return;
  const which = app.runs.length === 2 ? "AB"[side] + ": " : "";
  const where = [`${which}${countText(run.n[i])} of ${countText(run.n[run.last])}`,
    timeText(run.t[i])];
  app.where.textContent = where.join("\n");
  app.where.title = `event ${where.join(" at ")}`;
  drawChoice(app, side, i);
  showList(app.log, run.count, (line, k) => fillEvent(app, side, line, k, i), i);
  byId("live").textContent = eventText(run, i);
}

export function startMoment(app) {
  app.where = h("span", { class: "count", id: "where" });
  app.log = makeList("Events", (k) => setCursor(app, app.active, k));
  const buttons = STEPS.map((step) => (step ? h("button", {
    class: "small", type: "button", title: step[1], "aria-label": step[1],
    onclick: () => step[2](app),
  }, step[0]) : app.where));
  app.chosen = h("div", { class: "chosen" });
  app.chosen.hidden = true;
  byId("moment").append(h("div", { class: "steps" }, buttons), app.log.box, app.chosen);
}
