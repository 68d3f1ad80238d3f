/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The options of a choice, rebuilt from the events before it by the rules of docs/design.md, and
 * the choice list that takes another one. What cannot be named for sure is not named. */
import { READY, WAITING, SCOPE, stateAt, moveAt, wordOf, after } from "./run.js";
import { NEVER } from "./decode.js";

/* The parts of the header's list: version;mode;kinds;bounds; and the numbers. */
function listParts(run) {
  const list = run.meta.head.list || "";
  const parts = list.split(";");
  if (parts.length < 5) return null;
  const bound = (letter) => {
    const found = parts[3].split(",").find((part) => part.startsWith(letter));
    return found ? Number(found.slice(1)) : 0;
  };
  return { start: parts.slice(0, 4).join(";") + ";", isStep: parts[1] === "step",
    cancels: bound("c"), lags: bound("l"), nurseries: parts[3].split(",").includes("n") };
}

/* The list of the run up to choice k, and then `pick`; null when the header does not tell how. */
export function listTaking(run, k, pick) {
  const parts = listParts(run);
  if (!parts) return null;
  const picks = [];
  for (let j = 0; j < k; j++) picks.push(run.arg[run.choices[j]]);
  return parts.start + [...picks, pick].join(".");
}

/* The list of the whole run; zeros at its end say nothing. */
export function wholeList(run) {
  let k = run.choices.length;
  while (k > 0 && run.arg[run.choices[k - 1]] === 0) k--;
  return k > 0 ? listTaking(run, k - 1, run.arg[run.choices[k - 1]])
    : (listParts(run) || { start: null }).start;
}

/* The tasks ready before event i, in the order in which they became ready. */
function readyBefore(run, i) {
  const ready = [];
  for (const task of run.tasks) {
    const place = stateAt(run, task, i - 1) === READY ? moveAt(run, task, i - 1) : -1;
    if (place >= 0) ready.push([run.moves[place], task]);
  }
  return ready.sort((a, b) => a[0] - b[0]).map(([, task]) => ({ what: "task", thing: task }));
}

/* Event lists of scopes, and the choices that cancelled; made once. */
function indexOf(run) {
  if (run.scopeIndex) return run.scopeIndex;
  const group = (events) => {
    const lists = new Map();
    for (const j of events) {
      if (!lists.has(run.obj[j])) lists.set(run.obj[j], []);
      lists.get(run.obj[j]).push(j);
    }
    return lists;
  };
  const scopes = run.ofKind(run.K["scope.open"]).map((j) => run.obj[j]);
  run.scopeIndex = { scopes, sets: group(run.ofKind(run.K["scope.set"])),
    cancels: group(run.cancels),
    taken: run.choices.filter((j) => wordOf(run, j, "what") === "cancel") };
  return run.scopeIndex;
}

/* Scopes open before event i, outer before inner: {scope, until, armed, parent, isCancelled}. */
function scopesBefore(run, i) {
  const { made, gone } = run.things;
  const { scopes, sets, cancels } = indexOf(run);
  const open = new Map();
  for (const scope of scopes) {
    if (made[scope] >= i || gone[scope] < i) continue;
    const changes = sets.get(scope) || [];
    const place = after(changes, i - 1) - 1;
    const armed = place >= 0 ? changes[place] : made[scope];
    const isCancelled = (cancels.get(scope) || [i])[0] < i;
    open.set(scope, { scope, until: run.arg[armed], armed, parent: run.by[made[scope]],
      isCancelled });
  }
  return preorder(run, open);
}

function preorder(run, open) {
  const inside = new Map();
  for (const state of open.values()) {
    const parent = open.has(state.parent) ? state.parent : 0;
    if (!inside.has(parent)) inside.set(parent, []);
    inside.get(parent).push(state);
  }
  const all = [];
  const visit = (parent) => {
    for (const state of inside.get(parent) || []) {
      if (state.parent === state.scope || run.things.kind[state.scope] !== SCOPE) continue;
      all.push(state);
      visit(state.scope);
    }
  };
  visit(0);
  return all;
}

/* Timers set before event i, by time and then by the order in which they were set. */
function timersBefore(run, i, scopes) {
  const timers = scopes.filter((state) => !state.isCancelled && state.until !== NEVER)
    .map((state) => ({ thing: state.scope, until: state.until, armed: state.armed }));
  for (const task of run.tasks) {
    const place = moveAt(run, task, i - 1);
    const j = place >= 0 ? run.moves[place] : -1;
    if (j >= 0 && run.stateOfKind[run.kind[j]] === WAITING && run.arg[j] !== NEVER) {
      timers.push({ thing: task, until: run.arg[j], armed: j });
    }
  }
  return timers.sort((a, b) => a.until - b.until || a.armed - b.armed);
}

function stepCandidates(run, i, parts) {
  const scopes = scopesBefore(run, i);
  const timers = timersBefore(run, i, scopes);
  const due = timers.filter((timer) => timer.until <= run.t[i]);
  const ready = readyBefore(run, i);
  const timer = (one) => ({ what: "timer", thing: one.thing, until: one.until });
  let all;
  if (due.length) {
    all = due.map(timer);
  } else if (ready.length) {
    all = ready;
    if (timers.length && parts.lags) all.push(timer(timers[0]));
  } else {
    all = [{ what: "advance", thing: 0 }];
  }
  if (parts.cancels > after(indexOf(run).taken, i - 1)) {
    for (const { scope, isCancelled } of scopes) {
      const isPlain = !run.scopeNursery.has(scope);
      if (!isCancelled && (isPlain || parts.nurseries)) all.push({ what: "cancel", thing: scope });
    }
  }
  return all;
}

/* Of more options than this the first ones are listed, and the one taken. */
const OPTIONS_MAX = 100;

/* The candidates before choice event i as far as they are sure; else []. */
function candidatesOf(run, i, parts) {
  if (wordOf(run, i, "kind") !== "run" || !parts || !run.hasSteps) return [];
  const named = parts.isStep ? stepCandidates(run, i, parts)
    : readyBefore(run, i).slice(0, run.counts[i]);
  const taken = named[run.arg[i]];
  const fits = taken && taken.thing === run.obj[i] && taken.what === wordOf(run, i, "what");
  return named.length === run.counts[i] && fits ? named : [];
}

/* The options of choice event i: [{k, what, thing, isTaken}]; `what` is "none" for those that
 * cannot be named. */
export function optionsOf(run, i) {
  const pick = run.arg[i];
  const named = candidatesOf(run, i, listParts(run));
  const numbers = Array.from({ length: Math.min(run.counts[i], OPTIONS_MAX) }, (_, k) => k);
  if (!numbers.includes(pick)) numbers.push(pick);
  return numbers.map((k) => {
    const isTaken = k === pick;
    const told = isTaken ? { what: wordOf(run, i, "what"), thing: run.obj[i] } : { what: "none" };
    return { k, thing: 0, ...(named[k] || told), isTaken };
  });
}
