/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The bar at the top: what ran, and how to look at it. */
import { h, byId } from "./dom.js";
import { countText, timeText } from "./words.js";
import { setAxis, fitAll, zoomAt } from "./app.js";
import { pathsOf } from "./sheet_path.js";
import { showHelp } from "./keys.js";

function badge(run, label) {
  const good = run.outcome === "ok" || run.outcome === "so far";
  const mark = run.outcome === "ok" ? "✓ " : good ? "" : "✕ ";
  return h("span", { class: "badge" + (good ? " good" : "") }, `${label}${mark}${run.outcome}`);
}

function factsOf(run) {
  const { head } = run.meta;
  const isReal = head.world === "real"; // nobody picked, and there is no seed
  const steps = run.ofKind(run.K["task.run"]).length;
  const facts = [
    `${countText(run.tasks.length)} tasks`, `${countText(steps)} steps`,
    `${countText(run.choices.length)} choices`, `${countText(run.count)} events`,
    timeText(run.count ? run.t[run.last] : 0, 3),
    isReal ? "real world" : head.world === "sim" ? "simulated" : head.world,
    isReal ? "" : head.policy, head.seed && !isReal ? `seed ${head.seed}` : "",
  ];
  return facts.filter((fact) => fact).join(" · ");
}

function drawTitle(app) {
  const { head } = app.runs[0].meta;
  const name = [head.prog || app.runs[0].meta.file, head.test].filter((part) => part).join(" · ");
  const badges = app.runs.map((run, side) => badge(run, app.runs.length === 2 ? "AB"[side] + " "
    : ""));
  document.title = `${name} - tutti trace`;
  byId("title").replaceChildren(name, ...badges);
  byId("facts").textContent = app.runs.length === 1 ? factsOf(app.runs[0])
    : app.runs.map((run, side) => `${"AB"[side]}: ${run.meta.file}, `
      + `${countText(run.count)} events`).join(" · ");
  byId("facts").title = app.runs.map(factsOf).join("\n");
}

/* What the reader of the trace should know before the picture. */
function notesOf(run) {
  const notes = [];
  const { meta } = run;
  if (meta.unended) notes.push(meta.unended);
  if (meta.skipped_events || meta.skipped_keys) {
    notes.push(`${countText(meta.skipped_events)} events and ${countText(meta.skipped_keys)} keys `
      + "are unknown to the tutti that made this page and were left out.");
  }
  const missing = [...run.ofKind(run.K["run.drop"])].reduce((sum, i) => sum + run.arg[i], 0);
  if (missing > 0) {
    notes.push(`${countText(missing)} events are missing: ${meta.file} is a flight recorder's. `
      + "Where a bar is thin and plain it is not known what the task did.");
  }
  if (run.tasks.length === 0) {
    notes.push(`${meta.file} is of level ${meta.head.level}, which has no tasks: write it with a `
      + "higher level to see them.");
  } else if (!run.hasSteps) {
    notes.push(`${meta.file} is of level ${meta.head.level}, which does not tell when tasks run `
      + "and wait: bars show when they live.");
  }
  return notes;
}

const LEGEND = [["run", "runs"], ["ready", "ready"], ["wait", "waits"], ["busy", "many"],
  ["stuck", "for ever"], ["wake", "wakes"], ["cancel", "cancels"]];

/* A sample of each look. */
function drawLegend(app) {
  const { colours, patterns } = app.look;
  byId("legend").replaceChildren(...LEGEND.map(([look, word]) => {
    const ratio = window.devicePixelRatio || 1;
    const canvas = h("canvas", { width: 20 * ratio, height: 12 * ratio });
    const context = canvas.getContext("2d");
    canvas.style.width = "20px";
    canvas.style.height = "12px";
    context.scale(ratio, ratio);
    context.lineWidth = 1.5;
    context.strokeStyle = colours[look];
    if (look === "wake" || look === "cancel") {
      if (look === "cancel") context.setLineDash([4, 3]);
      context.moveTo(0, 6);
      context.lineTo(20, 6);
      context.stroke();
    } else {
      const thin = look === "ready" ? 3 : 0;
      context.fillStyle = patterns[look] || colours[look];
      context.fillRect(0, thin, 20, 12 - 2 * thin);
      context.lineWidth = 1;
      context.strokeStyle = colours[look + "Line"] || colours[look];
      context.strokeRect(0.5, thin + 0.5, 19, 11 - 2 * thin);
    }
    return h("span", {}, canvas, word);
  }));
}

/* Only what is on the critical path, or all. */
export function togglePath(app) {
  app.path = app.path ? null : pathsOf(app);
  if (app.path) app.tab = "path";
  app.change("rows", "panel");
}

/* Only rows of tasks that live in the part in view, or all. */
export function toggleAlive(app) {
  app.aliveOnly = !app.aliveOnly;
  app.change("rows");
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function setTheme(app, theme) {
  document.documentElement.dataset.theme = theme;
  app.change("look", "panel");
}

export function toggleTheme(app) {
  setTheme(app, isDark() ? "light" : "dark");
}

export function drawHeader(app) {
  for (const button of document.querySelectorAll("#axes button")) {
    button.setAttribute("aria-pressed", button.dataset.axis === app.axis);
  }
  byId("alive").setAttribute("aria-pressed", app.aliveOnly);
  byId("path").setAttribute("aria-pressed", app.path !== null);
  if (app.legendOf !== app.look) drawLegend(app);
  app.legendOf = app.look;
}

export function startHeader(app) {
  drawTitle(app);
  byId("notes").append(...app.runs.flatMap(notesOf).map((note) => h("p", { role: "note" }, note)));
  byId("axes").addEventListener("click", (event) => {
    if (event.target.dataset.axis) setAxis(app, event.target.dataset.axis);
  });
  const zoom = (factor) => app.panes.forEach((pane) => zoomAt(app, pane, factor, pane.width / 2));
  byId("zoom-in").addEventListener("click", () => zoom(1.5));
  byId("zoom-out").addEventListener("click", () => zoom(1 / 1.5));
  byId("fit").addEventListener("click", () => fitAll(app));
  byId("path").addEventListener("click", () => togglePath(app));
  byId("theme").addEventListener("click", () => toggleTheme(app));
  byId("help-button").addEventListener("click", showHelp);
  byId("filter").addEventListener("input", (event) => {
    app.filter = event.target.value.trim();
    app.scroll = 0;
    app.change("rows", "panel");
  });
  byId("alive").addEventListener("click", () => toggleAlive(app));
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", () => setTheme(app, scheme.matches ? "dark" : "light"));
}

/* Before anything is drawn. */
export function startTheme() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
}
