// Numbers by thumb: a keypad of our own with keys for a gloved hand. A number that is complete moves on to the next
// by itself; a keyboard works as well. What is left empty was not measured.

import { h } from "./dom.js";
import { SIGNALS } from "./format.js";
import { sheet } from "./sheet.js";

/** @import {Limits} from "./types.d.ts" */

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "0", "⌫"];
const NAMES = /** @type {Record<string, string>} */ ({ ".": "point", "⌫": "delete" });

/** When no further digit can belong to it. A slower reader of the screen is never hurried: a tap on a field goes back.
 * @type {Record<string, RegExp>} */
const COMPLETE = {
  systolic: /^([4-9]\d|[1-3]\d\d)$/, diastolic: /^([3-9]\d|[12]\d\d)$/, heart_rate: /^([3-9]\d|[12]\d\d)$/,
  spo2: /^(100|[2-9]\d)$/, respiratory_rate: /^\d\d$/, temperature: /^\d\d\.\d$/,
};

/** @param {string} signal @param {string} text */
export const isComplete = (signal, text) => Boolean(COMPLETE[signal]?.test(text));

/** What a sheet of numbers says against them, or the numbers. @param {Record<string, string>} texts
 * @returns {string | Record<string, number>} */
export function readNumbers(texts) {
  /** @type {Record<string, number>} */
  const numbers = {};
  for (const [name, text] of Object.entries(texts)) if (text) numbers[name] = Number(text.replace(",", "."));
  if (Object.values(numbers).some((n) => !Number.isFinite(n))) return "Please write numbers only.";
  if (!Object.keys(numbers).length) return "Please give at least one number.";
  if (("systolic" in numbers) !== ("diastolic" in numbers)) return "A blood pressure has two numbers.";
  return numbers;
}

/** On which side of the limits a number lies, in words; empty inside. @param {Limits} limits @param {string} signal @param {string} text */
export function beyond(limits, signal, text) {
  const { low, high } = limits[signal] ?? {};
  const value = Number(text);
  if (!isComplete(signal, text)) return "";
  if (high !== undefined && value >= high) return `at or above ${high}`;
  return low !== undefined && value < low ? `below ${low}` : "";
}

/** @param {{title: string, signals: string[], limits: Limits, take: (numbers: Record<string, number>) => void}} wants */
export function pad(wants) {
  const fields = wants.signals.map((signal) => field(signal, wants.limits));
  const inputs = fields.map((one) => /** @type {HTMLInputElement} */ (one.querySelector("input")));
  let last = inputs[0];
  for (const [i, input] of inputs.entries()) {
    input.addEventListener("focus", () => {
      last = input;
      input.select();
    });
    input.addEventListener("input", () => isComplete(input.name, input.value) && inputs[i + 1]?.focus());
  }
  const press = (/** @type {string} */ key) => {
    const input = last;
    if (!input) return;
    // A field that was chosen anew is written anew.
    const whole = input.selectionStart === 0 && input.selectionEnd === input.value.length ? "" : input.value;
    input.value = key === "⌫" ? whole.slice(0, -1) : whole + key;
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  return sheet({
    title: wants.title, ok: "Chart it", wide: true,
    lead: [h("p", { class: "small soft" }, "What is left empty was not measured."), h("div", { class: "pad" }, h("div", { class: "pad-fields" }, ...fields), h("div", { class: "pad-keys", role: "group", "aria-label": "Keypad" }, ...KEYS.map((key) =>
      h("button", { type: "button", class: "button", tabindex: "-1", "aria-label": NAMES[key] ?? key, onclick: () => press(key) }, key))))],
    send: (values) => {
      const numbers = readNumbers(Object.fromEntries(wants.signals.map((signal) => [signal, values[signal] ?? ""])));
      if (typeof numbers === "string") return numbers;
      wants.take(numbers);
    },
  });
}

/** @param {string} signal @param {Limits} limits */
function field(signal, limits) {
  const said = h("span", { class: "pad-beyond", "aria-live": "polite" });
  // The machine's own keyboard would cover the keypad; one with keys still writes.
  const input = h("input", { id: `f-${signal}`, name: signal, type: "text", inputmode: "none", autocomplete: "off", "aria-describedby": `u-${signal}` });
  input.addEventListener("input", () => {
    const words = beyond(limits, signal, /** @type {HTMLInputElement} */ (input).value);
    said.textContent = words;
    said.className = words ? "pad-beyond level level-caution" : "pad-beyond";
  });
  return h("div", { class: "pad-field" }, h("label", { for: `f-${signal}` }, SIGNALS[signal]?.name ?? signal), input, h("span", { class: "small soft", id: `u-${signal}` }, SIGNALS[signal]?.unit), said);
}
