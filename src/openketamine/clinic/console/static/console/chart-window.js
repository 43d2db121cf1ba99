// Which part of the session the time chart shows: all of it, or an hour or a quarter of one that follows the clock or
// stays where somebody moved it, by drag, by wheel or by a key.

import { button, h } from "./dom.js";

const SPANS = /** @type {[string, number][]} */ ([["All", 0], ["1 h", 3600], ["15 min", 900]]);
const STEP = 0.5;

export class ChartWindow {
  #seconds = 0;
  /** The right edge, in seconds since 1970; null follows the clock. @type {number | null} */
  #end = null;
  /** @type {[number, number]} */
  #whole = [0, 1];
  #asked = false;

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
  }

  /** The span to draw. @param {[number, number]} whole seconds @returns {[number, number]} */
  of(whole) {
    this.#whole = whole;
    if (!this.#seconds || whole[1] - whole[0] <= this.#seconds) return whole;
    const end = Math.min(whole[1], Math.max(whole[0] + this.#seconds, this.#end ?? whole[1]));
    return [end - this.#seconds, end];
  }

  /** @param {HTMLElement} chart */
  attach(chart) {
    const place = document.getElementById("chart-span");
    if (place) this.#controls(place);
    let fromX = NaN;
    let fromEnd = 0;
    chart.addEventListener("pointerdown", (event) => {
      if (!this.#seconds) return;
      [fromX, fromEnd] = [event.clientX, this.of(this.#whole)[1]];
      chart.setPointerCapture(event.pointerId);
    });
    chart.addEventListener("pointermove", (event) => {
      if (!Number.isNaN(fromX)) this.#moveTo(fromEnd - ((event.clientX - fromX) / chart.clientWidth) * this.#seconds);
    });
    for (const over of ["pointerup", "pointercancel"]) chart.addEventListener(over, () => (fromX = NaN));
    chart.addEventListener("wheel", (event) => {
      if (!this.#seconds || Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
      event.preventDefault();
      this.#moveTo(this.of(this.#whole)[1] + (event.deltaX / chart.clientWidth) * this.#seconds);
    }, { passive: false });
  }

  /** However many moves come at once, one is drawn for each picture of the screen. @param {number} end */
  #moveTo(end) {
    this.#end = end >= this.#whole[1] ? null : end;
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.changed();
    });
  }

  /** @param {HTMLElement} place */
  #controls(place) {
    const move = (/** @type {number} */ side) => this.#moveTo(this.of(this.#whole)[1] + side * STEP * this.#seconds);
    const steps = [button("Earlier", () => move(-1), "quiet"), button("Later", () => move(1), "quiet")];
    const choices = SPANS.map(([label, seconds]) => h("button", { type: "button", class: "answer", "aria-pressed": String(!seconds), onclick: () => choose(seconds) }, label));
    const choose = (/** @type {number} */ seconds) => {
      this.#seconds = seconds;
      this.#end = null;
      choices.forEach((one, i) => one.setAttribute("aria-pressed", String(SPANS[i]?.[1] === seconds)));
      for (const one of steps) one.hidden = !seconds;
      this.changed();
    };
    for (const one of steps) one.hidden = true;
    place.replaceChildren(...choices, ...steps);
  }
}
