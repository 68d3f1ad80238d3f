/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is different in the second run. */
import { h, copyButton } from "./dom.js";
import { OBJECT } from "./run.js";
import { countText, thingName } from "./words.js";
import { eventLink, placeNote, sentence, thingLink } from "./links.js";
import { wholeList } from "./choices.js";

const OPS_MAX = 60;

function eventLine(app, side, i) {
  const run = app.runs[side];
  if (i < 0) return h("p", {}, `${"AB"[side]}: `, h("span", { class: "quiet" }, "nothing more"));
  return h("p", {}, `${"AB"[side]}: `, eventLink(app, side, i), ", ", sentence(app, side, i),
    placeNote(run, i));
}

function causeElement(app, { node, events }) {
  const side = node.things[1] ? 1 : 0;
  return h("div", { class: "cause" },
    h("h2", {}, "The first task to behave differently: ",
      thingLink(app, side, node.things[side], true)),
    eventLine(app, 0, events[0]), eventLine(app, 1, events[1]));
}

function choiceElement(app) {
  const { choice } = app.diff;
  if (!choice) return h("p", { class: "quiet" }, "No choice of both runs differs.");
  return h("div", {}, h("h2", {}, `The first other choice, number ${countText(choice.k + 1)}`),
    eventLine(app, 0, choice.events[0]), eventLine(app, 1, choice.events[1]));
}

function othersElement(app) {
  const rest = app.diff.tasks.slice(1, 40);
  const only = app.diff.only.map((nodes, side) => (nodes.length
    ? h("p", {}, `Only in ${"AB"[side]}: `, nodes.slice(0, 30).flatMap((node, k) => [k ? ", " : "",
      thingLink(app, side, node.things[side], true)])) : null));
  if (rest.length === 0 && !only.some((one) => one)) return null;
  return h("div", {}, h("h2", {}, "Then these"), only, h("table", {}, h("tbody", {},
    rest.map(({ node, events: [i, j] }) => h("tr", {},
      h("td", {}, thingLink(app, 1, node.things[1], true)),
      h("td", {}, i >= 0 ? ["A: ", eventLink(app, 0, i), " ", sentence(app, 0, i)] : "A: nothing"),
      h("td", {}, j >= 0 ? ["B: ", eventLink(app, 1, j), " ", sentence(app, 1, j)]
        : "B: nothing"))))));
}

/* The objects that the cause is about: those of its two events. */
function objectsOf(app) {
  const [cause] = app.diff.tasks;
  if (!cause) return [];
  const paths = new Set();
  cause.events.forEach((i, side) => {
    const object = i >= 0 ? app.runs[side].obj[i] : 0;
    if (object && app.runs[side].things.kind[object] === OBJECT) {
      paths.add(app.tree.paths[side][object]);
    }
  });
  return [...paths];
}

/* What was done to an object in one run, in order. */
function operationsOf(app, side, path) {
  const run = app.runs[side];
  const object = app.tree.paths[side].indexOf(path);
  if (object < 0) return h("p", { class: "quiet" }, `${"AB"[side]}: it is not made`);
  const kinds = ["task.park", "obj.op", "task.ready"].map((kind) => run.K[kind]);
  const events = [];
  for (let i = 0; i < run.count && events.length < OPS_MAX; i++) {
    if (run.obj[i] === object && kinds.includes(run.kind[i])) events.push(i);
  }
  return h("div", {}, h("p", { class: "quiet" }, `${"AB"[side]}: ${thingName(run, object, true)}`),
    events.map((i) => h("p", {}, eventLink(app, side, i, String(run.n[i])), " ",
      sentence(app, side, i))));
}

function listsElement(app) {
  return h("div", {}, h("h2", {}, "Choice lists"), app.runs.map((run, side) => {
    const list = wholeList(run);
    return h("p", {}, `${"AB"[side]}: `, h("code", { class: "list" }, list || "not told"), " ",
      list ? copyButton(() => list) : null);
  }));
}

export function drawDiff(app, sheet) {
  const { common, tasks } = app.diff;
  const isSame = tasks.length === 0 && app.diff.only.every((nodes) => nodes.length === 0);
  sheet.replaceChildren(h("div", {},
    isSame ? h("p", {}, h("b", {}, "No task behaves differently."),
      " At most the order of steps and the times are not the same.") : null,
    tasks.length ? causeElement(app, tasks[0]) : null,
    h("p", { class: "quiet" }, `The first ${countText(common)} events are the same in both runs.`),
    choiceElement(app), othersElement(app),
    objectsOf(app).map((path) => h("div", {}, h("h2", {}, "In what order the object was used"),
      h("div", { class: "columns" }, operationsOf(app, 0, path), operationsOf(app, 1, path)))),
    listsElement(app)));
}
