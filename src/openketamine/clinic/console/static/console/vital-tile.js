// One numeric: the number, its limits beside it, its age, and whether it may be trusted.
// A stale number is struck through, with its age and the word; what is not believed leaves a gap and is told
// below; an alarm inverts the tile and adds marks, an icon and words. Never by colour alone.

import { h, refresh } from "./dom.js";
import { age, number, SIGNALS } from "./format.js";
import { freshness } from "./freshness.js";
import { beyond } from "./standing.js";

/** @import {Ages, Bounds, Finding, Limits, Newest} from "./types.d.ts" */
/** @typedef {{newest: (signal: string) => Newest | undefined, ages: Ages, limits: Limits,
 *   bounds: Bounds, baseline: Record<string, number>, alarm: (signals: string[]) => Finding | undefined, now: number, linkIsUp: boolean}} Scene */

export const MARKS = /** @type {Record<string, string>} */ ({ high: "***", medium: "**", low: "*" });
const WORDS = { live: "live", old: "old", stale: "stale" };

export class VitalTile extends HTMLElement {
  /** @param {Scene} scene */
  show(scene) {
    const signals = (this.dataset.signals ?? "").split(" ");
    const main = this.main(scene, signals);
    const seen = scene.newest(main);
    const fresh = seen ? freshness(scene.ages, main, seen.receivedMs, scene.now, scene.linkIsUp) : "none";
    const alarm = scene.alarm(signals);
    const old = seen ? age(scene.now - seen.receivedMs) : "";
    const doubts = signals.flatMap((signal) => doubted(signal, scene.newest(signal), seen));
    const text = seen ? this.text(scene, main, seen) : "–";
    const limit = limits(scene.limits, main);
    const over = alarm && !alarm.latched ? "" : this.beyond(scene, main, seen, fresh);
    this.className = `vital vital-${fresh}`;
    if (over) this.classList.add("is-beyond", `vital-alarm-${over}`);
    if (alarm) this.classList.add(alarm.latched ? "was-in-alarm" : "in-alarm", `vital-alarm-${alarm.priority}`, `nature-${alarm.nature}`);
    if (alarm?.acknowledged_at) this.classList.add("is-seen");
    if (seen?.doubt) this.classList.add("vital-doubted");
    refresh(this, [text, fresh, old, limit, alarm?.summary, alarm?.priority, alarm?.acknowledged_at, alarm?.latched, doubts, seen?.manual, main, over], () => [
      h("div", { class: "vital-head" }, h("b", null, this.dataset.label || SIGNALS[main]?.name), over ? beyondWord(over) : alarm && alarmWord(alarm)),
      h("div", { class: "vital-row" }, h("div", { class: "vital-number" }, text), h("span", { class: "vital-unit" }, this.unit(scene, main))),
      h("div", { class: "vital-foot" }, h("span", { class: "vital-fresh" }, said(fresh, old, seen)), limit && h("span", { class: "vital-limits" }, h("span", { class: "visually-hidden" }, "limits "), limit)),
      doubts.length ? h("div", { class: "vital-doubt" }, `not believed: ${doubts.join("; ")}`) : null,
    ]);
  }

  /** Which of its signals the tile shows: a pulse that is counted rather than a heart rate that is lost.
   * @param {Scene} scene @param {string[]} signals */
  main(scene, signals) {
    const live = (/** @type {string} */ signal) => {
      const one = scene.newest(signal);
      return one && !one.doubt && freshness(scene.ages, signal, one.receivedMs, scene.now, scene.linkIsUp) === "live";
    };
    return signals.find(live) ?? signals.find((signal) => scene.newest(signal)) ?? signals[0] ?? "";
  }

  /** Beyond a limit now, whether or not a finding has waited long enough. @param {Scene} scene @param {string} main
   * @param {Newest | undefined} seen @param {string} fresh */
  beyond(scene, main, seen, fresh) {
    return seen && !seen.doubt && fresh !== "stale" ? beyond(scene.bounds, main, seen.value, scene.baseline[main]) : "";
  }

