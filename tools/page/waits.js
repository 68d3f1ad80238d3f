/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which object, or which call without one, was waited for how often and how long. */
import { OPERATION, WAITING } from "./run.js";

function entryOf(table, run, park) {
  const isOperation = run.things.kind[run.obj[park]] === OPERATION; // each is waited for once
  const object = isOperation ? 0 : run.obj[park];
  const key = object ? "o" + object : "n" + run.name[park];
  if (!table.has(key)) {
    table.set(key, { object, op: run.texts[run.name[park]], ops: new Set(), tasks: new Set(),
      waits: 0, ns: 0, steps: 0, most: -1, longest: park, forEver: 0 });
  }
  return table.get(key);
}

/* One entry an object or call; made once. */
export function waitsOf(run) {
  if (run.waits) return run.waits;
  const table = new Map();
  const { moves, firstMove, kind, stateOfKind, t } = run;
  const at = run.axes.steps.at;
  for (const task of run.tasks) {
    for (let place = firstMove[task]; place < firstMove[task + 1]; place++) {
      const park = moves[place];
      if (stateOfKind[kind[park]] !== WAITING) continue;
      const isLast = place + 1 === firstMove[task + 1];
      const end = isLast ? run.last : moves[place + 1];
      const entry = entryOf(table, run, park);
      const steps = Math.floor(at(end)) - Math.floor(at(park));
      entry.waits++;
      entry.ops.add(run.name[park]);
      entry.tasks.add(task);
      entry.ns += t[end] - t[park];
      entry.steps += steps;
      if (isLast && run.isStuck.has(task)) entry.forEver++;
      if (steps > entry.most) {
        entry.most = steps;
        entry.longest = park;
      }
    }
  }
  run.waits = [...table.values()];
  return run.waits;
}
