// A sheet: a dialog of one question, which leaves the patient banner in sight.

import { button, byId, h } from "./dom.js";

/** @typedef {{name: string, label: string, type?: string, unit?: string, hint?: string, required?: boolean,
 *   choices?: {value: string, label: string}[], value?: string, autocomplete?: string, min?: number, max?: number,
 *   step?: string, group?: string}} Field */

/** Open a sheet. `send` gets the values and says what went wrong, or nothing.
 * @param {{title: string, lead?: (string | Node)[], fields?: Field[], ok: string, look?: string, wide?: boolean,
 *   send: (values: Record<string, string>) => Promise<string | void> | string | void}} wants */
export function sheet(wants) {
  const error = h("p", { class: "field-error", role: "alert", hidden: true });
  const form = h("form", { class: "form", novalidate: true, autocomplete: "off" });
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: wants.wide ? "sheet sheet-wide" : "sheet", "aria-label": wants.title }));
  const close = () => dialog.close();
  const ok = /** @type {HTMLButtonElement} */ (h("button", { class: `button ${wants.look ?? "primary"}` }, wants.ok));
  form.append(
    h("div", { class: "sheet-head" }, h("h2", null, wants.title), button("Close", close, "quiet")),
    h("div", { class: "sheet-body" }, ...(wants.lead ?? []), ...grouped(wants.fields ?? []), error),
    h("div", { class: "sheet-foot" }, button("Cancel", close), ok),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = read(/** @type {HTMLFormElement} */ (form));
    const missing = (wants.fields ?? []).find((one) => one.required !== false && !values[one.name]);
    ok.disabled = true;
    const problem = missing ? `${missing.label}: please fill in.` : await wants.send(values);
    ok.disabled = false;
    // Another page may have been opened meanwhile, and this sheet with it.
    if (!problem) return close();
    error.textContent = problem;
    error.hidden = false;
    error.scrollIntoView({ block: "nearest" });
  });
  dialog.append(form);
  return open(dialog);
}

/** Below the patient banner, which nothing may cover. @param {HTMLDialogElement} dialog */
function open(dialog) {
  const patient = document.querySelector(".banner");
  // On a phone each line counts: the bar above the banner makes room first.
  if (innerWidth < 640) scrollBy(0, Math.max(0, patient?.getBoundingClientRect().top ?? 0));
  const banner = patient?.getBoundingClientRect().bottom ?? 0;
  document.documentElement.style.setProperty("--banner-height", `${Math.max(0, banner)}px`);
  dialog.addEventListener("close", () => dialog.remove());
  byId("sheets").append(dialog);
  dialog.showModal();
  // Where the first thing to do is to write, it can be written at once, without a tap more.
  const first = dialog.querySelector(".sheet-body :is(input, textarea, button)");
  if (first instanceof HTMLTextAreaElement || (first instanceof HTMLInputElement && first.type !== "radio")) first.focus();
  return dialog;
}

/** @param {HTMLFormElement} form @returns {Record<string, string>} */
function read(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
}

/** Fields one under the other; those of one group in a frame of their own. @param {Field[]} fields @returns {Node[]} */
function grouped(fields) {
  /** @type {Map<string, Field[]>} */
  const groups = new Map();
  for (const one of fields) groups.set(one.group ?? "", [...(groups.get(one.group ?? "") ?? []), one]);
  return [...groups].map(([name, members]) =>
    name ? h("fieldset", { class: "form sheet-group" }, h("legend", null, name), ...members.map(field)) : h("div", { class: "form" }, ...members.map(field)),
  );
}

/** @param {Field} one */
function field(one) {
  const id = `f-${one.name}`;
  if (one.choices) return choices(one);
  const attributes = {
    id, name: one.name, type: one.type ?? "text", value: one.value, autocomplete: one.autocomplete ?? "off",
    min: one.min, max: one.max, step: one.step, inputmode: one.type === "number" ? "decimal" : null,
  };
  const input = one.type === "area" ? h("textarea", { id, name: one.name }) : h("input", attributes);
  return h(
    "div", { class: "field" },
    h("label", { for: id }, one.label),
    one.unit ? h("div", { class: "with-unit" }, input, h("span", null, one.unit)) : input,
    one.hint ? h("p", { class: "hint" }, one.hint) : null,
  );
}

/** @param {Field} one */
function choices(one) {
  return h(
    "fieldset", { class: "field" },
    h("legend", null, one.label),
    h("div", { class: "choices" }, ...(one.choices ?? []).map((choice) =>
      h("label", { class: "choice" }, h("input", { type: "radio", name: one.name, value: choice.value, checked: one.value === choice.value }), h("span", null, choice.label)),
    )),
    one.hint ? h("p", { class: "hint" }, one.hint) : null,
  );
}

const TOAST_MS = 6000;

/** What was just done, with a moment to take it back. Assistive technology hears it from the announcer.
 * @param {string} words @param {() => void} undo */
export function toast(words, undo) {
  document.getElementById("toast")?.remove();
  const away = () => bar.remove();
  const bar = h("div", { id: "toast", class: "toast" }, h("span", null, words), button("Take back", () => { undo(); away(); }, "quiet"));
  byId("sheets").append(bar);
  setTimeout(away, TOAST_MS);
}

/** One tap and done: buttons, each of which is the answer.
 * @param {{title: string, long?: boolean, lead?: (string | Node)[], taps: {label: string, note?: string, value: string}[],
 *   take: (value: string) => void}} wants */
export function taps(wants) {
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "sheet", "aria-label": wants.title }));
  const close = () => dialog.close();
  dialog.append(
    h("div", { class: "sheet-head" }, h("h2", null, wants.title), button("Close", close, "quiet")),
    h("div", { class: "sheet-body" }, ...(wants.lead ?? []), h("div", { class: tapsLook(wants) }, ...wants.taps.map((tap) =>
      h("button", { type: "button", class: "button", onclick: () => { wants.take(tap.value); close(); } }, h("b", null, tap.label), tap.note ? h("span", null, tap.note) : null),
    ))),
  );
  open(dialog);
}

/** Numbers in a grid, words in columns, choices that need explaining one under the other.
 * @param {{long?: boolean, taps: {label: string, note?: string}[]}} wants */
function tapsLook(wants) {
  if (wants.taps.some((tap) => tap.note)) return "taps taps-long";
  return wants.long || wants.taps.some((tap) => tap.label.length > 6) ? "taps taps-words" : "taps";
}
