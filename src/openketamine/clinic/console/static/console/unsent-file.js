// What only this tablet has, as a file and as lines to read aloud. Pure but for the download itself.

import { timeOfDay } from "./format.js";
import { inWords } from "./words.js";

/** @typedef {import("./outbox.js").Waiting} Waiting */

/** One entry as a colleague can chart it from hearing it. @param {Waiting} one */
export const aloud = (one) => `${timeOfDay(one.at)} ${inWords(one)}`;

/** The file: first what a person reads, then each fact whole, as the server takes it.
 * @param {Waiting[]} waiting @param {string} savedAt ISO 8601 */
export function fileOf(waiting, savedAt) {
  return JSON.stringify({
    what: "Entries charted on a tablet that the server does not have yet. Confidential. Each stands in the order in which it was charted.",
    saved_at: savedAt,
    entries: waiting.map((one) => ({
      reads: aloud(one), charted_by: one.userName ?? one.user, at: one.at, tablet_clock: one.deviceAt ?? null,
      not_accepted_because: one.problem ?? null, session: one.session,
      fact: { id: one.id, kind: one.kind, at: one.at, body: one.body },
    })),
  }, null, 2);
}

/** @param {Waiting[]} waiting */
export function saveToFile(waiting) {
  const at = new Date().toISOString();
  const address = URL.createObjectURL(new Blob([fileOf(waiting, at)], { type: "application/json" }));
  const link = document.createElement("a");
  // No name of a person in the name of a file.
  link.href = address;
  link.download = `unsent-${at.slice(0, 16).replace(":", "")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
