/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Things and events in words. A sentence is a list of pieces: texts, and things as numbers in an
 * array of one, so that a panel can make them links. */
import { TASK, NURSERY, SCOPE, OBJECT, OPERATION, wordOf } from "./run.js";
import { NEVER } from "./decode.js";

const UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];

/* A time or a span in ns. */
export function timeText(ns, digits = 9) {
  if (ns === NEVER) return "never";
  if (ns === 0) return "0 ns";
  const [unit, name] = UNITS.find(([size]) => Math.abs(ns) >= size) || UNITS[3];
  return `${Number((ns / unit).toFixed(Math.min(digits, 9)))} ${name}`;
}

/* 1234567 as 1,234,567. */
export function countText(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/* The name it was given; "" if none. */
export function givenName(run, thing) {
  const made = run.things.made[thing];
  return made < run.count && run.things.kind[thing] !== SCOPE ? run.texts[run.name[made]] : "";
}

/* What it is: "", "nursery", "lock", ... */
export function kindName(run, thing) {
  switch (run.things.kind[thing]) {
    case TASK: return "";
    case NURSERY: return "nursery";
    case SCOPE: return "scope";
    case OPERATION: return "operation";
    case OBJECT: return wordOf(run, run.things.made[thing], "kind");
    default: return "";
  }
}

/* main, lock "account A", scope #7; with the id for tasks if `full`. */
export function thingName(run, thing, full = false) {
  if (thing === 0) return "the runtime";
  const id = "#" + run.ids[thing];
  const kind = kindName(run, thing);
  const name = givenName(run, thing);
  if (kind === "operation") return `${name} ${id}`;
  if (!kind) return name ? name + (full ? " " + id : "") : id;
  return name ? `${kind} "${name}"` + (full ? " " + id : "") : `${kind} ${id}`;
}

/* Where event i was, "file.c:12"; "" unknown. */
export function placeOf(run, i) {
  return run.texts[run.site[i]];
}

/* The last part of a path. */
export function shortPlace(place) {
  return place.slice(place.lastIndexOf("/") + 1);
}

/* What a task does in park event i: "lock.acquire account B". */
export function waitText(run, i) {
  const op = run.texts[run.name[i]];
  const object = run.obj[i];
  if (run.things.kind[object] === OPERATION) return op;
  if (object !== 0) return `${op} ${givenName(run, object) || thingName(run, object)}`;
  return run.arg[i] !== NEVER ? `${op} until ${timeText(run.arg[i])}` : op;
}

/* A scope by what it is for: its nursery, if it has one. */
function scopeThing(run, scope) {
  return [run.scopeNursery.get(scope) || scope];
}

const READY_WORDS = {
  spawn: (run, i) => [[run.task[i]], " is ready to start"],
  wake: (run, i) => [[run.by[i]], " wakes ", [run.task[i]], ...forObject(run, i)],
  timer: (run, i) => ["the timer of ", [run.task[i]], " fires"],
  io: (run, i) => ["an operation wakes ", [run.task[i]]],
  cancel: (run, i) => ["a cancellation wakes ", [run.task[i]]],
  yield: (run, i) => [[run.task[i]], " is ready again"],
  post: (run, i) => ["a post from outside wakes ", [run.task[i]]],
};

function forObject(run, i) {
  return run.obj[i] ? [", ", [run.obj[i]]] : [];
}

function untilWords(run, i) {
  return run.arg[i] === NEVER ? [] : [` until ${timeText(run.arg[i])}`];
}

const SENTENCES = {
  "run.begin": () => ["the run begins"],
  "run.end": (run, i) => [`the run ends: ${wordOf(run, i, "outcome")}`],
  "run.drop": (run, i) => [`${run.arg[i]} events are missing here`],
  "run.snap": () => ["what was there when the events that are kept begin"],
  "run.sofar": () => ["the file is complete up to here"],
  choice: (run, i) => {
    const what = wordOf(run, i, "what");
    const taken = run.obj[i] ? scopeThing(run, run.obj[i]) : null;
    const kind = wordOf(run, i, "kind");
    const words = [`choice [${run.arg[i]}/${run.counts[i]}]${kind === "run" ? "" : ` of ${kind}`}`];
    if (what === "task" && taken) words.push(": ", taken, " runs");
    else if (what === "timer" && taken) words.push(": the timer of ", taken, " fires");
    else if (what === "cancel" && taken) words.push(": cancels ", taken);
    else if (what === "advance") words.push(": time goes on");
    return words;
  },
  warn: (run, i) => [run.texts[run.name[i]] || wordOf(run, i, "kind")],
  "io.done": (run, i) => [[run.obj[i]], ` is done with ${run.arg[i]}`],
  "io.data": (run, i) => [[run.obj[i]], " brought data"],
  "clock.read": () => ["the clock was read"],
  "post.seen": (run, i) => [`${run.arg[i]} posts are seen at `, [run.obj[i]]],
  "task.spawn": (run, i) => (run.obj[i]
    ? [[run.by[i]], " starts ", [run.task[i]], " in ", [run.obj[i]]]
    : [[run.by[i]], " starts ", [run.task[i]]]),
  "task.exit": (run, i) => {
    const outcome = wordOf(run, i, "outcome");
    return [[run.task[i]], outcome === "ok" ? " exits" : ` exits: ${outcome}`,
      run.arg[i] ? ` (code ${run.arg[i]})` : ""];
  },
  "task.stack": (run, i) => ["the stack of ", [run.task[i]], `: ${run.texts[run.name[i]]}`],
  "task.move": (run, i) => [[run.task[i]], " moves to ", [run.obj[i]]],
  "nursery.open": (run, i) => [[run.task[i]], " opens ", [run.obj[i]]],
  "nursery.close": (run, i) => [[run.obj[i]], ` closes: ${wordOf(run, i, "outcome")}`],
  "scope.open": (run, i) => [[run.task[i]], " opens ", [run.obj[i]], ...untilWords(run, i),
    run.flag[i] ? ", shielded" : ""],
  "scope.set": (run, i) => ["now ", [run.obj[i]], ...untilWords(run, i),
    run.flag[i] ? ", shielded" : ""],
  "scope.close": (run, i) => [[run.obj[i]], run.flag[i] ? " closes, cancelled" : " closes"],
  "scope.cancel": (run, i) => [[run.by[i]], " cancels ", scopeThing(run, run.obj[i]),
    ` (${wordOf(run, i, "why")})`, run.name[i] ? `: ${run.texts[run.name[i]]}` : ""],
  "scope.finish": (run, i) => [[run.by[i]], " asks ", scopeThing(run, run.obj[i]), " to finish"],
  "obj.new": (run, i) => [[run.task[i]], " makes ", [run.obj[i]]],
  "obj.free": (run, i) => [[run.obj[i]], " is gone"],
  "task.ready": (run, i) => {
    const words = READY_WORDS[wordOf(run, i, "why")];
    return words ? words(run, i) : [[run.task[i]], " is ready"];
  },
  "task.run": (run, i) => [[run.task[i]], " runs"],
  "task.park": (run, i) => [[run.task[i]], ` waits in ${run.texts[run.name[i]]}`,
    ...(run.obj[i] ? [" for ", [run.obj[i]]] : []), ...untilWords(run, i)],
  "task.cancelled": (run, i) => [[run.task[i]], ` is cancelled in ${run.texts[run.name[i]]} by `,
    scopeThing(run, run.obj[i])],
  "loop.wait": (run, i) => ["nothing is ready: the world is waited for", ...untilWords(run, i)],
  "loop.woke": () => ["the wait for the world is over"],
  "obj.op": (run, i) => [[run.task[i]], `: ${run.texts[run.name[i]]} `, [run.obj[i]]],
  "io.submit": (run, i) => [[run.task[i]], " starts ", [run.obj[i]]],
  "span.begin": (run, i) => [[run.task[i]], ` begins ${run.texts[run.name[i]]}`],
  "span.end": (run, i) => [[run.task[i]], " ends ", [run.obj[i]]],
  log: (run, i) => [[run.task[i]], ` says (${wordOf(run, i, "lvl")}): `
    + run.texts[run.name[i]]],
  fault: (run, i) => [`a fault: ${wordOf(run, i, "kind")}`, run.arg[i] ? ` (${run.arg[i]})` : ""],
  "task.ck": (run, i) => [[run.task[i]], " passes a checkpoint"],
  "async.end": (run, i) => [[run.task[i]], ` returns from ${run.texts[run.name[i]]}: `
    + `${run.arg[i]}`],
  "task.stop": (run, i) => ["the step of ", [run.task[i]], " is over"],
  "task.abort": (run, i) => ["a cancellation reaches ", [run.task[i]],
    ` in ${run.texts[run.name[i]]}`],
  "clock.move": () => ["the clock went on"],
};

/* Event i as a sentence. */
export function eventWords(run, i) {
  const kind = run.kinds[run.kind[i]].e;
  const words = SENTENCES[kind];
  return words ? words(run, i).filter((word) => word !== "") : [kind];
}

/* The same as one text. */
export function eventText(run, i) {
  return eventWords(run, i)
    .map((word) => (Array.isArray(word) ? thingName(run, word[0]) : word)).join("");
}
