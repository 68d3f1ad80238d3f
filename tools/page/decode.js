/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From the letters in the page to columns: one typed array for each member of an event. How the
 * data is laid out is told in tools/tutti/page.h. */

const MEMBERS = {
  task: Uint32Array, obj: Uint32Array, by: Uint32Array, name: Uint32Array, site: Uint32Array,
  arg: Float64Array, counts: Float64Array, code: Uint8Array, code2: Uint8Array, flag: Uint8Array,
};
/* What could change the look of the text around it: controls, marks of writing direction. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export const NEVER = Infinity;

function fromBase64(letters) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(letters);
  const text = atob(letters);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/* Numbers of a stream, one after the other. */
function numbersOf(bytes) {
  let at = 0;
  return () => {
    let byte = bytes[at++];
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 127;
    let scale = 128;
    do {
      byte = bytes[at++];
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte >= 128);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };
}

function sectionsOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  return () => {
    const size = view.getUint32(at, true);
    const section = bytes.subarray(at + 4, at + 4 + size);
    at += 4 + size;
    return section;
  };
}

function sums(bytes, count, extra) {
  const next = numbersOf(bytes);
  const all = new Float64Array(count);
  let value = 0;
  for (let i = 0; i < count; i++) {
    value += next() + extra;
    all[i] = value;
  }
  return all;
}

/* The places of the events of each kind: those of kind k are order[first[k]] to
 * order[first[k + 1] - 1]. */
function sortByKind(kind, kinds) {
  const first = new Uint32Array(kinds + 1);
  for (let i = 0; i < kind.length; i++) first[kind[i] + 1]++;
  for (let k = 0; k < kinds; k++) first[k + 1] += first[k];
  const order = new Uint32Array(kind.length);
  const next = first.slice();
  for (let i = 0; i < kind.length; i++) order[next[kind[i]]++] = i;
  return { first, order };
}

function readField(bytes, type, target, order, from, to) {
  const next = numbersOf(bytes);
  let value = 0;
  for (let k = from; k < to; k++) {
    if (type === "time" && next() === 0) {
      target[order[k]] = NEVER;
      continue;
    }
    value += next();
    target[order[k]] = value;
  }
}

function readColumns(section, run) {
  const { first, order } = sortByKind(run.kind, run.kinds.length);
  run.ofKind = (k) => order.subarray(first[k], first[k + 1]);
  for (const [member, type] of Object.entries(MEMBERS)) run[member] = new type(run.count);
  run.kinds.forEach((kind, k) => {
    for (const field of kind.fields) {
      const [, type, member] = field;
      const bytes = section();
      if (member === "count") field[2] = "counts"; // `count` is that of the events
      if (type !== "extra") readField(bytes, type, run[field[2]], order, first[k], first[k + 1]);
    }
  });
}

/* The run of a block of data: columns, ids, texts, table of events. */
export async function decodeRun(element) {
  const section = sectionsOf(await inflate(fromBase64(element.textContent)));
  const meta = JSON.parse(new TextDecoder().decode(section()));
  const run = { meta, kinds: meta.kinds, count: meta.events, K: {} };
  run.kinds.forEach((kind, k) => {
    run.K[kind.e] = k;
  });
  run.texts = ["", ...meta.texts].map((text) => text.replace(UNSAFE, "?"));
  run.kind = section().slice();
  run.t = sums(section(), run.count, 0);
  run.n = sums(section(), run.count, 1);
  const ids = section();
  run.ids = new Float64Array(1 + countNumbers(ids));
  run.ids.set(sums(ids, run.ids.length - 1, 0), 1);
  readColumns(section, run);
  element.remove();
  return run;
}

function countNumbers(bytes) {
  let count = 0;
  for (const byte of bytes) count += byte < 128;
  return count;
}
