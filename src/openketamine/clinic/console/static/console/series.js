// What the time chart draws: every number once, believed and not believed apart, gaps left as gaps.

import { Trace } from "./trace.js";

/** @import {Charted, Doubted, Newest, Point} from "./types.d.ts" */
/** @typedef {{last: number, traces: Record<string, {at: number[], value: number[]}>, doubted: Doubted[],
 *   newest: [string, Newest][], good?: [string, Newest][]}} Packed */

const MINUTE_MS = 60_000;
const MOST_MINUTES = 24 * 60;
const MOST_DOUBTED = 2000;
/** Of a probe that is off the finger for an hour, one cross each ten seconds says as much as 3,600. */
const DOUBT_REST_MS = 10_000;

export class Series {
  /** Number of the last reading that is in here; a repeat is not drawn twice. */
  last = 0;
  /** @type {Map<string, Trace>} */
  #device = new Map();
  /** @type {Map<string, Point[]>} */
  #manual = new Map();
  /** The last device number of each minute, for the table twin. @type {Map<number, Record<string, Point>>} */
  #minutes = new Map();
  /** @type {Doubted[]} */
  doubted = [];
  /** The last number of each signal, believed or not. @type {Map<string, Newest>} */
  newest = new Map();
  /** The last that is believed. @type {Map<string, Newest>} */
  good = new Map();

  /** Columns from `GET readings`. @param {{signals: string[], rows: (number | null)[][],
   *   doubts: Record<string, Record<string, string>>}} answer */
  addColumns(answer) {
    const fresh = answer.rows.filter((row) => Number(row[0]) > this.last);
    for (const row of fresh) {
      const [id, at] = [Number(row[0]), Number(row[1])];
      const doubts = answer.doubts[String(id)];
      answer.signals.forEach((signal, i) => {
        const value = row[i + 3];
        if (value !== null && value !== undefined) this.#take(signal, value, at, doubts?.[signal] ?? "");
      });
    }
    this.last = Number(fresh.at(-1)?.[0] ?? this.last);
    answer.signals.forEach((signal, i) => {
      const there = (/** @type {(number | null)[]} */ row) => row[i + 3] !== null && row[i + 3] !== undefined;
      const why = (/** @type {(number | null)[]} */ row) => answer.doubts[String(row[0])]?.[signal] ?? "";
      for (const row of [fresh.findLast((one) => there(one) && !why(one)), fresh.findLast(there)]) {
        if (row) this.#newest(signal, { value: Number(row[i + 3]), atMs: Number(row[1]), receivedMs: Number(row[2]), doubt: why(row) });
      }
    });
  }

