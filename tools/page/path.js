/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The critical path: what the end of the run waited for, step by step back to its beginning. */
import { RUNNING, READY, WAITING, TASK, moveAt, wordOf } from "./run.js";

/* The pieces from the start of the run to its end: {task, state, from, to, via}; `via` is the
 * event that led to the piece. A task that was made ready by another hands the path to that one;
 * one that waited for a timer or an operation keeps it, and the wait is a piece of its own. */
export function criticalPath(run) {
  const pieces = [];
  const runs = run.ofKind(run.K["task.run"]);
  if (runs.length === 0) return pieces;
  let task = run.task[runs[runs.length - 1]];
  let end = run.last;
  for (let guard = 0; guard < run.count && task; guard++) {
    const place = moveAt(run, task, end - (pieces.length ? 1 : 0));
    if (place < 0) break;
    const i = run.moves[place];
    const state = run.stateOfKind[run.kind[i]];
    if (state === RUNNING || state === WAITING || pieces.length === 0) {
      pieces.push({ task, state: state === WAITING ? WAITING : RUNNING, from: i, to: end });
      end = i;
      if (state === RUNNING || state === WAITING) continue;
    }
    if (state !== READY) break;
    pieces.push({ task, state: READY, from: i, to: end });
    end = i;
    const by = run.by[i];
    const why = wordOf(run, i, "why");
    if (by && by !== task && run.things.kind[by] === TASK && why !== "yield") task = by;
  }
  return pieces.reverse().filter((piece) => piece.to > piece.from);
}
