// What assistive technology is told, once: a finding when it is raised and when it is over, a charted entry, a lost
// link. The clocks on the screen tick in silence.

import { byId } from "./dom.js";

/** @import {Finding} from "./types.d.ts" */

const WORDS = /** @type {Record<string, string>} */ ({ high: "High priority", medium: "Medium priority", low: "Low priority" });

export class Announcer {
  /** @type {Map<string, Finding> | undefined} */
  #standing;

  /** Findings that are new since the last time, worst first; those that were there when the page opened are one
   * sentence. @param {Finding[]} findings */
  findings(findings) {
    const standing = new Map(findings.filter((one) => !one.cleared_at).map((one) => [one.finding_id, one]));
    const before = this.#standing;
    this.#standing = standing;
    const said = before ? changes(before, standing) : opening([...standing.values()]);
    if (said.urgent) alarm(said.urgent);
    if (said.calm) say(said.calm);
  }
}

/** @param {Finding[]} standing */
function opening(standing) {
  return { urgent: "", calm: standing.length ? `${standing.length} findings stand: ${standing.map((one) => one.summary).join(". ")}` : "" };
}

/** What to say of two sets of findings. A high one interrupts; the others wait for a pause.
 * @param {Map<string, Finding>} before @param {Map<string, Finding>} now */
export function changes(before, now) {
  const fresh = [...now.values()].filter((one) => !before.has(one.finding_id));
  const over = [...before.values()].filter((one) => !now.has(one.finding_id));
  const words = (/** @type {Finding} */ one) => `${one.nature === "technical" ? "Technical" : WORDS[one.priority]}: ${one.summary}`;
  const high = fresh.filter((one) => one.priority === "high");
  const others = fresh.filter((one) => one.priority !== "high");
  return {
    urgent: high.map(words).join(". "),
    calm: [...others.map(words), ...over.map((one) => `Over: ${one.summary}`)].join(". "),
  };
}

/** At the next pause. @param {string} words */
export const say = (words) => put("say", words);

/** At once. @param {string} words */
const alarm = (words) => put("say-alarm", words);

/** The same words twice are two messages: an empty region between them makes them heard again.
 * @param {string} id @param {string} words */
function put(id, words) {
  const region = byId(id);
  region.textContent = "";
  setTimeout(() => (region.textContent = words), 50);
}
