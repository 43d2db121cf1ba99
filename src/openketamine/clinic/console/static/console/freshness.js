// How old a number may be before the screen says so. The ages come from the server (knowledge/alarms).

/** @import {Ages, Threshold} from "./types.d.ts" */
/** @typedef {"live" | "old" | "stale"} Freshness */

/** Without a word from the server for this long, every number on the screen is old news. The server
 * speaks every 2 s and the watch looks twice a second, so that a nurse is told within 5. */
export const LINK_SILENT_MS = 4400;

/** @param {Threshold} threshold @param {number} value */
function met(threshold, value) {
  return threshold.compare === ">" ? value > threshold.value : value >= threshold.value;
}

/** Freshness of a number by its age since receipt. A signal without ages is never called live.
 * @param {Ages} ages @param {string} signal @param {number} receivedMs @param {number} nowMs
 * @param {boolean} linkIsUp @returns {Freshness} */
export function freshness(ages, signal, receivedMs, nowMs, linkIsUp) {
  if (!linkIsUp || !Number.isFinite(receivedMs)) return "stale";
  const limit = ages[signal];
  if (!limit) return "stale";
  const seconds = (nowMs - receivedMs) / 1000;
  if (met(limit.stale, seconds)) return "stale";
  return met(limit.old, seconds) ? "old" : "live";
}

/** Whether the link still counts as up. @param {number} heardMs @param {number} nowMs */
export function linkIsUp(heardMs, nowMs) {
  return nowMs - heardMs <= LINK_SILENT_MS;
}
