/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which rows a filter shows: those whose task has all its words in its name, its number, in a call
 * it waited in, an object it waited for or used, or a place in the program. */
import { eventAt } from "./run.js";
import { positionOf } from "./timeline.js";
import { thingName } from "./words.js";

/* For each text, 1 if it has the word in it. */
function textsWith(run, word) {
  const found = new Uint8Array(run.texts.length);
  run.texts.forEach((text, k) => {
    if (text.toLowerCase().includes(word)) found[k] = 1;
  });
  return found;
}

/* The things of a run that have to do with a word. */
function thingsWith(run, word) {
  const { things, task, obj, name, site, K } = run;
  const texts = textsWith(run, word);
  const named = new Uint8Array(run.ids.length);
  const found = new Uint8Array(run.ids.length);
  for (let thing = 1; thing < run.ids.length; thing++) {
    const isNamed = things.kind[thing] !== 0 && thingName(run, thing).toLowerCase().includes(word);
    if (isNamed || word === "#" + run.ids[thing]) named[thing] = 1;
    if (named[thing]) found[thing] = 1;
  }
  const uses = [K["task.park"], K["obj.op"], K["task.cancelled"], K["io.submit"]];
  for (const use of uses) {
    for (const i of run.ofKind(use)) {
      if (texts[name[i]] || texts[site[i]] || named[obj[i]]) found[task[i]] = 1;
    }
  }
  for (const one of run.tasks) {
    if (texts[site[things.made[one]]]) found[one] = 1;
  }
  return found;
}

/* Does it live in the part that a pane shows? */
function livesInView(app) {
  const views = app.panes.map((pane) => [eventAt(pane.run, pane.axis, pane.from),
    eventAt(pane.run, pane.axis, positionOf(pane, pane.width))]);
  return (node) => app.runs.some(({ things }, side) => {
    const thing = node.things[side];
    const [from, to] = views[side];
    return thing && things.made[thing] <= to && things.gone[thing] >= from;
  });
}

/* Is its task on the critical path? */
function isOnPath(app) {
  const tasks = app.path.map((pieces) => new Set(pieces.map((piece) => piece.task)));
  return (node) => tasks.some((on, side) => on.has(node.things[side]));
}

/* The function that says whether a node is shown. */
export function matcherOf(app) {
  const words = app.filter.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const tests = [];
  if (app.path) tests.push(isOnPath(app));
  if (app.aliveOnly) tests.push(livesInView(app));
  if (words.length > 0) tests.push(wordMatcher(app, words));
  return (node) => tests.every((test) => test(node));
}

/* The last one asked for: it takes a look at all events. */
let kept = { filter: null, matches: null };

function wordMatcher(app, words) {
  if (kept.filter === app.filter) return kept.matches;
  const found = app.runs.map((run) => words.map((word) => thingsWith(run, word)));
  kept = { filter: app.filter, matches: (node) => app.runs.some((_, side) => {
    const thing = node.things[side];
    return thing !== 0 && found[side].every((things) => things[thing]);
  }) };
  return kept.matches;
}
