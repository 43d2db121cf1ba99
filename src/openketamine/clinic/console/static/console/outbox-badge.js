// "2 unsent": what is still on this device only, and what needs a person.

import { button, h, refresh } from "./dom.js";
import { timeOfDay } from "./format.js";
import { sheet } from "./sheet.js";

/** @typedef {import("./outbox.js").Outbox} Outbox */

/** @param {HTMLElement} root @param {Outbox} outbox */
export function drawOutbox(root, outbox) {
  const { unsent, problems, foreign } = outbox;
  refresh(root, [unsent, problems, foreign], () => {
    if (!unsent.length && !problems.length && !foreign.length) return [h("span", { class: "soft small" }, "all sent")];
    const words = [unsent.length && `${unsent.length} unsent`, problems.length && `${problems.length} need attention`, foreign.length && `${foreign.length} of a colleague`].filter(Boolean).join(", ");
    return [button(words, () => open(outbox), problems.length ? "danger" : "", { data: { key: "outbox" } })];
  });
}

/** @param {Outbox} outbox */
function open(outbox) {
  const row = (/** @type {import("./outbox.js").Waiting} */ one, /** @type {string} */ why) =>
    h("li", { class: "waiting" }, h("b", null, `${timeOfDay(one.at)} ${one.label}`), h("p", { class: "small" }, why),
      one.problem ? h("div", { class: "row" }, button("Send again", () => settle(one.id, "again")), button("Let it go", () => settle(one.id, "drop"), "danger")) : null);
  const settle = (/** @type {string} */ id, /** @type {"again" | "drop"} */ choice) => {
    outbox.settle(id, choice);
    dialog.close();
  };
  const dialog = sheet({
    title: "On this device, not yet with the server", ok: "Send now",
    lead: [h("ul", { class: "waiting-list" },
      ...outbox.problems.map((one) => row(one, `The server could not accept it. ${one.problem}`)),
      ...outbox.unsent.map((one) => row(one, "Waits for the server.")),
      ...outbox.foreign.map((one) => row(one, "Charted by a colleague; it goes out when they sign in here.")))],
    send: () => outbox.flush(),
  });
}

/** Closing the page does not lose what is unsent, but nobody else can see it until this device is back.
 * @param {Outbox} outbox */
export function warnBeforeLeaving(outbox) {
  addEventListener("beforeunload", (event) => {
    if (outbox.unsent.length || outbox.problems.length) event.preventDefault();
  });
}
