/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two runs: how far they are equal, the first choice that differs, and the first task whose own
 * story differs: what it did itself, without what happened to it and when. What is compared is what
 * `tutti trace diff` compares. */
import { TASK } from "./run.js";

/* Whose story an event is part of: its task's, its `by`'s, or that of who made its object. */
const TELLERS = {
  "task.spawn": "by", "scope.cancel": "by", "scope.finish": "by",
  "scope.set": "owner", "scope.close": "owner", "nursery.close": "owner", "io.done": "owner",
  "task.exit": "task", "task.park": "task", "task.cancelled": "task", "nursery.open": "task",
  "scope.open": "task", "obj.new": "task", "obj.op": "task", "io.submit": "task",
  "span.begin": "task", "span.end": "task", log: "task", "task.ck": "task",
};
/* Those with a number that the task's own doing decides: no time, and no count of steps. */
const NUMBERED = ["task.exit", "obj.new", "obj.op", "io.submit", "io.done"];
/* Those whose object was made by no task: a count of steps, spans. */
const UNMADE = ["task.exit", "span.begin", "span.end"];

/* Is event i the same in both, ids and times included? */
function isEqual(a, b, i) {
  return a.kind[i] === b.kind[i] && a.t[i] === b.t[i] && a.arg[i] === b.arg[i]
    && a.counts[i] === b.counts[i] && a.code[i] === b.code[i] && a.code2[i] === b.code2[i]
    && a.flag[i] === b.flag[i] && a.ids[a.task[i]] === b.ids[b.task[i]]
    && a.ids[a.obj[i]] === b.ids[b.obj[i]] && a.ids[a.by[i]] === b.ids[b.by[i]]
    && a.texts[a.name[i]] === b.texts[b.name[i]] && a.texts[a.site[i]] === b.texts[b.site[i]];
}

/* How many events the runs have in common at their beginning; the header counts as equal. */
function commonPart(a, b) {
  const most = Math.min(a.count, b.count);
  let i = Math.min(1, most);
  while (i < most && isEqual(a, b, i)) i++;
  return i;
}

function firstOtherChoice(a, b) {
  const most = Math.min(a.choices.length, b.choices.length);
  for (let k = 0; k < most; k++) {
    const i = a.choices[k];
    const j = b.choices[k];
    if (a.arg[i] !== b.arg[j] || a.counts[i] !== b.counts[j] || a.code[i] !== b.code[j]) {
      return { k, events: [i, j] };
    }
  }
  return null;
}

/* The events each task did itself, in order: Map of task to events. */
function storiesOf(run) {
  const tellers = run.kinds.map((kind) => TELLERS[kind.e]);
  const stories = new Map(run.tasks.map((task) => [task, []]));
  for (let i = 0; i < run.count; i++) {
    const teller = tellers[run.kind[i]];
    if (!teller) continue;
    const story = stories.get(teller === "owner" ? run.things.owner[run.obj[i]] : run[teller][i]);
    if (story) story.push(i);
  }
  return stories;
}

/* Do these two events, of one task's story each, say the same? */
function saysSame(tree, i, j) {
  const [a, b] = tree.runs;
  const kind = a.kinds[a.kind[i]].e;
  return kind === b.kinds[b.kind[j]].e && a.code[i] === b.code[j] && a.flag[i] === b.flag[j]
    && a.texts[a.name[i]] === b.texts[b.name[j]] && a.texts[a.site[i]] === b.texts[b.site[j]]
    && (!NUMBERED.includes(kind) || a.arg[i] === b.arg[j])
    && (UNMADE.includes(kind) || tree.paths[0][a.obj[i]] === tree.paths[1][b.obj[j]]);
}

/* Where a task's two stories part: the number of the first event that differs; -1: nowhere. */
function parting(tree, [a, b]) {
  const most = Math.min(a.length, b.length);
  for (let k = 0; k < most; k++) {
    if (!saysSame(tree, a[k], b[k])) return k;
  }
  return a.length === b.length ? -1 : most;
}

/* Everything about the difference: {common, choice, tasks: [{node, k, events}], only, stories}.
 * `tasks` are those that differ, the first one first; one whose story merely ends is later than
 * others. An event of -1: that run has no such event. */
export function diffOf(tree) {
  const { runs } = tree;
  const stories = runs.map((run) => storiesOf(run));
  const tasks = [];
  for (const [thing, node] of tree.nodes[0]) {
    if (node.kind !== TASK || !node.things[1]) continue;
    const both = [stories[0].get(thing), stories[1].get(node.things[1])];
    const k = parting(tree, both);
    if (k < 0) continue;
    const events = both.map((story) => (k < story.length ? story[k] : -1));
    const [i, j] = events.map((event, side) => (event < 0 ? runs[side].count : event));
    tasks.push({ node, k, events, when: [Math.max(i, j), i + j] });
  }
  tasks.sort((a, b) => a.when[0] - b.when[0] || a.when[1] - b.when[1]);
  const only = [0, 1].map((side) => [...tree.nodes[side].values()]
    .filter((node) => node.kind === TASK && !node.things[1 - side]));
  return { common: commonPart(runs[0], runs[1]), choice: firstOtherChoice(runs[0], runs[1]), tasks,
    only, stories };
}
