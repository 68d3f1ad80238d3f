/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which event of one run goes with which of the other: the same one while the runs are equal, then
 * the same one of the same task's own story. */
import { TASK, after } from "./run.js";

/* The event of the other run that goes with event i of `side`. */
export function partnerEvent(app, side, i) {
  const { diff, tree, runs } = app;
  const other = 1 - side;
  const last = runs[other].last;
  if (i < diff.common) return i;
  if (i === runs[side].last) return last;
  const task = runs[side].task[i];
  const node = tree.nodes[side].get(task);
  if (!node || node.kind !== TASK || !node.things[other]) return partnerOfTime(app, side, i);
  const place = after(diff.stories[side].get(task), i) - 1;
  const story = diff.stories[other].get(node.things[other]);
  if (place < 0 || story.length === 0) return Math.min(runs[other].things.made[node.things[other]],
    last);
  return story[Math.min(place, story.length - 1)];
}

/* An event of no task that both have: by its step. */
function partnerOfTime(app, side, i) {
  const { runs } = app;
  const steps = runs[1 - side].axes.steps;
  const k = after(steps.array, runs[side].axes.steps.at(i)) - 1;
  return Math.max(0, k);
}
