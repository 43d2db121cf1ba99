// Which number stands on a tile, and whether it lies beyond a limit. Pure: the server says the same
// (core/treatment/_vitals.py, core/monitoring), and the same examples are held against both.

import { freshness } from "./freshness.js";

/** @import {Ages, Bounds, Newest} from "./types.d.ts" */

const WORST_FIRST = ["high", "medium", "low"];

/** Of two monitors one may have its probe off: what is not believed does not hide what is, as long as that is live, or
 * was taken by hand and is not stale. @param {string} signal @param {(Newest | undefined)[]} known what devices and
 * hands said last @param {Ages} ages @param {number} nowMs @param {boolean} linkIsUp @returns {Newest | undefined} */
export function standing(signal, known, ages, nowMs, linkIsUp) {
  const said = known.filter((one) => one !== undefined).sort((a, b) => b.atMs - a.atMs || Number(b.manual ?? false) - Number(a.manual ?? false));
  const newest = said[0];
  const good = said.find((one) => !one.doubt);
  if (!newest?.doubt || !good) return newest;
  const fresh = freshness(ages, signal, good.receivedMs, nowMs, linkIsUp);
  return fresh === "live" || (good.manual && fresh !== "stale") ? { ...good, beside: `${newest.value}, ${newest.doubt}` } : newest;
}

/** The most urgent level whose limit a number lies beyond, at once: what a finding waits for is the finding's business.
 * @param {Bounds} bounds @param {string} signal @param {number} value @param {number | null | undefined} baseline
 * @returns {string} high, medium, low, or nothing */
export function beyond(bounds, signal, value, baseline) {
  const crossed = (bounds[signal] ?? []).filter((one) => met(one, value, baseline)).map((one) => one.priority);
  return WORST_FIRST.find((priority) => crossed.includes(priority)) ?? "";
}

/** @param {Bounds[string][number]} bound @param {number} value @param {number | null | undefined} baseline */
function met({ compare, value: limit, against }, value, baseline) {
  if (against && (baseline === null || baseline === undefined)) return false;
  const rise = value - (baseline ?? 0);
  const number = against === "baseline_percent" ? (rise * 100) / Number(baseline) : against ? rise : value;
  return { ">=": number >= limit, ">": number > limit, "<=": number <= limit, "<": number < limit }[compare] ?? false;
}
