/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Why a task does not go on: it waits for an object, somebody has that, who waits himself ... */
import { RUNNING, READY, WAITING, NURSERY, OPERATION, OBJECT, GONE, stateAt, parkAt, holderAt,
  childrenAt } from "./run.js";
import { NEVER } from "./decode.js";
import { timeText } from "./words.js";

/* What task waits for after event i: {park, object, next: [tasks], others, end}. `next` are those
 * who can end the wait; `end` says why there is nobody, or that it will end by itself. */
export function waitOf(run, task, i) {
  const park = parkAt(run, task, i);
  if (park < 0) return null;
  const object = run.obj[park];
  const kind = run.things.kind[object];
  const wait = { park, object, next: [], end: null };
  if (kind === NURSERY) {
    wait.next = childrenAt(run, object, i);
    if (wait.next.length === 0) wait.end = ["fine", "its body and children are done"];
  } else if (kind === OPERATION) {
    wait.end = ["fine", "an operation of the world"];
  } else if (kind === OBJECT) {
    const holder = holderAt(run, object, i);
    if (holder) wait.next = [holder];
  }
  if (!wait.end && run.arg[park] !== NEVER) {
    wait.end = ["fine", `its timer, at ${timeText(run.arg[park])}`];
  } else if (!wait.end && wait.next.length === 0) {
    const isOver = run.isStuck.has(task) && i === run.last;
    wait.end = isOver ? ["end", "nobody can end this wait"]
      : ["", kind === OBJECT ? "until somebody wakes it" : "nobody is named"];
  }
  return wait;
}

/* Those who woke tasks that waited for an object, before event i and alive then. */
export function wakersOf(run, object, i) {
  const wakers = new Set();
  for (const j of run.ofKind(run.K["task.ready"])) {
    if (j > i) break;
    if (object && run.obj[j] === object && run.by[j]) wakers.add(run.by[j]);
  }
  return [...wakers];
}

function standing(run, task, i) {
  switch (stateAt(run, task, i)) {
    case RUNNING: return ["fine", "runs"];
    case READY: return ["fine", "is ready"];
    case GONE: return ["end", "has exited"];
    default: return ["", "has not run yet"];
  }
}

/* The chain from a task: steps {task, wait, others}, and how it ends: {look, text}. Of several who
 * could end a wait the first one that waits itself is followed; `others` counts the rest. */
export function chainOf(run, task, i) {
  const steps = [];
  const seen = new Set();
  let at = task;
  while (!seen.has(at)) {
    seen.add(at);
    const wait = stateAt(run, at, i) === WAITING ? waitOf(run, at, i) : null;
    steps.push({ task: at, wait, others: wait ? Math.max(0, wait.next.length - 1) : 0 });
    if (!wait) {
      const [look, text] = standing(run, at, i);
      return { steps, look, text };
    }
    const nexts = wait.next.filter((one) => one !== at || holderAt(run, wait.object, i) === at);
    if (nexts.length === 0) {
      const [look, text] = wait.end || ["", ""];
      return { steps, look, text };
    }
    at = nexts.find((one) => seen.has(one)) || nexts.find((one) => run.isStuck.has(one)
      && stateAt(run, one, i) === WAITING) || nexts[0];
  }
  return { steps, look: "end", text: "a cycle", back: at };
}

/* The tasks of the cycle that a chain ends in; [] if it does not. */
export function cycleOf(chain) {
  const from = chain.steps.findIndex((step) => step.task === chain.back);
  return from < 0 ? [] : chain.steps.slice(from).map((step) => step.task);
}
