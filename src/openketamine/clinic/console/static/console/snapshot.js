// The last picture of a session that this tablet keeps, so that a page that is opened without a link shows it:
// marked stale, to who is signed in, and not for long. decisions/0010 says what is kept and why.

/** @import {Packed} from "./series.js" */
/** @import {Page, State} from "./types.d.ts" */
/** @typedef {{user: string, session: string, page: Page, state: State, saidAt: number, offsetMs: number,
 *   series: Packed, savedAt: number}} Snapshot  times in ms since 1970, by the server's clock */

const HOUR_MS = 3_600_000;
/** A person with drug in them or in their syringe is looked after in an outage, however long the nurse is busy. */
const IN_TREATMENT = ["prepared", "infusing", "giving", "paused", "recovery"];
const TREATMENT_MS = 4 * HOUR_MS;

/** How long a picture may be opened after the server's last word. @param {Snapshot} picture */
export function keptFor(picture) {
  return IN_TREATMENT.includes(picture.state.phase) ? TREATMENT_MS : picture.page.idle_s * 1000;
}

/** Whether the picture may still be shown. One from the future is not: the clock of this tablet was set back.
 * @param {Snapshot} picture @param {number} nowMs by the server's clock, as far as it is known */
export function mayOpen(picture, nowMs) {
  const age = nowMs - picture.savedAt;
  return picture.state.phase !== "closed" && age > -HOUR_MS && age <= keptFor(picture);
}

/** @param {Snapshot} picture @param {number} wallMs the tablet's own clock */
export const openNow = (picture, wallMs) => mayOpen(picture, wallMs + picture.offsetMs);
