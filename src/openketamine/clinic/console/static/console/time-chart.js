// The anaesthesia-style time chart. One uPlot with lanes: events, drug, pressure and heart rate, SpO2, and what
// is not believed. Points only: nothing is joined, smoothed or filled in, so a gap is seen as a gap.

import { h } from "./dom.js";
import { number, SIGNALS, timeOfDay } from "./format.js";
import { drawDoses, drawDoubts, drawDrug, drawEvents, drawGrid, drawPoints, drawRatings, RATED } from "./chart-marks.js";
import { ChartWindow } from "./chart-window.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {typeof import("uplot")} UPlotClass */
/** @typedef {import("uplot")} Plot */
/** @import {Point} from "./types.d.ts" */

/** Lanes of the plot, from its bottom to its top, as fractions of its height. */
export const LANES = { doubts: [0, 0.06], ratings: [0.07, 0.13], spo2: [0.16, 0.32], main: [0.36, 0.82], drug: [0.85, 0.93], events: [0.94, 1] };
const MAIN = [20, 220];
const SPO2 = [85, 100];
const LEAST_MINUTES = 60;
const TABLE = ["systolic", "diastolic", "mean_pressure", "heart_rate", "spo2", "respiratory_rate", "moaas", "dissociation", "nausea", "distress", "pain"];

/** A scale whose values `from` to `to` fill one lane of the whole height.
 * @param {number[]} values @param {number[]} lane @returns {[number, number]} */
export function laneRange([from = 0, to = 1], [low = 0, high = 1]) {
  const unit = (to - from) / (high - low);
  return [from - unit * low, to + unit * (1 - high)];
}

/** The span of time on the chart: from a little before the first number to a little after now, an hour at least.
 * @param {number} first @param {number} now @returns {[number, number]} seconds */
export function span(first, now) {
  const from = Math.floor(Math.min(first, now) / 900_000) * 900;
  const to = Math.ceil((now + 600_000) / 300_000) * 300;
  return [from, Math.max(to, from + LEAST_MINUTES * 60)];
}

export class TimeChart extends HTMLElement {
  /** @type {Plot | undefined} */
  #plot;
  /** @type {Desk | undefined} */
  #desk;
  #key = "";
  #tableOpen = false;
  #window = new ChartWindow(() => this.#look());
  /** Tokens as the canvas needs them, until the scheme changes. @type {Map<string, string>} */
  #colors = new Map();