  /** @param {Scene} _scene @param {string} signal @param {Newest} seen */
  text(_scene, signal, seen) {
    return shown(seen, SIGNALS[signal]?.places);
  }

  /** @param {Scene} _scene @param {string} signal */
  unit(_scene, signal) {
    return SIGNALS[signal]?.unit ?? "";
  }
}

/** Blood pressure: two numbers that were measured together, and the mean. */
export class PressureTile extends VitalTile {
  /** @override */
  main() {
    return "systolic";
  }

  /** The worse of the two that were measured together. @param {Scene} scene @param {string} main
   * @param {Newest | undefined} seen @param {string} fresh @override */
  beyond(scene, main, seen, fresh) {
    const diastolic = scene.newest("diastolic");
    const both = [super.beyond(scene, main, seen, fresh), diastolic?.atMs === seen?.atMs ? super.beyond(scene, "diastolic", diastolic, fresh) : ""];
    return ["high", "medium", "low"].find((one) => both.includes(one)) ?? "";
  }

  /** @param {Scene} scene @param {string} _signal @param {Newest} seen @override */
  text(scene, _signal, seen) {
    const diastolic = scene.newest("diastolic");
    // Never a systolic of one measurement over the diastolic of another.
    const together = diastolic && diastolic.atMs === seen.atMs;
    return `${shown(seen)}/${together ? shown(diastolic) : "–"}`;
  }

  /** @param {Scene} scene @override */
  unit(scene) {
    const [systolic, mean] = [scene.newest("systolic"), scene.newest("mean_pressure")];
    const together = mean && systolic && mean.atMs === systolic.atMs;
    return together && !mean.doubt ? `MAP ${number(mean.value, 0)} mmHg` : "mmHg";
  }
}

/** What stands where a number is read at a glance: a number that is believed, or a gap.
 * @param {Newest} seen @param {number} [places] */
const shown = (seen, places = 0) => (seen.doubt ? "–" : number(seen.value, places));

/** What came with the number on the tile and is not believed, with why.
 * @param {string} signal @param {Newest | undefined} one @param {Newest | undefined} seen */
const doubted = (signal, one, seen) => {
  if (one?.beside) return [`${SIGNALS[signal]?.name} ${one.beside}`];
  return one?.doubt && one.atMs === seen?.atMs ? [`${SIGNALS[signal]?.name} ${number(one.value)}, ${one.doubt}`] : [];
};

/** @param {string} fresh @param {string} old @param {Newest | undefined} seen */
function said(fresh, old, seen) {
  if (!seen) return "no number yet";
  const word = WORDS[/** @type {"live"} */ (fresh)];
  // What a person counted is a moment, not a stream: it is never called live.
  if (seen.manual) return fresh === "live" ? `by hand, ${old} ago` : `${word}, by hand, ${old} ago`;
  return `${word}, ${old} ago`;
}

/** @param {Limits} limits_ @param {string} signal */
function limits(limits_, signal) {
  const { low, high } = limits_[signal] ?? {};
  if (low !== undefined && high !== undefined) return `${low}–${high}`;
  if (low !== undefined) return `≥ ${low}`;
  return high !== undefined ? `≤ ${high}` : "";
}

/** Not a finding yet, or not any more seen as one: the number itself lies beyond. @param {string} priority */
const beyondWord = (priority) => h("span", { class: "vital-alarm" }, `${MARKS[priority] ?? ""} beyond`);

/** @param {Finding} alarm */
function alarmWord(alarm) {
  const kind = alarm.nature === "technical" ? "technical" : alarm.priority;
  const state = alarm.latched ? `${kind}, over` : alarm.acknowledged_at ? `${kind}, seen` : kind;
  return h("span", { class: "vital-alarm" }, `${MARKS[alarm.priority] ?? ""} ${state}`);
}

customElements.define("vital-tile", VitalTile);
customElements.define("pressure-tile", PressureTile);
