/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Patterns, so that states differ by more than colour. */

function makePattern(size, draw) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  draw(context);
  return context.createPattern(canvas, "repeat");
}

/* Lines from the lower left to the upper right, or both ways. */
function hatch(paper, ink, size, both) {
  return makePattern(size, (context) => {
    context.fillStyle = paper;
    context.fillRect(0, 0, size, size);
    context.strokeStyle = ink;
    context.lineWidth = 1;
    context.beginPath();
    for (const shift of [-size, 0, size]) {
      context.moveTo(shift, size);
      context.lineTo(shift + size, 0);
      if (both) {
        context.moveTo(shift, 0);
        context.lineTo(shift + size, size);
      }
    }
    context.stroke();
  });
}

export function makePatterns(colours) {
  return {
    ready: hatch(colours.ready, colours.readyLine, 5, false),
    stuck: hatch(colours.stuck, colours.stuckLine, 8, true),
    busy: makePattern(2, (context) => {
      context.fillStyle = colours.busy;
      context.fillRect(0, 0, 2, 2);
    }),
  };
}
