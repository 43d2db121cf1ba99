// One tile of the board, the same on a desk, a tablet and a wall. Initials and chair only.

import { age, clock, countdown, timeOfDay } from "./format.js";
import { h } from "./dom.js";

/** @import {Tile} from "./types.d.ts" */
/** @typedef {{at: number, up: boolean, opens: boolean}} Scene */

const MARKS = /** @type {Record<string, string>} */ ({ high: "***", medium: "**", low: "*" });
const PHASES = /** @type {Record<string, string>} */ ({
  expected: "Expected", planned: "Planned", prepared: "Prepared", infusing: "Infusing", giving: "Giving", paused: "Paused",
  recovery: "Recovery", discharged: "Discharged", closed: "Closed",
});
const ANSWERED = /** @type {Record<string, string>} */ ({ coming: "comes", seen: "has seen it", here: "is at the chair" });
const BP_OLD_MS = 5 * 60_000;
const ORDER = ["high", "medium", "low"];

/** @param {Tile} one @param {Scene} scene */
export function tile(one, scene) {
  const { at } = scene;
  const alarm = one.alarm;
  const inside = [
    h("div", { class: "board-top" }, h("b", { class: "board-chair" }, one.chair || "no chair"), h("span", { class: "board-initials" }, one.initials), h("span", { class: `phase phase-${one.phase}` }, PHASES[one.phase] ?? one.phase)),
    alarm ? mark(alarm, at) : null,
    one.call ? h("p", { class: "board-call" }, calling(one.call, at)) : null,
    h("dl", { class: "board-facts" },
      fact("Time", time(one, at)),
      fact("Due next", one.due ? `${one.due.what} ${countdown(Date.parse(one.due.at), at)}` : "nothing", Boolean(one.due && Date.parse(one.due.at) < at)),
      fact("Last BP", pressure(one, scene)),
      fact("Nurse", one.nurse || "none yet")),
  ];
  const look = `tile board-tile${alarm ? ` rings rings-${alarm.priority} nature-${alarm.nature}${alarm.acknowledged_at ? " is-seen" : ""}` : ""}`;
  return scene.opens ? h("a", { class: look, href: one.path, data: { key: one.session } }, ...inside) : h("div", { class: look }, ...inside);
}

/** @param {NonNullable<Tile["alarm"]>} alarm @param {number} at */
function mark(alarm, at) {
  const kind = alarm.nature === "technical" ? `technical, ${alarm.priority}` : alarm.priority;
  const since = alarm.latched ? "over, seen by nobody" : alarm.acknowledged_at ? "seen" : `for ${age(at - Date.parse(alarm.raised_at))}`;
  const more = alarm.count > 1 ? `, ${alarm.count - 1} more` : "";
  return h("p", { class: "board-alarm" }, h("b", { class: "board-mark" }, `${MARKS[alarm.priority]} ${kind}`), ` ${alarm.summary} `, h("span", { class: "nowrap" }, `(${since}${more})`));
}

/** @param {NonNullable<Tile["call"]>} call @param {number} at */
function calling(call, at) {
  if (call.answer) return `${call.answer.by} ${ANSWERED[call.answer.answer] ?? "has answered"}, ${timeOfDay(call.answer.at)}`;
  const who = call.names.length > 2 ? `${call.names.length} people` : call.names.join(", ") || "Nobody is there to be told";
  return `${who} told ${age(at - Date.parse(call.told_at))} ago, no answer yet`;
}

/** The sound that wins among all tiles; null for none. Those that are paused are left out.
 * @param {Tile[]} tiles @param {number} at */
export function rings(tiles, at) {
  const asking = tiles.map((one) => one.sound).filter((one) => one?.priority && !(Date.parse(one.paused_until ?? "") > at));
  return asking.sort((a, b) => ORDER.indexOf(a.priority) - ORDER.indexOf(b.priority) || Number(a.nature === "technical") - Number(b.nature === "technical"))[0] ?? null;
}

/** @param {string} name @param {string | Node} value @param {boolean} [late] */
const fact = (name, value, late) => h("div", null, h("dt", null, name), h("dd", { class: late ? "is-late" : "" }, late ? h("span", { class: "level level-caution" }, "late") : null, " ", value));

/** @param {Tile} one @param {number} at */
function time(one, at) {
  const { infusion, doses } = one;
  const gone = (/** @type {string} */ from) => `${clock(at - Date.parse(from))} gone`;
  if (infusion && one.phase === "infusing") return `${gone(infusion.started_at)}, ${infusion.planned_end ? clock(Date.parse(infusion.planned_end) - at) : "–"} left`;
  if (infusion && one.phase === "paused") return `${gone(infusion.started_at)}, pump stands`;
  if (infusion) return infusion.stopped_at ? `ended ${age(at - Date.parse(infusion.stopped_at))} ago` : "";
  if (!doses) return "not started";
  if (doses.ended_at) return `last dose ${age(at - Date.parse(doses.ended_at))} ago`;
  return doses.next_at ? `${gone(doses.started_at)}, next dose ${countdown(Date.parse(doses.next_at), at)}` : gone(doses.started_at);
}

/** @param {Tile} one @param {Scene} scene */
function pressure(one, { at, up }) {
  if (!one.pressure) return "none yet";
  const old = at - Date.parse(one.pressure.received_at);
  const text = `${one.pressure.systolic}/${one.pressure.diastolic}`;
  const doubtful = one.pressure.doubt || old > BP_OLD_MS || !up;
  return h("span", null, h(doubtful ? "s" : "b", { class: "board-pressure" }, text), ` ${age(old)} ago`, one.pressure.doubt ? ", not believed" : old > BP_OLD_MS || !up ? ", stale" : "");
}
