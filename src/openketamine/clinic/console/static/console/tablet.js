// What the pages of one tablet share: its disk, its outbox, its service worker, and the words for what fails.

import { openNow } from "./snapshot.js";
import { Outbox } from "./outbox.js";
import { clock, now, post } from "./server.js";
import { openTablet } from "./store.js";
import { TOLD_MS } from "./clock.js";
import { age } from "./format.js";

/** @typedef {import("./store.js").Tablet} Tablet */
/** @import {Snapshot} from "./snapshot.js" */

const CLOCK_TICK_MS = 1000;
const asked = openTablet();

/** The disk of this tablet, or the memory of this page. */
export const disk = () => asked;

/** Where a page without a link gets its shell from. Only a page by HTTPS, or of this very machine, may have one. */
export async function installShell() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/worker.js", { scope: "/" });
    await navigator.storage?.persist?.();
  } catch {
    // Told by `troubles`: nothing controls this page.
  }
}

/** The outbox of whoever is signed in, for all sessions that this tablet holds facts of.
 * @param {string} user @param {() => void} changed @param {() => void} [sent] */
export function outboxOf(user, changed, sent) {
  return new Outbox({
    store: asked.then((tablet) => tablet.facts),
    user,
    changed,
    sent,
    post: (fact) => post(`/sessions/${fact.session}/facts`, {
      id: fact.id, kind: fact.kind, at: fact.at, body: fact.body, by: fact.user,
      device: { at: fact.deviceAt, offline: Boolean(fact.offline) },
    }),
  });
}

/** A fact that happens now, by both clocks.
 * @param {string} session @param {string} userName @param {string} id @param {string} kind @param {object} body @param {string} label @param {boolean} linkIsUp */
export const happened = (session, userName, id, kind, body, label, linkIsUp) => ({
  id, session, userName, kind, body, label, offline: !linkIsUp, at: new Date(now()).toISOString(), deviceAt: new Date().toISOString(),
});

/** The pictures that may still be opened, newest first; the others are erased. @returns {Promise<Snapshot[]>} */
export async function pictures() {
  const tablet = await asked;
  const all = await tablet.recall();
  const open = all.filter((one) => openNow(one, Date.now()));
  if (open.length < all.length) await tablet.prune((one) => openNow(one, Date.now()));
  return open.sort((a, b) => b.savedAt - a.savedAt);
}

/** What is wrong with this tablet, in sentences. @param {Tablet} tablet @param {Outbox} outbox @returns {string[]} */
export function troubles(tablet, outbox) {
  const found = [];
  if (!tablet.kept) found.push("This tablet keeps nothing: a private window, or its storage is switched off. Until it is sent, what you chart is on this screen only. Do not close or reload it.");
  else if (outbox.trouble) found.push(`This tablet could not keep an entry: ${outbox.trouble}. It is still sent from this screen. Do not close or reload it until all is sent.`);
  if (!isSecureContext) found.push("This address is not secure (no HTTPS): without a link this page cannot be opened again.");
  if (Math.abs(clock.errorMs) > TOLD_MS) found.push(`The clock of this tablet is ${age(Math.abs(clock.errorMs))} ${clock.errorMs > 0 ? "ahead" : "behind"}. Times here and in the chart follow the server’s clock.`);
  if (clock.jumpedMs) found.push("The clock of this tablet jumped while there was no link: it slept, or somebody set it. Check the times of what you chart now.");
  return found;
}

setInterval(() => clock.tick(), CLOCK_TICK_MS);
