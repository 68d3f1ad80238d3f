/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The critical path: what the end of the run waited for, piece by piece back to its beginning. */
import { RUNNING, READY, GONE, TASK, moveAt, stateAt, wordOf } from "./run.js";

/* The task that made another ready by event i, 0 if it was the runtime. Behind a cancellation it
 * is the one that cancelled, if it did so in its own step. */
function causeOf(run, i) {
  const why = wordOf(run, i, "why");
  let by = run.by[i];
  if (why === "cancel") {
    for (let j = i - 1; j > 0 && j > i - 64; j--) {
      if (run.kind[j] === run.K["task.run"]) break;
      if (run.kind[j] !== run.K["scope.cancel"]) continue;
      by = run.by[j];
      break;
    }
  }
  const isOther = run.things.kind[by] === TASK && by !== run.task[i];
  return isOther && stateAt(run, by, i) === RUNNING ? by : 0;
}

/* The pieces from the start of the run to its end: {task, state, from, to}. A task that another one
 * made ready hands the path to that one; one that waited for a timer or an operation keeps it, and
 * the wait is a piece of its own. What lasts one event, as a yield does, belongs to what is before.
 */
export function criticalPath(run) {
  const pieces = [];
  const runs = run.ofKind(run.K["task.run"]);
  let task = runs.length ? run.task[runs[runs.length - 1]] : 0;
  let to = run.last;
  for (let place = task ? moveAt(run, task, to) : -1; place >= 0;) {
    const from = run.moves[place];
    const kind = run.kind[from];
    const state = run.stateOfKind[kind];
    if (kind === run.K["task.spawn"]) break;
    if (state !== GONE && (to > from + 1 || state === RUNNING)) {
      pieces.push({ task, state, from, to });
      to = from;
    }
    if (state === READY) task = causeOf(run, from) || task;
    place = moveAt(run, task, from - 1);
  }
  return pieces.reverse();
}

/* How much of a path each task has, in steps and ns, most first. */
export function sharesOf(run, pieces) {
  const shares = new Map();
  for (const { task, state, from, to } of pieces) {
    const share = shares.get(task) || { task, steps: 0, ns: 0, pieces: 0 };
    share.steps += state === RUNNING ? 1 : 0;
    share.ns += run.t[to] - run.t[from];
    share.pieces++;
    shares.set(task, share);
  }
  return [...shares.values()].sort((a, b) => b.ns - a.ns || b.steps - a.steps);
}
