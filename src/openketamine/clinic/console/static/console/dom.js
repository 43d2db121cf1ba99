// Building and refreshing pieces of the page. No markup strings: text is always text.

/** @typedef {Node | string | number | null | undefined | false} Child */

/** An element. Keys that begin with `on` are listeners, `class` the class, `data` the dataset, the rest attributes.
 * @param {string} tag @param {Record<string, any> | null} [attributes] @param {...(Child | Child[])} children
 * @returns {HTMLElement} */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter(present).map(String_));
  return element;
}

/** @param {Child} child @returns {child is Node | string | number} */
const present = (child) => child !== null && child !== undefined && child !== false && child !== "";
/** @param {Child} child */
const String_ = (child) => (child instanceof Node ? child : String(child));

/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap();

/** Redraw an element only when what it shows has changed, and keep the focus where it was.
 * @param {Element} root @param {unknown} shows @param {() => Child[]} draw */
export function refresh(root, shows, draw) {
  const key = JSON.stringify(shows);
  if (drawn.get(root) === key) return;
  drawn.set(root, key);
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  const name = focused instanceof HTMLElement ? focused.dataset.key : undefined;
  root.replaceChildren(...draw().filter(present).map(String_));
  if (name) /** @type {HTMLElement | null} */ (root.querySelector(`[data-key="${CSS.escape(name)}"]`))?.focus();
}

/** The element with this id, which the template promises. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/** Data that the template left for us. @param {string} id @returns {any} */
export const data = (id) => JSON.parse(byId(id).textContent ?? "null");

/** A button. @param {string} label @param {() => void} press @param {string} [look] @param {Record<string, any>} [more] */
export const button = (label, press, look = "", more = {}) =>
  h("button", { type: "button", class: `button ${look}`.trim(), onclick: press, ...more }, label);
