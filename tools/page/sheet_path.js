/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The critical path in words. */
import { h } from "./dom.js";
import { READY, RUNNING } from "./run.js";
import { criticalPath, sharesOf } from "./path.js";
import { countText, timeText, thingName, waitText } from "./words.js";
import { thingLink, placeNote } from "./links.js";
import { makeList, showList } from "./list.js";
import { setCursor, selectThing } from "./app.js";

function pathOf(run) {
  run.path = run.path || criticalPath(run);
  return run.path;
}

/* The paths of all runs. */
export function pathsOf(app) {
  return app.runs.map(pathOf);
}

function pieceText(run, { task, state, from }) {
  const name = thingName(run, task);
  if (state === RUNNING) return `${name} runs`;
  if (state === READY) return `${name} is ready, but others run`;
  return `${name} waits in ${waitText(run, from)}`;
}

function fillPiece(app, run, line, piece) {
  line.className = "entry" + (piece.state === RUNNING ? "" : " other");
  line.replaceChildren(
    h("span", { class: "n" }, countText(run.n[piece.from])),
    h("span", { class: "when" }, timeText(run.t[piece.to] - run.t[piece.from], 3)),
    h("span", { class: "text" }, h("span", { class: "words" }, pieceText(run, piece)),
      placeNote(run, piece.from)),
  );
}

function shareTable(app, side, shares) {
  const run = app.runs[side];
  return h("table", {},
    h("thead", {}, h("tr", {}, h("th", {}, "task"), h("th", { class: "number" }, "steps"),
      h("th", { class: "number" }, "time"))),
    h("tbody", {}, shares.slice(0, 40).map(({ task, steps, ns }) => h("tr", {},
      h("td", {}, thingLink(app, side, task, true)),
      h("td", { class: "number" }, countText(steps)),
      h("td", { class: "number" }, timeText(ns, 3))))));
}

export function drawPath(app, sheet) {
  const side = app.active;
  const run = app.runs[side];
  const pieces = pathOf(run);
  const total = pieces.length ? run.t[run.last] - run.t[pieces[0].from] : 0;
  const steps = pieces.filter((piece) => piece.state === RUNNING).length;
  if (!app.pieces) app.pieces = makeList("Critical path", (k) => app.pickPiece(k));
  app.pickPiece = (k) => {
    setCursor(app, side, pieces[k].from);
    selectThing(app, side, pieces[k].task, true);
  };
  sheet.replaceChildren(
    h("p", { class: "quiet" }, "What the last step waited for, back to the beginning: ",
      `${countText(steps)} steps, ${timeText(total, 3)}.`),
    h("div", { class: "columns wide" },
      h("div", {}, h("h2", {}, "Pieces"),
        h("p", { class: "quiet" }, "at which event, how long, what"), app.pieces.box),
      h("div", {}, h("h2", {}, "Shares"), shareTable(app, side, sharesOf(run, pieces)))),
  );
  showList(app.pieces, pieces.length, (line, k) => fillPiece(app, run, line, pieces[k]), -1);
}
