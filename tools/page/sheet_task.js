/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The sheet of one task: what it does at the cursor, its wait chain, its story. */
import { h } from "./dom.js";
import { thingName } from "./words.js";

export function drawTask(app, sheet) {
  const node = app.selected;
  const thing = node ? node.things[app.active] : 0;
  if (!thing) {
    sheet.replaceChildren(h("p", { class: "quiet" }, "Click a task, or press ↓, for its story."));
    return;
  }
  sheet.replaceChildren(h("h2", {}, thingName(app.runs[app.active], thing, true)));
}
