/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The table of waits. */
import { h, copyButton } from "./dom.js";
import { waitsOf } from "./waits.js";
import { countText, shortPlace, placeOf, thingName, timeText } from "./words.js";
import { eventLink } from "./links.js";

const ROWS_MAX = 300;

/* Title, what to sort by, what to show. */
const COLUMNS = [
  ["waited for", (entry) => entry.what, null],
  ["in", (entry) => entry.calls, (entry) => entry.calls],
  ["waits", (entry) => entry.waits, (entry) => countText(entry.waits)],
  ["tasks", (entry) => entry.tasks.size, (entry) => countText(entry.tasks.size)],
  ["steps", (entry) => entry.steps, (entry) => countText(entry.steps)],
  ["time", (entry) => entry.ns, (entry) => timeText(entry.ns, 3)],
  ["longest", (entry) => entry.most, null],
  ["for ever", (entry) => entry.forEver, (entry) => entry.forEver || ""],
];

function entriesOf(run) {
  const entries = waitsOf(run);
  for (const entry of entries) {
    entry.what = entry.object ? thingName(run, entry.object, true) : entry.op;
    entry.calls = [...entry.ops].map((op) => run.texts[op]).join(", ");
  }
  return entries;
}

function sorted(app, entries) {
  const [, value] = COLUMNS[app.waitsBy];
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : b - a);
  const result = [...entries].sort((a, b) => compare(value(a), value(b)));
  return app.waitsDown ? result : result.reverse();
}

function filterTo(app, run, entry) {
  const box = document.getElementById("filter");
  box.value = app.filter = entry.object ? "#" + run.ids[entry.object] : entry.op;
  app.scroll = 0;
  app.change("rows", "panel");
}

function cell(app, side, entry, [title, , show]) {
  const run = app.runs[side];
  if (title === "waited for") {
    return h("td", {}, h("button", { class: "link", type: "button",
      title: "show only those who wait for it", onclick: () => filterTo(app, run, entry) },
    entry.what));
  }
  if (title === "longest") {
    return h("td", {}, eventLink(app, side, entry.longest,
      `${countText(entry.most)} ${entry.most === 1 ? "step" : "steps"}`),
    h("span", { class: "place" }, " " + shortPlace(placeOf(run, entry.longest))));
  }
  return h("td", { class: title === "in" ? null : "number" }, show(entry));
}

function csvOf(run, entries) {
  const quote = (text) => `"${String(text).replace(/"/g, '""')}"`;
  const lines = entries.map((entry) => [entry.what, entry.calls, entry.waits, entry.tasks.size,
    entry.steps, entry.ns, entry.most, entry.forEver].map(quote).join(","));
  return ["waited for,in,waits,tasks,steps,ns,longest in steps,for ever", ...lines].join("\n");
}

export function drawWaits(app, sheet) {
  const side = app.active;
  const run = app.runs[side];
  if (app.waitsBy === undefined) Object.assign(app, { waitsBy: 4, waitsDown: true });
  const entries = sorted(app, entriesOf(run));
  const heads = COLUMNS.map(([title], k) => h("th", {
    class: k >= 2 && k !== 6 ? "number" : null,
    "aria-sort": k === app.waitsBy ? (app.waitsDown ? "descending" : "ascending") : null,
  }, h("button", {
    type: "button", id: "sort-" + k,
    onclick: () => {
      app.waitsDown = app.waitsBy === k ? !app.waitsDown : true;
      app.waitsBy = k;
      drawWaits(app, sheet);
      document.getElementById("sort-" + k).focus();
    },
  }, title, k === app.waitsBy ? (app.waitsDown ? " ▾" : " ▴") : "")));
  const shown = entries.slice(0, ROWS_MAX);
  sheet.replaceChildren(
    h("table", { class: "waits" }, h("thead", {}, h("tr", {}, heads)),
      h("tbody", {}, shown.map((entry) => h("tr", {},
        COLUMNS.map((column) => cell(app, side, entry, column)))))),
    h("p", { class: "quiet" }, entries.length > shown.length
      ? `${countText(entries.length - shown.length)} more lines are in the copy. ` : "",
    copyButton(() => csvOf(run, entries), "copy as CSV")),
  );
}
