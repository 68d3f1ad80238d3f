/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a run was, made from its columns: things, who was in which state when, positions on the
 * axes. An event is known by its place `i` in the columns, a thing by its place among the ids. */

/* What a thing is. */
export const UNKNOWN = 0;
export const TASK = 1;
export const NURSERY = 2;
export const SCOPE = 3;
export const OBJECT = 4;
export const OPERATION = 5;
/* What a task does. */
export const NEW = 0;
export const READY = 1;
export const RUNNING = 2;
export const WAITING = 3;
export const GONE = 4;

/* The word of a coded field of event i. */
export function wordOf(run, i, key) {
  const field = run.kinds[run.kind[i]].fields.find((candidate) => candidate[0] === key);
  return field ? field[3][run[field[2]][i]] || "?" : "";
}

function makeThing(run, thing, kind, i, owner) {
  if (thing === 0 || run.things.kind[thing] !== UNKNOWN) return;
  const things = run.things;
  things.kind[thing] = kind;
  things.made[thing] = i;
  things.owner[thing] = owner;
  things.order.push(thing);
  if (kind === TASK) run.tasks.push(thing);
  if (kind === NURSERY) run.nurseries.push(thing);
}

/* Everything that was ever made. */
function findThings(run) {
  const { K, kind, task, obj, by } = run;
  const size = run.ids.length;
  const things = {
    kind: new Uint8Array(size), owner: new Uint32Array(size),
    made: new Uint32Array(size).fill(run.count), gone: new Uint32Array(size).fill(run.count),
    order: [],
  };
  Object.assign(run, { things, tasks: [], nurseries: [] });
  for (let i = 0; i < run.count; i++) {
    switch (kind[i]) {
      case K["task.spawn"]: makeThing(run, task[i], TASK, i, obj[i]); break;
      case K["task.move"]: things.owner[task[i]] = obj[i]; break;
      case K["task.exit"]: things.gone[task[i]] = i; break;
      case K["nursery.open"]: makeThing(run, obj[i], NURSERY, i, task[i]); break;
      case K["scope.open"]: makeThing(run, obj[i], SCOPE, i, task[i]); break;
      case K["obj.new"]: makeThing(run, obj[i], OBJECT, i, task[i]); break;
      case K["io.submit"]: makeThing(run, obj[i], OPERATION, i, task[i]); break;
      case K["nursery.close"]: case K["scope.close"]: case K["obj.free"]: case K["io.done"]:
        things.gone[obj[i]] = i;
        break;
      default:
    }
  }
  run.scopeNursery = new Map(run.nurseries.map((nursery) => [by[things.made[nursery]], nursery]));
}

/* The events that change a task's state, task by task: those of task k are moves[firstMove[k]] to
 * moves[firstMove[k + 1] - 1]. */
function findMoves(run) {
  const { K, kind, task, things } = run;
  const state = new Uint8Array(run.kinds.length).fill(255);
  state[K["task.spawn"]] = NEW;
  state[K["task.ready"]] = READY;
  state[K["task.run"]] = RUNNING;
  state[K["task.park"]] = WAITING;
  state[K["task.exit"]] = GONE;
  const first = new Uint32Array(run.ids.length + 1);
  for (let i = 0; i < run.count; i++) {
    if (state[kind[i]] !== 255 && things.kind[task[i]] === TASK) first[task[i] + 1]++;
  }
  for (let k = 0; k < run.ids.length; k++) first[k + 1] += first[k];
  const moves = new Uint32Array(first[run.ids.length]);
  const next = first.slice();
  for (let i = 0; i < run.count; i++) {
    if (state[kind[i]] !== 255 && things.kind[task[i]] === TASK) moves[next[task[i]]++] = i;
  }
  Object.assign(run, { stateOfKind: state, firstMove: first, moves });
}

