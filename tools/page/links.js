/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pieces of sheets: links to tasks and events, sentences with such links, chips of a chain. */
import { h } from "./dom.js";
import { TASK, NURSERY } from "./run.js";
import { countText, thingName, eventWords, placeOf, shortPlace } from "./words.js";
import { selectThing, setCursor } from "./app.js";

/* A thing by its name; a task or nursery can be clicked. */
export function thingLink(app, side, thing, full = false) {
  const run = app.runs[side];
  const text = thingName(run, thing, full);
  const kind = run.things.kind[thing];
  if (kind !== TASK && kind !== NURSERY) return h("span", {}, text);
  return h("button", {
    class: "link", type: "button",
    onclick: () => {
      app.active = side;
      selectThing(app, side, thing);
    },
  }, text);
}

/* "event 46", which goes there. */
export function eventLink(app, side, i, text) {
  const run = app.runs[side];
  return h("button", { class: "link", type: "button", onclick: () => setCursor(app, side, i) },
    text || `event ${countText(run.n[i])}`);
}

export function placeNote(run, i) {
  const place = placeOf(run, i);
  return place ? h("span", { class: "place", title: place }, " " + shortPlace(place)) : "";
}

/* Event i as a sentence with links. */
export function sentence(app, side, i) {
  const run = app.runs[side];
  return h("span", {}, eventWords(run, i).map((word) => (Array.isArray(word)
    ? thingLink(app, side, word[0]) : word)));
}

/* A wait chain as chips and arrows. */
export function chainElement(app, side, chain) {
  const run = app.runs[side];
  const parts = [];
  for (const { task, wait, others } of chain.steps) {
    parts.push(h("span", { class: "chip" }, thingLink(app, side, task, true)));
    if (!wait) continue;
    parts.push(h("span", { class: "arrow" }, `${run.texts[run.name[wait.park]]} →`));
    if (wait.object) {
      parts.push(h("span", { class: "chip object" }, thingLink(app, side, wait.object)));
      if (wait.next.length) parts.push(h("span", { class: "arrow" }, "→"));
    }
    if (others) parts.push(h("span", { class: "arrow" }, `(${others} more) `));
  }
  if (chain.back) parts.push(h("span", { class: "chip" }, thingLink(app, side, chain.back, true)));
  if (chain.text) {
    parts.push(h("span", { class: "chip " + chain.look }, (chain.back ? "↺ " : "") + chain.text));
  }
  return h("div", { class: "chain" }, parts);
}
