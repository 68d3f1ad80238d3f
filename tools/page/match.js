/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which event of one run stands for which of the other. */

/* The event of the other run that goes with event i of `side`. */
export function partnerEvent(app, side, i) {
  return Math.min(i, app.runs[1 - side].last);
}
