/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Draws the rows of one run. What it costs depends on the pixels, not on the events: pieces too
 * small to see are drawn as one, and the next one is found by a binary search. */
import { NURSERY, READY, RUNNING, WAITING, GONE } from "./run.js";
import { waitText } from "./words.js";
import { drawGrid, drawRuler } from "./ruler.js";
import { drawLines } from "./lines.js";

export const ROW = 22;
export const RULER = 22;
const BAR = 14;
/* Pieces narrower than this are drawn together, */
const TINY = 3;
/* in strips this wide. */
const STRIP = 3;
/* Narrower bars have no outline. */
const OUTLINED = 5;

/* Rectangles to be filled with one colour: x, y, width, height, ... */
const LAYERS = ["wait", "ready", "run", "busy", "stuck", "alive"];

function newLayers() {
  return Object.fromEntries(LAYERS.map((name) => [name, []]));
}

/* The x of a position on the axis, and back. */
export function xOf(pane, position) {
  return (position - pane.from) * pane.scale;
}

export function positionOf(pane, x) {
  return pane.from + x / pane.scale;
}

export function eventX(pane, i) {
  return xOf(pane, i > pane.run.last ? pane.axis.end : pane.axis.at(i));
}

export function rowY(app, row) {
  return RULER + row * ROW - Math.round(app.scroll);
}

/* The first move in [place, to) that is at `x` or right of it. It is looked for near `place` first:
 * most often it is there. */
function moveAfter(pane, place, to, x) {
  const { moves } = pane.run;
  const { at } = pane.axis;
  const position = positionOf(pane, x);
  let step = 1;
  while (place + step < to && at(moves[place + step]) < position) {
    place += step;
    step *= 2;
  }
  let end = Math.min(to, place + step + 1);
  while (place < end) {
    const middle = (place + end) >>> 1;
    if (at(moves[middle]) < position) place = middle + 1;
    else end = middle;
  }
  return place;
}

function addBar(layers, state, x, y, width, isStuck) {
  const top = y + (ROW - BAR) / 2;
  if (state === RUNNING) layers.run.push(x, top, width, BAR);
  else if (state === READY) layers.ready.push(x, top + 4, width, BAR - 8);
  else if (state === WAITING && isStuck) layers.stuck.push(x, top, width, BAR);
  else if (state === WAITING) layers.wait.push(x, top, width, BAR);
  else layers.alive.push(x, top + 4, width, BAR - 8);
}

/* The bars of a task that are in view. Edges are whole pixels: sharp, and fast to fill. */
function layTask(pane, layers, texts, task, y) {
  const { run, width } = pane;
  const end = run.firstMove[task + 1];
  const from = run.firstMove[task];
  let place = Math.max(from, moveAfter(pane, from, end, 0) - 1);
  while (place < end) {
    const x = Math.max(-2, Math.round(eventX(pane, run.moves[place])));
    const state = run.stateOfKind[run.kind[run.moves[place]]];
    if (x > width || state === GONE) return;
    const isLast = place + 1 >= end;
    const next = eventX(pane, isLast ? run.count : run.moves[place + 1]);
    const right = Math.min(width + 2, Math.round(next));
    if (right - x >= TINY || isLast) {
      const wide = Math.max(1, right - x);
      const isStuck = isLast && run.isStuck.has(task);
      addBar(layers, state, x, y, wide, isStuck);
      if (state === WAITING && wide > 24) texts.push(run.moves[place], x, y, wide, isStuck);
      place++;
    } else {
      const edge = x + STRIP;
      place = Math.max(place + 1, moveAfter(pane, place, end, edge) - 1);
      addBusy(layers.busy, x, y + (ROW - BAR) / 2, STRIP);
    }
  }
}

/* Neighbours become one rectangle. */
function addBusy(busy, x, y, width) {
  const last = busy.length - 4;
  if (last >= 0 && busy[last + 1] === y && x - (busy[last] + busy[last + 2]) < 1) {
    busy[last + 2] = Math.max(busy[last + 2], x + width - busy[last]);
  } else {
    busy.push(x, y, width, BAR);
  }
}

function fillAll(context, rectangles, style) {
  context.fillStyle = style;
  for (let i = 0; i < rectangles.length; i += 4) {
    context.fillRect(rectangles[i], rectangles[i + 1], rectangles[i + 2], rectangles[i + 3]);
  }
}

/* Outlines as thin rectangles: a path of thousands of them would be slow to stroke. */
function outlineAll(context, rectangles, style) {
  context.fillStyle = style;
  for (let i = 0; i < rectangles.length; i += 4) {
    const [x, y, width, height] = [rectangles[i], rectangles[i + 1], rectangles[i + 2],
      rectangles[i + 3]];
    if (width < OUTLINED) continue;
    context.fillRect(x, y, width, 1);
    context.fillRect(x, y + height - 1, width, 1);
    context.fillRect(x, y, 1, height);
    context.fillRect(x + width - 1, y, 1, height);
  }
}

function drawBars(context, layers, look) {
  const { colours, patterns } = look;
  fillAll(context, layers.alive, colours.alive);
  fillAll(context, layers.wait, colours.wait);
  outlineAll(context, layers.wait, colours.waitLine);
  fillAll(context, layers.ready, patterns.ready);
  outlineAll(context, layers.ready, colours.readyLine);
  fillAll(context, layers.busy, patterns.busy);
  fillAll(context, layers.run, colours.run);
  fillAll(context, layers.stuck, patterns.stuck);
  outlineAll(context, layers.stuck, colours.stuckLine);
}

/* As much of a text as fits, with its width measured once. */
const WIDTHS = new Map();

function widthOf(context, text) {
  if (!WIDTHS.has(text)) {
    if (WIDTHS.size > 5000) WIDTHS.clear();
    WIDTHS.set(text, context.measureText(text).width);
  }
  return WIDTHS.get(text);
}

