/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Elements. Texts of programs become text nodes, never markup. */

/* An element: h("button", { class: "small", onclick: f, "aria-label": "x" }, "text", child). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

/* A copy for the clipboard; pages from disk may not have the newer way. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { class: "offscreen", "aria-hidden": "true" });
    const focused = document.activeElement;
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    if (focused) focused.focus();
    return copied;
  }
}

/* A button that copies what `text()` gives, and says so. */
export function copyButton(text, label = "copy") {
  const button = h("button", {
    class: "small copy", type: "button",
    onclick: async () => {
      const copied = await copyText(text());
      button.textContent = copied ? "copied" : "select it and copy";
      setTimeout(() => {
        button.textContent = label;
      }, 1500);
    },
  }, label);
  return button;
}

/* The colours of the theme, as the canvas wants them. */
export function themeColours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue("--" + name).trim();
  const names = ["paper", "band", "text", "muted", "faint", "line", "run", "ready", "ready-line",
    "wait", "wait-line", "wait-text", "busy", "stuck", "stuck-line", "wake", "cancel", "path",
    "cursor", "frame", "frame-line", "alive", "run-text", "select"];
  return Object.fromEntries(names.map((name) => [name.replace(/-(.)/g, (_, c) => c.toUpperCase()),
    colour(name)]));
}
