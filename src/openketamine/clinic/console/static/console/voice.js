// The sound of a screen: off on every device until somebody turns it on there, and then only for what is highest.
// Patterns come from knowledge/alarms/presentation.yaml. While it is off a crossed bell stands on the screen.

import { button, h, refresh } from "./dom.js";
import { clock as runningTime } from "./format.js";
import { now } from "./server.js";

/** @typedef {{marks: string, word: string, tones: number, bursts: number, every_s: number, pause_s: number}} Pattern */
/** @typedef {{priority: string, nature: string, paused_until?: string | null}} Heard */

const KEPT = "openketamine.sound";
/** Notes of a burst in Hz: rising for a person, flat for a machine, so that the two are told apart with eyes closed. */
const RISING = [523, 659, 784, 659, 784];
const FLAT = [440, 440, 440, 440, 440];
const TONE_S = /** @type {Record<string, number>} */ ({ high: 0.13, medium: 0.2, low: 0.2 });
const GAP_S = /** @type {Record<string, number>} */ ({ high: 0.08, medium: 0.2, low: 0.2 });
const BETWEEN_BURSTS_S = 0.5;

/** When each tone of a pattern begins and ends, in seconds, and its note. Pure.
 * @param {Pattern} pattern @param {Heard} heard @returns {{from: number, to: number, hz: number}[]} */
export function notes(pattern, heard) {
  const scale = heard.nature === "technical" ? FLAT : RISING;
  const [tone, gap] = [TONE_S[heard.priority] ?? 0.2, GAP_S[heard.priority] ?? 0.2];
  const one = pattern.tones * (tone + gap) + BETWEEN_BURSTS_S;
  return Array.from({ length: pattern.bursts * pattern.tones }, (_, at) => {
    const from = Math.floor(at / pattern.tones) * one + (at % pattern.tones) * (tone + gap);
    return { from, to: from + tone, hz: scale[at % pattern.tones] ?? 523 };
  });
}

/** Whether a burst is to be played now. Pure. @param {Record<string, Pattern>} patterns @param {Heard | null} heard
 * @param {{key: string, atMs: number}} last @param {number} atMs */
export function isTime(patterns, heard, last, atMs) {
  if (!heard || (heard.paused_until && Date.parse(heard.paused_until) > atMs)) return false;
  const pattern = patterns[heard.priority];
  if (!pattern) return false;
  return last.key !== `${heard.priority} ${heard.nature}` || atMs - last.atMs >= pattern.every_s * 1000;
}

export class SoundSwitch {
  #on = kept();
  /** @type {AudioContext | undefined} */
  #context;
  #last = { key: "", atMs: 0 };
  /** @type {Heard | null} */
  #heard = null;

  /** @param {HTMLElement} root @param {Record<string, Pattern>} patterns
   * @param {{pause?: (seconds: number) => void, resume?: () => void, switched?: (on: boolean) => void}} [may] what this screen may do to a session */
  constructor(root, patterns, may = {}) {
    this.root = root;
    this.patterns = patterns;
    this.may = may;
    // A browser lets a page speak only after somebody has touched it. Not at the press but after it: to draw anew
    // between press and release would take the button from under the finger.
    addEventListener("click", () => this.#wake());
    addEventListener("keydown", () => this.#wake());
    setInterval(() => this.#draw(), 1000);
    this.#draw();
  }

  /** What should be heard now; null for silence. @param {Heard | null} heard */
  tell(heard) {
    this.#heard = heard?.priority ? heard : null;
    if (!this.#heard) this.#last = { key: "", atMs: 0 };
    this.#draw();
    if (!this.#on || this.#context?.state !== "running" || !isTime(this.patterns, this.#heard, this.#last, now())) return;
    const { priority, nature } = /** @type {Heard} */ (this.#heard);
    this.#last = { key: `${priority} ${nature}`, atMs: now() };
    this.#play(/** @type {Heard} */ (this.#heard));
  }

  /** @param {Heard} heard */
  #play(heard) {
    const context = /** @type {AudioContext} */ (this.#context);
    const pattern = this.patterns[heard.priority];
    if (!pattern) return;
    for (const { from, to, hz } of notes(pattern, heard)) {
      const [tone, gain] = [context.createOscillator(), context.createGain()];
      const begin = context.currentTime + 0.05;
      tone.type = "triangle";
      tone.frequency.value = hz;
      gain.gain.setValueAtTime(0, begin + from);
      gain.gain.linearRampToValueAtTime(0.35, begin + from + 0.02);
      gain.gain.setValueAtTime(0.35, begin + to - 0.03);
      gain.gain.linearRampToValueAtTime(0, begin + to);
      tone.connect(gain).connect(context.destination);
      tone.start(begin + from);
      tone.stop(begin + to);
    }
  }

  #wake() {
    if (!this.#on) return;
    this.#context ??= new AudioContext();
    void this.#context.resume().then(() => this.#draw(), () => {});
  }

  /** @param {boolean} on */
  #switch(on) {
    this.#on = on;
    try {
      localStorage.setItem(KEPT, on ? "on" : "off");
    } catch {
      // A browser that keeps nothing asks again next time.
    }
    if (on) this.#wake();
    this.may.switched?.(on);
    this.#draw();
  }

  #draw() {
    const until = Date.parse(this.#heard?.paused_until ?? "");
    const paused = until > now() ? runningTime(until - now()) : "";
    const waits = this.#on && this.#context?.state !== "running";
    const pause = this.#heard && !paused && this.may.pause ? (this.patterns[this.#heard.priority]?.pause_s ?? 0) : 0;
    refresh(this.root, [this.#on, waits, paused, pause], () => [
      h("span", { class: `bell ${this.#on ? "bell-on" : "bell-off"}` }, bell(!this.#on), this.#on ? (waits ? "Sound waits for a touch" : "Sound on") : "Sound off"),
      button(this.#on ? "Turn off" : "Turn on", () => this.#switch(!this.#on), "quiet", { "aria-label": this.#on ? "Turn off sound" : "Turn on sound", data: { key: "sound" } }),
      paused ? h("span", { class: "level level-caution", role: "timer" }, `Sound paused ${paused}`) : null,
      paused && this.may.resume ? button("End the pause", () => this.may.resume?.(), "quiet", { data: { key: "resume" } }) : null,
      pause ? button(`Pause sound ${pause / 60} min`, () => this.may.pause?.(pause), "", { data: { key: "pause" } }) : null,
    ]);
  }
}

/** A bell, crossed while the sound is off. @param {boolean} crossed */
function bell(crossed) {
  const svg = shape("svg", { viewBox: "0 0 24 24", width: "20", height: "20", "aria-hidden": "true", class: "bell-shape" });
  svg.append(shape("path", { d: "M12 3a6 6 0 0 0-6 6v4l-2 4h16l-2-4V9a6 6 0 0 0-6-6zm-2 15a2 2 0 0 0 4 0z", fill: "currentColor" }));
  if (crossed) svg.append(shape("path", { d: "M4 3l17 18", stroke: "currentColor", "stroke-width": "2.5", fill: "none" }));
  return svg;
}

/** @param {string} tag @param {Record<string, string>} attributes */
function shape(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function kept() {
  try {
    return localStorage.getItem(KEPT) === "on";
  } catch {
    return false;
  }
}
