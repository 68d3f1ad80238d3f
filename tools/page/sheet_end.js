/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How the run ended; after a deadlock, who waits for whom. */
import { h } from "./dom.js";
import { countText } from "./words.js";
import { chainOf, cycleOf } from "./chain.js";
import { chainElement, placeNote, sentence, thingLink } from "./links.js";

/* More are counted. */
const CHAINS_MAX = 60;
const STUCK_MAX = 2000;

/* A chain up to the first task that an earlier chain has told about. */
function cutChain(chain, told) {
  const k = chain.steps.findIndex((step, at) => at > 0 && told.has(step.task));
  if (k < 0) return chain;
  const steps = [...chain.steps.slice(0, k), { ...chain.steps[k], wait: null, others: 0 }];
  return { steps, look: "", text: "see above" };
}

/* The chains of all stuck tasks: cycles first, then what leads to what was told already. */
function chainsOf(run) {
  if (run.chains) return run.chains;
  const all = run.stuck.slice(0, STUCK_MAX).map((task) => chainOf(run, task, run.last));
  const told = new Set();
  run.chains = [];
  const tell = (chain) => {
    if (told.has(chain.steps[0].task)) return;
    run.chains.push(cutChain(chain, told));
    for (const step of chain.steps) told.add(step.task);
  };
  all.filter((chain) => cycleOf(chain).length === chain.steps.length).forEach(tell);
  all.sort((a, b) => b.steps.length - a.steps.length).forEach(tell);
  return run.chains;
}

export function hasEnd(app) {
  return app.runs.some((run) => run.stuck.length > 0);
}

/* A flight recorder tells the stacks; event by task. */
function stacksOf(run) {
  return new Map([...run.ofKind(run.K["task.stack"])].map((i) => [run.task[i], i]));
}

function stuckTable(app, side) {
  const run = app.runs[side];
  const stacks = stacksOf(run);
  const rows = run.stuck.slice(0, 200).map((task) => {
    const park = run.moves[run.firstMove[task + 1] - 1];
    return h("tr", {}, h("td", {}, thingLink(app, side, task, true)),
      h("td", {}, sentence(app, side, park)), h("td", {}, placeNote(run, park)),
      h("td", { class: "quiet" }, stacks.has(task) ? run.texts[run.name[stacks.get(task)]] : ""));
  });
  return h("table", {}, h("tbody", {}, rows));
}

function drawEndOf(app, side) {
  const run = app.runs[side];
  const warnings = [...run.ofKind(run.K.warn)].slice(-20);
  const chains = chainsOf(run);
  const shown = chains.slice(0, CHAINS_MAX);
  return h("div", {},
    warnings.map((i) => h("p", { class: "cause" }, h("b", {}, sentence(app, side, i)),
      placeNote(run, i))),
    h("h2", {}, "Who waits for whom"),
    shown.map((chain) => chainElement(app, side, chain)),
    chains.length > shown.length
      ? h("p", { class: "quiet" }, `and ${countText(chains.length - shown.length)} more`) : null,
    h("h2", {}, "Where they wait"),
    stuckTable(app, side));
}

export function drawEnd(app, sheet) {
  const side = app.runs[app.active].stuck.length ? app.active : 1 - app.active;
  sheet.replaceChildren(drawEndOf(app, side));
}