export function fitText(context, text, width) {
  const whole = widthOf(context, text);
  if (whole <= width) return text;
  const letters = Math.floor((text.length * width) / whole) - 1;
  return letters < 2 ? "" : text.slice(0, letters) + "…";
}

function drawTexts(context, run, texts, colours) {
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  for (let k = 0; k < texts.length; k += 5) {
    const [i, x, y, width, isStuck] = texts.slice(k, k + 5);
    const left = Math.max(x, 0) + 5;
    const text = fitText(context, waitText(run, i), x + width - left - 4);
    const middle = y + ROW / 2 + 0.5;
    if (isStuck && text) { // the pattern must not cross the letters
      context.fillStyle = colours.stuck;
      context.fillRect(left - 2, y + 5, widthOf(context, text) + 4, BAR - 2);
    }
    context.fillStyle = isStuck ? colours.text : colours.waitText;
    context.fillText(text, left, middle);
  }
}

/* A nursery as a bracket around the rows of its tasks, from its opening to its closing. */
function drawFrame(app, pane, node) {
  const { context, run, width } = pane;
  const thing = node.things[pane.side];
  if (!thing) return;
  const { colours } = app.look;
  const from = Math.max(-4, eventX(pane, run.things.made[thing]));
  const to = Math.min(width + 4, eventX(pane, run.things.gone[thing]));
  const top = rowY(app, node.row) + 3.5;
  const bottom = rowY(app, node.last) + ROW - 1.5;
  if (to < 0 || from > width) return;
  context.fillStyle = colours.frame;
  context.fillRect(from, top, Math.max(1, to - from), bottom - top);
  context.strokeStyle = colours.frameLine;
  context.lineWidth = 1.5;
  context.beginPath();
  const lip = Math.min(7, (to - from) / 3);
  context.moveTo(from + lip, top);
  context.lineTo(from, top);
  context.lineTo(from, bottom);
  context.lineTo(from + lip, bottom);
  if (run.things.gone[thing] < run.count) {
    context.moveTo(to - lip, top);
    context.lineTo(to, top);
    context.lineTo(to, bottom);
    context.lineTo(to - lip, bottom);
  }
  context.stroke();
}

/* In a nursery's own row: what it is called, and how many live in it while it is folded. */
function drawNursery(app, pane, node, y) {
  const { context, run } = pane;
  const thing = node.things[pane.side];
  if (!thing) return;
  const x = eventX(pane, run.things.made[thing]);
  const end = eventX(pane, run.things.gone[thing]);
  const left = Math.max(x + 9, 6);
  const name = app.labelOf(node);
  const folded = node.folded ? `, ${node.children.length} tasks folded` : "";
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = app.look.colours.muted;
  context.textBaseline = "middle";
  context.fillText(fitText(context, name.name + folded, Math.min(end, pane.width) - left - 4), left,
    y + ROW / 2 + 1);
}

function firstRow(app) {
  return Math.max(0, Math.floor(app.scroll / ROW));
}

/* The rows to be seen, and nurseries that begin above them. */
function visibleNodes(app, pane) {
  const rows = app.tree.rows;
  const last = Math.min(rows.length - 1, Math.ceil((app.scroll + pane.height - RULER) / ROW));
  const nodes = rows.slice(firstRow(app), last + 1);
  const frames = nodes.filter((node) => node.kind === NURSERY);
  for (let above = nodes[0] && nodes[0].parent; above && above.row >= 0; above = above.parent) {
    if (above.kind === NURSERY) frames.unshift(above);
  }
  return { nodes, frames };
}

function drawSelection(app, pane, node) {
  const { context } = pane;
  context.fillStyle = app.look.colours.select;
  context.fillRect(0, rowY(app, node.row), pane.width, ROW);
}

function drawCursor(app, pane) {
  const { context, run } = pane;
  const x = Math.round(eventX(pane, app.cursor[pane.side])) + 0.5;
  if (run.count === 0 || x < -5 || x > pane.width + 5) return;
  context.strokeStyle = context.fillStyle = app.look.colours.cursor;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, RULER - 6);
  context.lineTo(x, pane.height);
  context.stroke();
  context.beginPath();
  context.moveTo(x - 5, RULER - 11);
  context.lineTo(x + 5, RULER - 11);
  context.lineTo(x, RULER - 3);
  context.fill();
}

/* All of a pane. */
export function drawPane(app, pane) {
  const { context, run } = pane;
  const { colours } = app.look;
  context.setTransform(pane.ratio, 0, 0, pane.ratio, 0, 0);
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, pane.width, pane.height);
  const { nodes, frames } = visibleNodes(app, pane);
  context.save();
  context.beginPath();
  context.rect(0, RULER, pane.width, pane.height - RULER);
  context.clip();
  drawGrid(app, pane);
  for (const node of frames) drawFrame(app, pane, node);
  if (app.selected && app.selected.row >= 0) drawSelection(app, pane, app.selected);
  const layers = newLayers();
  const texts = [];
  for (const node of nodes) {
    const y = rowY(app, node.row);
    const thing = node.things[pane.side];
    if (node.kind === NURSERY) drawNursery(app, pane, node, y);
    else if (thing) layTask(pane, layers, texts, thing, y);
  }
  context.globalAlpha = app.path ? 0.4 : 1;
  drawBars(context, layers, app.look);
  context.globalAlpha = app.path ? 0.6 : 1;
  drawTexts(context, run, texts, colours);
  context.globalAlpha = 1;
  drawLines(app, pane);
  context.restore();
  drawRuler(app, pane);
  drawCursor(app, pane);
  pane.drawn = layers.wait.length + layers.run.length + layers.ready.length;
}
