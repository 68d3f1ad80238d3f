/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rows of the picture: tasks and nurseries in order of the tree, of one run or of two. With two
 * runs a row stands for what has the same place in both: the same name, and the same number among
 * those of that name in the same nursery. */
import { TASK, NURSERY } from "./run.js";
import { givenName, thingName, kindName } from "./words.js";

/* Below it, siblings are folded at first. */
const FOLD_OVER = 400;

function makeNode(parent, kind, name) {
  return { parent, kind, name, things: [0, 0], children: [], byKey: new Map(), folded: false,
    depth: parent ? parent.depth + 1 : -1, row: -1, last: -1 };
}

/* The child of this kind, name and number; made if it is new. */
function childNode(parent, kind, name, seen) {
  const base = kind + name;
  const number = seen.get(base) || 0;
  seen.set(base, number + 1);
  const key = base + "\n" + number;
  if (!parent.byKey.has(key)) {
    const node = makeNode(parent, kind, name);
    parent.byKey.set(key, node);
    parent.children.push(node);
  }
  return parent.byKey.get(key);
}

function addThing(tree, run, side, thing) {
  const { owner, kind } = run.things;
  const nodeOf = tree.nodes[side];
  if (nodeOf.has(thing)) return nodeOf.get(thing);
  nodeOf.set(thing, tree.root); // ids that lie may make a circle
  const home = kind[owner[thing]] === TASK || kind[owner[thing]] === NURSERY
    ? addThing(tree, run, side, owner[thing]) : tree.root;
  const seen = tree.seen[side].get(home) || new Map();
  tree.seen[side].set(home, seen);
  const node = childNode(home, kind[thing], givenName(run, thing), seen);
  node.things[side] = thing;
  nodeOf.set(thing, node);
  return node;
}

/* The tree of one run or two. */
export function buildTree(runs) {
  const tree = { root: makeNode(null, 0, ""), nodes: [new Map(), new Map()],
    seen: [new Map(), new Map()], rows: [], runs };
  runs.forEach((run, side) => {
    const all = [...run.tasks, ...run.nurseries];
    all.sort((a, b) => run.things.made[a] - run.things.made[b]);
    for (const thing of all) addThing(tree, run, side, thing);
  });
  for (const nodes of tree.nodes) {
    for (const node of nodes.values()) node.folded = node.children.length > FOLD_OVER;
  }
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
