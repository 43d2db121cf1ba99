// A fact in a nurse's words, to be read on the screen, from a file, or aloud to a colleague. The server says the
// same of what it has (core/treatment/_words.py); this is for what only this tablet has.

import { number, SIGNALS } from "./format.js";

/** @typedef {{kind: string, body: any, label?: string}} Said */

/** @type {Record<string, (body: any) => string>} */
const WORDS = {
  observation_charted: (body) => because(numbers(body.values ?? {}), body.note),
  adverse_event_charted: (body) => because(`${body.event}, grade ${body.severity}`, body.action || body.note),
  note_charted: (body) => String(body.text ?? ""),
  medicine_given: (body) => because(`${body.medicine} ${body.dose} ${body.route}`, body.reason),
  rate_changed: (body) => because(`Rate changed to ${number((body.rate_ul_per_h ?? 0) / 1000)} mL/h`, body.reason),
  infusion_paused: (body) => because("Infusion paused", body.reason),
  infusion_stopped: (body) => because("Infusion stopped", body.reason),
  checklist_answered: (body) => `${String(body.item ?? "").replaceAll("-", " ")}: ${String(body.answer ?? "").replaceAll("_", " ")}`,
  score_recorded: (body) => `${body.instrument}: answers ${(body.answers ?? []).map((/** @type {number | null} */ one) => one ?? "not answered").join(", ")}`,
  recovery_scored: (body) => `${body.scale}: ${Object.entries(body.items ?? {}).map(([item, score]) => `${item} ${score}`).join(", ")}`,
  finding_acknowledged: () => "Finding seen",
  sound_paused: (body) => `Alarm sound paused for ${body.seconds} s`,
  sound_resumed: () => "Alarm sound back",
  sound_switched: (body) => `Sound turned ${body.on ? "on" : "off"}`,
  dose_given: (body) => because(`${number((body.dose_ug ?? 0) / 1000)} mg given, ${body.route}`, body.place),
  dose_stopped: (body) => because("No more is given", body.reason),
  corrected: (body) => `An entry was ${body.replacement ? "corrected" : "struck out"}: ${body.reason}`,
};

/** One line for one fact. @param {Said} fact */
export function inWords(fact) {
  const said = WORDS[fact.kind]?.(fact.body ?? {});
  return said || fact.label || fact.kind.replaceAll("_", " ");
}

/** @param {string} text @param {string} [why] */
const because = (text, why) => (why ? `${text}: ${why}` : text);

/** @param {Record<string, number>} values */
function numbers(values) {
  const { systolic, diastolic, ...others } = values;
  const pressure = systolic !== undefined && diastolic !== undefined ? [`BP ${number(systolic)}/${number(diastolic)}`] : [];
  return [...pressure, ...Object.entries(others).map(([signal, value]) => `${SIGNALS[signal]?.name ?? signal} ${number(value)}`)].join(", ");
}
