/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which rows a filter shows: those whose task has all its words in its name, its number, in a call
 * it waited in, an object it waited for or used, or a place in the program. */
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

/* The function that says whether a node is shown. */
export function matcherOf(app) {
  const words = app.filter.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return () => true;
  const found = app.runs.map((run) => words.map((word) => thingsWith(run, word)));
  return (node) => app.runs.some((_, side) => {
    const thing = node.things[side];
    if (!thing) return false;
    return found[side].every((things) => things[thing]);
  });
}
