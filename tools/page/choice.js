/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The choice at the cursor, or the list of all choices when there is none: the options, the one
 * taken, and for each other one the list that takes it. */
import { h, copyButton } from "./dom.js";
import { after } from "./run.js";
import { optionsOf, listTaking, wholeList } from "./choices.js";
import { countText } from "./words.js";
import { thingLink, eventLink } from "./links.js";

/* The last numbers of a list are the ones that matter. */
const LETTERS = 44;

function optionWords(app, side, option) {
  const run = app.runs[side];
  const scope = run.scopeNursery.get(option.thing) || option.thing;
  switch (option.what) {
    case "task": return [thingLink(app, side, option.thing, true), " runs"];
    case "timer": return ["the timer of ", thingLink(app, side, option.thing), " fires"];
    case "cancel": return ["cancel ", thingLink(app, side, scope)];
    case "advance": return ["time goes on"];
    default: return [`option ${option.k}`];
  }
}

function shortList(list) {
  if (list.length <= LETTERS) return list;
  const numbers = list.lastIndexOf(";") + 1;
  return list.slice(0, numbers) + "…" + list.slice(numbers - LETTERS + 8);
}

function optionElement(app, side, k, option) {
  const run = app.runs[side];
  const list = option.isTaken ? null : listTaking(run, k, option.k);
  return h("li", { class: option.isTaken ? "taken" : null },
    h("span", { class: "mark", "aria-label": option.isTaken ? "taken" : "not taken" },
      option.isTaken ? "●" : "○"),
    h("span", {}, optionWords(app, side, option)),
    option.isTaken ? h("span", { class: "quiet" }, "taken") : null,
    list ? h("code", { title: list.length < 2000 ? list : "long: copy it" }, shortList(list))
      : null,
    list ? copyButton(() => list) : null);
}

function nearElement(app, side, i) {
  const run = app.runs[side];
  const list = wholeList(run);
  const k = after(run.choices, i);
  const near = [];
  if (k > 0) near.push(" The one before: ", eventLink(app, side, run.choices[k - 1]), ".");
  if (k < run.choices.length) near.push(" The next: ", eventLink(app, side, run.choices[k]), ".");
  return [h("h3", {}, `${countText(run.choices.length)} choices`),
    list ? h("ul", { class: "options" }, h("li", {}, h("code", { class: "list", title:
      list.length < 2000 ? list : "long: copy it" }, shortList(list)), copyButton(() => list)))
      : null,
    h("p", { class: "quiet" }, "This event is no choice.", near)];
}

export function drawChoice(app, side, i) {
  const run = app.runs[side];
  const box = app.chosen;
  box.hidden = run.choices.length === 0;
  if (box.hidden) return;
  if (run.kind[i] !== run.K.choice) {
    box.replaceChildren(...nearElement(app, side, i).filter((part) => part));
    return;
  }
  const k = after(run.choices, i) - 1;
  const options = optionsOf(run, i);
  const of = run.counts[i];
  const others = h("ol", { class: "options" }, options.map((option) => optionElement(app, side, k,
    option)));
  box.replaceChildren(h("h3", {}, `Choice ${countText(k + 1)} of ${countText(run.choices.length)}, `
    + `${countText(of)} options`), others);
  if (options.length < of) {
    box.append(h("p", { class: "quiet" }, `and ${countText(of - options.length)} more options`));
  }
}
