/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The sheet of one task or nursery: what it does at the cursor, its wait chain, its story. */
import { h } from "./dom.js";
import { NURSERY, READY, RUNNING, WAITING, GONE, stateAt, parkAt, moveAt, wordOf, childrenAt,
  after } from "./run.js";
import { timeText, countText, placeOf, thingName } from "./words.js";
import { chainOf, wakersOf } from "./chain.js";
import { chainElement, thingLink, placeNote, eventLink } from "./links.js";
import { makeList, showList } from "./list.js";
import { fillEvent } from "./moment.js";
import { setCursor } from "./app.js";

/* "since event 38, 2 steps, 41 ms" */
function sinceText(app, side, i) {
  const run = app.runs[side];
  const now = app.cursor[side];
  const steps = Math.floor(run.axes.steps.at(now)) - Math.floor(run.axes.steps.at(i));
  const ns = run.t[now] - run.t[i];
  const parts = [`${countText(steps)} ${steps === 1 ? "step" : "steps"}`];
  if (ns > 0) parts.push(timeText(ns, 3));
  return h("span", { class: "quiet" }, " since ", eventLink(app, side, i), `, ${parts.join(", ")}`);
}

function stateLine(app, side, task) {
  const run = app.runs[side];
  const i = app.cursor[side];
  const place = moveAt(run, task, i);
  if (place < 0) return h("p", { class: "quiet" }, "not made yet at the cursor");
  const move = run.moves[place];
  switch (stateAt(run, task, i)) {
    case RUNNING: return h("p", {}, h("b", {}, "runs"), sinceText(app, side, move));
    case READY: {
      const by = run.by[move];
      const whose = by && by !== task ? [" by ", thingLink(app, side, by)] : [];
      return h("p", {}, h("b", {}, "is ready"), ` (${wordOf(run, move, "why")}`, ...whose, ")",
        sinceText(app, side, move));
    }
    case WAITING: return h("p", {}, h("b", {}, "waits"), ` in ${run.texts[run.name[move]]}`,
      sinceText(app, side, move), placeNote(run, move));
    case GONE: return h("p", {}, h("b", {}, "has exited"), `: ${wordOf(run, move, "outcome")}`,
      sinceText(app, side, move));
    default: return h("p", {}, h("b", {}, "is new"), sinceText(app, side, move));
  }
}

/* Who woke those who waited before for what it waits for now. */
function wakersLine(app, side, task) {
  const run = app.runs[side];
  const park = parkAt(run, task, app.cursor[side]);
  if (park < 0 || !run.obj[park]) return null;
  const wakers = wakersOf(run, run.obj[park], app.cursor[side]).slice(0, 8);
  if (wakers.length === 0) return null;
  return h("p", { class: "quiet" }, "Waits for it were ended so far by ",
    wakers.flatMap((waker, k) => [k ? ", " : "", thingLink(app, side, waker)]), ".");
}

/* All events a task has to do with. */
function storyOf(run, task) {
  run.stories = run.stories || new Map();
  if (run.stories.has(task)) return run.stories.get(task);
  const { K } = run;
  const byToo = [K["task.spawn"], K["task.ready"], K["scope.cancel"], K["scope.finish"]];
  const withBy = new Uint8Array(run.kinds.length);
  for (const kind of byToo) withBy[kind] = 1;
  const hasTask = run.kinds.map((kind) => kind.fields.some((field) => field[2] === "task"
    && field[1] === "id"));
  const story = [];
  for (let i = 0; i < run.count; i++) {
    const kind = run.kind[i];
    if ((run.task[i] === task && hasTask[kind]) || (run.by[i] === task && withBy[kind])
      || (run.obj[i] === task && kind === K.choice)) story.push(i);
  }
  if (run.stories.size > 20) run.stories.clear();
  run.stories.set(task, story);
  return story;
}

function drawStory(app, side, task, where) {
  const run = app.runs[side];
  const story = storyOf(run, task);
  const current = app.cursor[side];
  if (!app.story) app.story = makeList("Story of the task", (k) => app.pickStory(k));
  app.pickStory = (k) => setCursor(app, side, story[k]);
  where.append(h("h2", {}, "Story ", h("span", { class: "quiet" },
    `${countText(story.length)} events`)), app.story.box);
  showList(app.story, story.length, (line, k) => fillEvent(app, side, line, story[k], current),
    after(story, current) - 1);
}

function drawNurserySheet(app, side, thing, where) {
  const run = app.runs[side];
  const i = app.cursor[side];
  const children = childrenAt(run, thing, i);
  const made = run.things.made[thing];
  where.append(h("p", {}, "opened by ", thingLink(app, side, run.things.owner[thing]), ", ",
    eventLink(app, side, made), placeNote(run, made)));
  where.append(h("p", {}, `${countText(children.length)} tasks alive at the cursor: `,
    children.slice(0, 60).flatMap((task, k) => [k ? ", " : "", thingLink(app, side, task, true)]),
    children.length > 60 ? ", ..." : ""));
}

export function drawTask(app, sheet) {
  const side = app.active;
  const node = app.selected;
  const thing = node ? node.things[side] : 0;
  if (!thing) {
    sheet.replaceChildren(h("p", { class: "quiet" },
      "Click a bar or a name, or press ↓, to see why that task waits and what it did."));
    return;
  }
  const run = app.runs[side];
  const made = run.things.made[thing];
  const isNursery = node.kind === NURSERY;
  const head = h("div", {}, h("h2", {}, thingName(run, thing, true), " ",
    h("span", { class: "quiet place", title: placeOf(run, made) },
      isNursery ? "" : ["started by ", thingLink(app, side, run.by[made])], placeNote(run, made))));
  sheet.replaceChildren(head);
  if (isNursery) {
    drawNurserySheet(app, side, thing, head);
    return;
  }
  head.append(stateLine(app, side, thing));
  const state = stateAt(run, thing, app.cursor[side]);
  if (state === WAITING) {
    head.append(chainElement(app, side, chainOf(run, thing, app.cursor[side])));
    const wakers = wakersLine(app, side, thing);
    if (wakers) head.append(wakers);
  }
  drawStory(app, side, thing, sheet);
}