/* Where events are on the axis of steps: step k is from k to k + 1, its events evenly between. */
function findSteps(run) {
  const { kind } = run;
  const runs = run.ofKind(run.K["task.run"]);
  const steps = new Float64Array(run.count);
  let from = 0;
  for (let k = 0; k <= runs.length; k++) {
    const to = k < runs.length ? runs[k] : run.count;
    for (let i = from; i < to; i++) steps[i] = k + (i - from) / (to - from);
    from = to;
  }
  run.axes = {
    events: { at: (i) => i, end: run.count, array: null },
    steps: { at: (i) => steps[i], end: runs.length + 1, array: steps },
    time: { at: (i) => run.t[i], end: run.count ? run.t[run.count - 1] : 0, array: run.t },
  };
  run.hasSteps = runs.length > 0 && kind.length > 0;
}

/* A flight recorder's file may be whole without the run's end. */
function unendedWord(run) {
  if (run.ofKind(run.K["run.sofar"]).length === 0) return "no end";
  const warns = run.ofKind(run.K.warn);
  const dead = warns.length > 0 && wordOf(run, warns[warns.length - 1], "kind") === "panic";
  return dead ? "panic" : "so far";
}

/* Completes what decodeRun gave. */
export function completeRun(run) {
  findThings(run);
  findMoves(run);
  findSteps(run);
  run.choices = run.ofKind(run.K.choice);
  run.cancels = run.ofKind(run.K["scope.cancel"]);
  run.end = run.ofKind(run.K["run.end"])[0];
  run.outcome = run.end === undefined ? unendedWord(run) : wordOf(run, run.end, "outcome");
  run.last = Math.max(0, run.count - 1);
  run.stuck = run.outcome === "deadlock" ? run.tasks.filter((task) => isAlive(run, task)) : [];
  run.isStuck = new Set(run.stuck);
  return run;
}

function isAlive(run, task) {
  return run.things.gone[task] === run.count;
}

/* The place in sorted[from..to) of the first number above `limit`. */
export function after(sorted, limit, from = 0, to = sorted.length) {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle] <= limit) from = middle + 1;
    else to = middle;
  }
  return from;
}

/* The place in run.moves of the task's last move up to event i, or -1. */
export function moveAt(run, task, i) {
  const from = run.firstMove[task];
  const place = after(run.moves, i, from, run.firstMove[task + 1]) - 1;
  return place < from ? -1 : place;
}

/* Its state after event i; GONE before it is made, too. */
export function stateAt(run, task, i) {
  const place = moveAt(run, task, i);
  return place < 0 ? GONE : run.stateOfKind[run.kind[run.moves[place]]];
}

/* The park event it is in after event i, or -1. */
export function parkAt(run, task, i) {
  const place = moveAt(run, task, i);
  return place >= 0 && run.stateOfKind[run.kind[run.moves[place]]] === WAITING
    ? run.moves[place] : -1;
}

/* The first event whose place on an axis is `position` or more. */
export function eventAt(run, axis, position) {
  if (!axis.array) return Math.max(0, Math.min(run.last, Math.ceil(position)));
  let from = 0;
  let to = run.count;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (axis.array[middle] < position) from = middle + 1;
    else to = middle;
  }
  return Math.min(from, run.last);
}

/* The lock and unlock events of each object. */
function locksOf(run) {
  if (run.locks) return run.locks;
  run.locks = new Map();
  for (const i of run.ofKind(run.K["obj.op"])) {
    const op = run.texts[run.name[i]];
    if (op !== "lock" && op !== "unlock") continue;
    if (!run.locks.has(run.obj[i])) run.locks.set(run.obj[i], []);
    run.locks.get(run.obj[i]).push(i);
  }
  return run.locks;
}

/* The task that has an object by `lock` after event i; 0: nobody. */
export function holderAt(run, object, i) {
  const ops = locksOf(run).get(object);
  const place = ops ? after(ops, i) - 1 : -1;
  return place >= 0 && run.texts[run.name[ops[place]]] === "lock" ? run.task[ops[place]] : 0;
}

/* The tasks of a nursery that are alive after event i. */
export function childrenAt(run, nursery, i) {
  if (!run.children) {
    run.children = new Map();
    for (const task of run.tasks) {
      const home = run.things.owner[task];
      if (!run.children.has(home)) run.children.set(home, []);
      run.children.get(home).push(task);
    }
  }
  const { made, gone } = run.things;
  return (run.children.get(nursery) || []).filter((task) => made[task] <= i && gone[task] > i);
}
