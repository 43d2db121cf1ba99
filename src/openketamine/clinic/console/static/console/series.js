// What the time chart draws: every number once, believed and not believed apart, gaps left as gaps.

/** @import {Charted, Doubted, Newest, Point} from "./types.d.ts" */

export class Series {
  /** Number of the last reading that is in here; a repeat is not drawn twice. */
  last = 0;
  /** @type {Map<string, Point[]>} */
  #device = new Map();
  /** @type {Map<string, Point[]>} */
  #manual = new Map();
  /** @type {Doubted[]} */
  doubted = [];
  /** @type {Map<string, Newest>} */
  newest = new Map();

  /** Columns from `GET readings`. @param {{signals: string[], rows: (number | null)[][],
   *   doubts: Record<string, Record<string, string>>}} answer */
  addColumns(answer) {
    for (const [id, at, received, ...values] of answer.rows) {
      /** @type {Record<string, number | null>} */
      const named = {};
      answer.signals.forEach((signal, i) => (named[signal] = values[i] ?? null));
      this.add(Number(id), Number(at), Number(received), named, answer.doubts[String(id)] ?? {});
    }
  }

  /** One reading. @param {number} id @param {number} atMs @param {number} receivedMs
   * @param {Record<string, number | null>} values @param {Record<string, string>} doubts */
  add(id, atMs, receivedMs, values, doubts) {
    if (id <= this.last) return false;
    this.last = id;
    for (const [signal, value] of Object.entries(values)) {
      if (value === null || value === undefined) continue;
      const why = doubts[signal] ?? "";
      this.newest.set(signal, { value, receivedMs, atMs, doubt: why });
      if (why) this.doubted.push({ at: atMs, signal, value, why });
      else this.#list(this.#device, signal).push({ at: atMs, value, manual: false });
    }
    return true;
  }

  /** Everything that was charted by hand, corrections applied. @param {Pick<Charted, "at" | "values">[]} charted */
  setManual(charted) {
    this.#manual = new Map();
    for (const one of charted) {
      for (const [signal, value] of Object.entries(one.values)) {
        this.#list(this.#manual, signal).push({ at: Date.parse(one.at), value, manual: true });
      }
    }
  }

  /** All believed points of a signal in time. @param {string} signal @returns {Point[]} */
  points(signal) {
    const manual = this.#manual.get(signal) ?? [];
    const device = this.#device.get(signal) ?? [];
    return manual.length ? [...device, ...manual].sort((a, b) => a.at - b.at) : device;
  }

  /** Rows of the table twin: the last number of each minute for what streams, and every cuff or manual number.
   * @param {string[]} signals */
  minutes(signals) {
    /** @type {Map<number, {at: number, values: Record<string, Point>}>} */
    const rows = new Map();
    for (const signal of signals) {
      for (const point of this.points(signal)) {
        const minute = Math.floor(point.at / 60_000) * 60_000;
        const row = rows.get(minute) ?? { at: minute, values: {} };
        row.values[signal] = point;
        rows.set(minute, row);
      }
    }
    return [...rows.values()].sort((a, b) => a.at - b.at);
  }

  /** @param {Map<string, Point[]>} map @param {string} signal */
  #list(map, signal) {
    let list = map.get(signal);
    if (!list) map.set(signal, (list = []));
    return list;
  }
}
