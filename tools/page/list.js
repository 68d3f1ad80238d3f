/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A long list of which only the lines in view are elements. */
import { h } from "./dom.js";

const LINE = 20;
/* Browsers do not take taller elements; a longer list is scrolled in larger steps. */
const TALLEST = 15e6;

/* A list of `count` lines; fill(element, k) fills one, pick(k) is called for a click. */
export function makeList(label, pick) {
  const space = h("div", { class: "space" });
  const box = h("div", { class: "log", tabindex: 0, role: "log", "aria-label": label }, space);
  const list = { box, space, lines: [], count: 0, fill: null, current: -1 };
  box.addEventListener("scroll", () => drawEntries(list));
  box.addEventListener("click", (event) => {
    const line = event.target.closest(".entry");
    if (line && !event.target.closest("button")) pick(line.k);
  });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const k = list.current + step;
    if (!step || list.current < 0) return;
    if (k >= 0 && k < list.count) pick(k);
    event.preventDefault();
    event.stopPropagation();
  });
  return list;
}

function rowHeight(list) {
  return Math.min(LINE, TALLEST / Math.max(1, list.count));
}

function drawEntries(list) {
  const { box } = list;
  const height = rowHeight(list);
  const first = Math.floor(box.scrollTop / height);
  const shown = Math.min(list.count - first, Math.ceil(box.clientHeight / LINE) + 1);
  while (list.lines.length < shown) {
    const line = h("div", { class: "entry" });
    list.lines.push(line);
    list.space.append(line);
  }
  list.lines.forEach((line, k) => {
    line.style.display = k < shown ? "" : "none";
    if (k >= shown) return;
    line.k = first + k;
    line.style.top = (height === LINE ? (first + k) * LINE : box.scrollTop + k * LINE) + "px";
    list.fill(line, first + k);
  });
}

/* Shows `count` lines, with line `centre` in view. */
export function showList(list, count, fill, centre) {
  list.count = count;
  list.fill = fill;
  list.current = centre;
  list.space.style.height = count * rowHeight(list) + "px";
  const height = rowHeight(list);
  const { box } = list;
  const top = centre * height;
  const inView = top >= box.scrollTop && top + LINE <= box.scrollTop + box.clientHeight;
  if (centre >= 0 && !inView) box.scrollTop = Math.max(0, top - box.clientHeight / 2);
  drawEntries(list);
}
