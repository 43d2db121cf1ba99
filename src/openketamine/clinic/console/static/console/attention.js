// "2 unsent": what is still on this device only, and what needs a person. What the server could not accept stands
// open on the screen, in words that can be read aloud, until somebody has settled it.

import { button, h, refresh } from "./dom.js";
import { sheet } from "./sheet.js";
import { aloud, saveToFile } from "./unsent-file.js";

/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./outbox.js").Waiting} Waiting */

/** The badge. @param {HTMLElement} root @param {Outbox} outbox */
export function drawOutbox(root, outbox) {
  const { unsent, problems, foreign } = outbox;
  refresh(root, [unsent.length, problems.length, foreign.length], () => {
    if (!unsent.length && !problems.length && !foreign.length) return [h("span", { class: "soft small" }, "all sent")];
    const words = [unsent.length && `${unsent.length} unsent`, problems.length && `${problems.length} ${problems.length === 1 ? "needs" : "need"} attention`, foreign.length && `${foreign.length} of a colleague`].filter(Boolean).join(", ");
    return [button(words, () => open(outbox), problems.length ? "danger" : "", { data: { key: "outbox" } })];
  });
}

/** The list of what the server could not accept. @param {HTMLElement} root @param {Outbox} outbox
 * @param {(one: Waiting) => void} asNote chart its words as a note instead */
export function drawAttention(root, outbox, asNote) {
  const { problems } = outbox;
  root.hidden = !problems.length;
  refresh(root, problems, () => [
    h("div", { class: "card-head" }, h("h2", null, "Needs attention"), button("Save to file", () => saveToFile(problems), "quiet", { data: { key: "save-problems" } })),
    h("p", { class: "small" }, "The server could not accept these entries. Nothing of them is lost: send them again, chart the words as a note, or read them to a colleague who charts them."),
    h("ul", { class: "waiting-list card-flush" }, ...problems.map((one) => row(one, outbox, asNote))),
  ]);
}

/** @param {Waiting} one @param {Outbox} outbox @param {(one: Waiting) => void} asNote */
function row(one, outbox, asNote) {
  return h("li", { class: "waiting" },
    h("p", { class: "waiting-words" }, h("b", null, aloud(one)), h("span", { class: "small soft" }, ` ${one.userName ?? ""}`)),
    h("p", { class: "small" }, `The server’s words ${one.problem}`),
    h("div", { class: "row" },
      button("Send again", () => void outbox.settle(one.id, "again"), "", { data: { key: `again-${one.id}` } }),
      button("Chart as a note", () => asNote(one), "", { data: { key: `note-${one.id}` } }),
      button("Let it go", () => letGo(one, outbox), "quiet danger", { data: { key: `drop-${one.id}` } })));
}

/** Never with one tap. @param {Waiting} one @param {Outbox} outbox */
const letGo = (one, outbox) => void sheet({
  title: "Let this entry go", ok: "Let it go", look: "danger",
  lead: [h("p", null, h("b", null, aloud(one))), h("p", null, "It is then nowhere: not on the server and not on this tablet.")],
  fields: [{ name: "where", label: "Where is it charted instead", choices: ["charted again", "charted by a colleague", "saved to a file", "it was wrong"].map((value) => ({ value, label: value })) }],
  send: () => outbox.settle(one.id, "drop"),
});

/** @param {Outbox} outbox */
function open(outbox) {
  const line = (/** @type {Waiting} */ one, /** @type {string} */ why) => h("li", { class: "waiting" }, h("b", null, aloud(one)), h("p", { class: "small" }, why));
  sheet({
    title: "On this device, not yet with the server", ok: "Send now",
    lead: [
      h("ul", { class: "waiting-list" },
        ...outbox.problems.map((one) => line(one, `Needs attention. ${one.problem}`)),
        ...outbox.unsent.map((one) => line(one, outbox.signedOff ? "Waits until you sign in again." : "Waits for the server.")),
        ...outbox.foreign.map((one) => line(one, `Charted by ${one.userName || "a colleague"}; it goes out when they sign in here.`))),
      button("Save to file", () => saveToFile(outbox.all))],
    send: () => outbox.flush(),
  });
}

let asked = false;
/** Somebody was asked already, and goes. */
export const leaveQuietly = () => void (asked = true);

/** Closing the page does not lose what is unsent, but nobody else can see it until this device is back.
 * @param {Outbox} outbox */
export function warnBeforeLeaving(outbox) {
  addEventListener("beforeunload", (event) => {
    if (asked) return;
    if (outbox.unsent.length || outbox.problems.length) event.preventDefault();
  });
}
