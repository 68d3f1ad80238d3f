/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rows of the picture: tasks and nurseries in order of the tree, of one run or of two. With two
 * runs a row stands for what has the same path in both: the path of the task that made it, and its
 * number among what that one made of its kind. `tutti trace diff` matches them alike. */
import { TASK, NURSERY, SCOPE } from "./run.js";
import { givenName, thingName, kindName } from "./words.js";

/* More siblings than this are folded at first. */
const FOLD_OVER = 400;

function makeNode(parent, kind) {
  return { parent, kind, things: [0, 0], children: [], folded: false,
    depth: parent ? parent.depth + 1 : -1, row: -1, last: -1 };
}

/* A number for each thing of a run, the same for what has the same path in another run. */
function numberPaths(run, numbers) {
  const { kind, owner, order } = run.things;
  const paths = new Uint32Array(run.ids.length);
  const counts = new Map();
  for (const thing of order) {
    const isTask = kind[thing] === TASK;
    const maker = isTask ? run.by[run.things.made[thing]] : owner[thing];
    const what = isTask || kind[thing] === NURSERY || kind[thing] === SCOPE ? kind[thing] : "o";
    const base = `${maker === thing ? 0 : paths[maker]},${what}`;
    const count = counts.get(base) || 0;
    const path = `${base},${count}`;
    counts.set(base, count + 1);
    if (!numbers.has(path)) numbers.set(path, numbers.size + 1);
    paths[thing] = numbers.get(path);
  }
  return paths;
}

/* The node of a task or nursery, made below the one it lives in if it is new. */
function addThing(tree, side, thing) {
  const { kind, owner } = tree.runs[side].things;
  const nodeOf = tree.nodes[side];
  if (nodeOf.has(thing)) return nodeOf.get(thing);
  nodeOf.set(thing, tree.root); // ids that lie may make a circle
  const home = owner[thing];
  const hasHome = kind[home] === TASK || kind[home] === NURSERY;
  const parent = hasHome ? addThing(tree, side, home) : tree.root;
  const path = tree.paths[side][thing];
  let node = tree.byPath.get(path);
  if (!node) {
    node = makeNode(parent, kind[thing]);
    tree.byPath.set(path, node);
    parent.children.push(node);
  }
  node.things[side] = thing;
  nodeOf.set(thing, node);
  return node;
}

/* The tree of one run or two. */
export function buildTree(runs) {
  const numbers = new Map();
  const tree = { root: makeNode(null, 0), nodes: [new Map(), new Map()], byPath: new Map(),
    paths: runs.map((run) => numberPaths(run, numbers)), rows: [], runs };
  runs.forEach(({ things }, side) => {
    for (const thing of things.order) {
      const kind = things.kind[thing];
      if (kind === TASK || kind === NURSERY) addThing(tree, side, thing);
    }
  });
  for (const node of tree.byPath.values()) node.folded = node.children.length > FOLD_OVER;
  return tree;
}

/* Is there something in this node, or below, that is to be shown? Marks it. */
function mark(node, shows) {
  node.matches = shows(node);
  node.shown = node.matches;
  for (const child of node.children) {
    if (mark(child, shows)) node.shown = true;
  }
  return node.shown;
}

/* Lists the rows to be seen: those for which `shows`, and what they live in. */
export function listRows(tree, shows, unfold) {
  mark(tree.root, shows);
  tree.rows = [];
  const visit = (node) => {
    node.row = node === tree.root ? -1 : tree.rows.push(node) - 1;
    if (!node.folded || unfold || node === tree.root) {
      for (const child of node.children) {
        if (child.shown) visit(child);
        else hide(child);
      }
    } else {
      node.children.forEach(hide);
    }
    node.last = tree.rows.length - 1;
  };
  visit(tree.root);
}

function hide(node) {
  node.row = -1;
  node.children.forEach(hide);
}

/* The row a thing is in, or the one of the folded nursery above it; null: none. */
export function rowOf(tree, side, thing) {
  let node = tree.nodes[side].get(thing) || null;
  while (node && node.row < 0) node = node.parent;
  return node && node !== tree.root ? node : null;
}

/* What stands in front of a row. */
export function nodeLabel(tree, node) {
  const side = node.things[0] ? 0 : 1;
  const run = tree.runs[side];
  const thing = node.things[side];
  const name = givenName(run, thing);
  return { name: name || thingName(run, thing), kind: kindName(run, thing),
    id: "#" + run.ids[thing], isNursery: node.kind === NURSERY };
}