  async connectedCallback() {
    const address = new URL("../uplot/uPlot.esm.js", import.meta.url).href;
    /** @type {{default: UPlotClass}} */
    const { default: UPlot } = await import(address);
    this.#plot = new UPlot(this.#options(UPlot), [[0, 1], [null, null], [null, null]], this);
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#colors.clear();
      this.#plot?.redraw();
    });
    this.#window.attach(this);
    this.#twin();
    if (this.#desk) this.show(this.#desk);
  }

  /** @param {Desk} desk */
  show(desk) {
    this.#desk = desk;
    const plot = this.#plot;
    if (!plot) return;
    const now = desk.now();
    const first = Math.min(firstTime(desk), now);
    const [from, to] = this.#window.of(span(first, now));
    // A second more draws nothing new: redraw when something came, or every ten seconds.
    const key = [from, to, desk.series.last, desk.state.last_number, desk.outbox.all.length, desk.linkIsUp, Math.floor(now / 10_000)].join();
    if (key === this.#key) return;
    this.#key = key;
    plot.setData([[from, to], [null, null], [null, null]], false);
    plot.setScale("x", { min: from, max: to });
    if (this.#tableOpen) this.#drawTable();
  }

  #look() {
    if (this.#desk) this.show(this.#desk);
  }

  #size() {
    const tall = innerWidth < 640 ? 360 : Math.max(320, Math.min(460, innerHeight * 0.46));
    return { width: Math.max(280, this.clientWidth), height: tall };
  }

  /** @param {UPlotClass} UPlot @returns {import("uplot").Options} */
  #options(UPlot) {
    const color = (/** @type {string} */ name) => () => this.color(name);
    const axis = { stroke: color("--ink-soft"), grid: { show: false }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    return {
      ...this.#size(), padding: [4, 20, 0, 0], legend: { show: false }, cursor: { show: false }, pxAlign: 1,
      scales: {
        x: { time: true },
        main: { auto: false, range: () => laneRange(MAIN, LANES.main) },
        spo2: { auto: false, range: () => laneRange(SPO2, LANES.spo2) },
      },
      series: [{}, { scale: "main", show: true, paths: () => null, points: { show: false } }, { scale: "spo2", paths: () => null, points: { show: false } }],
      axes: [
        { ...axis, size: 26, space: 60, values: (_, all) => all.map((at) => timeOfDay(at * 1000)), incrs: [300, 900, 1800, 3600] },
        { ...axis, scale: "main", size: 40, splits: () => [40, 80, 120, 160, 200] },
      ],
      hooks: { draw: [(plot) => this.#draw(plot, UPlot.pxRatio)] },
    };
  }

  /** @param {Plot} plot @param {number} ratio */
  #draw(plot, ratio) {
    const desk = this.#desk;
    if (!desk?.state.phase) return;
    const brush = { plot, ratio, color: (/** @type {string} */ name) => this.color(name), lanes: LANES };
    plot.ctx.save();
    plot.ctx.textAlign = "start";
    drawGrid(brush);
    drawDrug(brush, desk.state.infusion, desk.state.plan, desk.now());
    drawDoses(brush, desk.state.doses);
    drawPoints(brush, desk.series);
    drawRatings(brush, desk.series);
    drawDoubts(brush, desk.series.doubted);
    drawEvents(brush, desk.events().filter((one) => one.mark));
    plot.ctx.restore();
    this.#note(desk);
  }

  /** For who measures us: how far the chart is drawn, and when it was drawn first. @param {Desk} desk */
  #note(desk) {
    this.dataset.newest = String(desk.series.newest.get("heart_rate")?.atMs ?? 0);
    this.dataset.drawnMs ??= String(Math.round(performance.now()));
  }

  /** A token as the canvas needs it: resolved for light or dark. @param {string} name */
  color(name) {
    const known = this.#colors.get(name);
    if (known) return known;
    const probe = this.querySelector("i") ?? this.appendChild(h("i", { hidden: true }));
    if (probe instanceof HTMLElement) probe.style.setProperty("color", `var(${name})`);
    const color = getComputedStyle(probe).color;
    this.#colors.set(name, color);
    return color;
  }

  #twin() {
    const press = document.getElementById("chart-twin");
    press?.addEventListener("click", () => {
      this.#tableOpen = !this.#tableOpen;
      press.setAttribute("aria-expanded", String(this.#tableOpen));
      press.textContent = this.#tableOpen ? "As a chart" : "As a table";
      this.hidden = this.#tableOpen;
      const table = document.getElementById("chart-table");
      if (table) table.hidden = !this.#tableOpen;
      if (this.#tableOpen) this.#drawTable();
    });
    document.getElementById("chart-key")?.replaceChildren(...key());
  }

  /** The same numbers for who reads rather than looks, with why something is not believed. */
  #drawTable() {
    const table = document.getElementById("chart-table");
    const series = this.#desk?.series;
    if (!table || !series) return;
    const used = TABLE.filter((signal) => series.has(signal));
    const head = h("tr", null, h("th", null, "Time"), ...used.map((signal) => h("th", { class: "number-cell" }, SIGNALS[signal]?.name)));
    const rows = series.minutes(used).reverse().map((row) =>
      h("tr", null, h("th", null, timeOfDay(row.at)), ...used.map((signal) => h("td", { class: "number-cell" }, shown(row.values[signal])))));
    const doubts = series.doubted.slice(-200).reverse().map((one) => h("tr", null, h("th", null, timeOfDay(one.at)), h("td", null, SIGNALS[one.signal]?.name), h("td", { class: "number-cell" }, number(one.value)), h("td", null, one.why)));
    table.replaceChildren(
      h("table", null, h("caption", null, "The last number of each minute. A star marks what was measured by hand."), h("thead", null, head), h("tbody", null, ...rows)),
      ...(doubts.length ? [h("table", null, h("caption", null, "Not believed"), h("thead", null, h("tr", null, ...["Time", "Signal", "Number", "Why"].map((word) => h("th", null, word)))), h("tbody", null, ...doubts))] : []),
    );
  }
}

/** @param {Point | undefined} point */
const shown = (point) => (point ? `${number(point.value)}${point.manual ? " *" : ""}` : "");

/** What the marks mean. */
function key() {
  const rated = Object.entries(RATED).map(([signal, letter]) => [letter, (SIGNALS[signal]?.name ?? signal).replace("Sedation ", "").toLowerCase().replace("moaa/s", "MOAA/S")]);
  return [["∨", "systolic"], ["∧", "diastolic"], ["–", "mean"], ["•", "heart rate"], ["○", "by hand"], ["×", "not believed"], ...rated].map(([mark, word]) => h("span", null, h("b", null, mark), ` ${word}`));
}

/** @param {Desk} desk */
function firstTime(desk) {
  const begun = desk.state.infusion?.started_at ?? desk.state.doses?.started_at;
  return Math.min(desk.series.begins(["heart_rate", "pulse_rate", "spo2", "systolic"]), begun ? Date.parse(begun) - 600_000 : Infinity);
}

customElements.define("time-chart", TimeChart);