  /** @param {string} signal @param {Newest} one */
  #newest(signal, one) {
    this.newest.set(signal, one);
    if (!one.doubt) this.good.set(signal, one);
  }

  /** One reading. @param {number} id @param {number} atMs @param {number} receivedMs
   * @param {Record<string, number | null>} values @param {Record<string, string>} doubts */
  add(id, atMs, receivedMs, values, doubts) {
    if (id <= this.last) return false;
    this.last = id;
    for (const [signal, value] of Object.entries(values)) {
      if (value === null || value === undefined) continue;
      const why = doubts[signal] ?? "";
      this.#newest(signal, { value, receivedMs, atMs, doubt: why });
      this.#take(signal, value, atMs, why);
    }
    return true;
  }

  /** @param {string} signal @param {number} value @param {number} at @param {string} why it is not believed; empty: it is */
  #take(signal, value, at, why) {
    if (why) this.#doubt({ at, signal, value, why });
    else this.#believe(signal, { at, value, manual: false });
  }

  /** @param {string} signal @param {Point} point */
  #believe(signal, point) {
    let trace = this.#device.get(signal);
    if (!trace) this.#device.set(signal, (trace = new Trace()));
    trace.push(point);
    const minute = Math.floor(point.at / MINUTE_MS) * MINUTE_MS;
    const row = this.#minutes.get(minute);
    if (row) row[signal] = point;
    else this.#minutes.set(minute, { [signal]: point });
    if (this.#minutes.size > MOST_MINUTES) this.#minutes.delete(/** @type {number} */ (this.#minutes.keys().next().value));
  }

  /** @param {Doubted} one */
  #doubt(one) {
    const before = this.doubted.findLast((other) => other.signal === one.signal);
    if (before && before.why === one.why && one.at - before.at < DOUBT_REST_MS && one.at >= before.at) return;
    this.doubted.push(one);
    if (this.doubted.length > MOST_DOUBTED) this.doubted.splice(0, MOST_DOUBTED / 10);
  }

  /** Everything that was charted by hand, corrections applied. @param {Pick<Charted, "at" | "values">[]} charted */
  setManual(charted) {
    this.#manual = new Map();
    for (const one of charted) {
      for (const [signal, value] of Object.entries(one.values)) {
        const list = this.#manual.get(signal) ?? [];
        this.#manual.set(signal, [...list, { at: Date.parse(one.at), value, manual: true }]);
      }
    }
  }

  /** What a chart draws of a signal: lists of points, each list in time, nothing copied. @param {string} signal */
  parts(signal) {
    return [...(this.#device.get(signal)?.parts ?? []), this.#manual.get(signal) ?? []];
  }

  /** All believed points of a signal in time. @param {string} signal @returns {Point[]} */
  points(signal) {
    const manual = this.#manual.get(signal) ?? [];
    const device = this.#device.get(signal)?.points ?? [];
    return manual.length ? [...device, ...manual].sort((a, b) => a.at - b.at) : device;
  }

  /** Whether there is any believed number of a signal. @param {string} signal */
  has(signal) {
    return Boolean(this.#device.get(signal)?.length || this.#manual.get(signal)?.length);
  }

  /** When the first number of any of these signals was measured; Infinity where there is none. @param {string[]} signals */
  begins(signals) {
    const firsts = signals.flatMap((signal) => [this.#device.get(signal)?.first?.at, this.#manual.get(signal)?.[0]?.at]);
    return Math.min(...firsts.map((at) => at ?? Infinity));
  }

  /** Rows of the table twin: the last number of each minute; what was measured by hand stands in its minute.
   * @param {string[]} signals */
  minutes(signals) {
    /** @type {Map<number, {at: number, values: Record<string, Point>}>} */
    const rows = new Map();
    const row = (/** @type {number} */ at) => rows.get(at) ?? rows.set(at, { at, values: {} }).get(at);
    for (const [at, values] of this.#minutes) Object.assign(row(at)?.values ?? {}, values);
    for (const signal of signals) {
      for (const point of this.#manual.get(signal) ?? []) Object.assign(row(Math.floor(point.at / MINUTE_MS) * MINUTE_MS)?.values ?? {}, { [signal]: point });
    }
    return [...rows.values()].sort((a, b) => a.at - b.at);
  }

  /** For the tablet to keep. @returns {Packed} */
  packed() {
    /** @type {Packed["traces"]} */
    const traces = {};
    for (const [signal, trace] of this.#device) {
      const points = trace.points;
      traces[signal] = { at: points.map((one) => one.at), value: points.map((one) => one.value) };
    }
    return { last: this.last, traces, doubted: this.doubted.slice(), newest: [...this.newest], good: [...this.good] };
  }

  /** What the tablet kept. @param {Packed} kept */
  unpack(kept) {
    this.last = kept.last;
    for (const [signal, { at, value }] of Object.entries(kept.traces)) {
      at.forEach((when, i) => this.#believe(signal, { at: when, value: value[i] ?? NaN, manual: false }));
    }
    this.doubted = kept.doubted;
    this.newest = new Map(kept.newest);
    this.good = new Map(kept.good ?? []);
  }
}
