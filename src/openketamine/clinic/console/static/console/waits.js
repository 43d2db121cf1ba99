// Why a request must wait for the server, and what can be done meanwhile. A fact never waits.

import { h } from "./dom.js";
import { sheet } from "./sheet.js";

/** @type {Record<string, [string, string]>} why, and meanwhile */
const WHY = {
  start: ["Only the server knows that a plan is signed today, that a second person verified it, and that no colleague starts the same dose at this moment.", "Do not start the pump. If it was started by another order, chart that as a note."],
  resume: ["Only the server knows whether the prescriber has stopped the dose meanwhile.", "Leave the pump paused and go on watching; what you see can be charted."],
  withdraw: ["A withdrawal is written into the drug book before a witness, and two books that were written apart do not balance.", "Leave the vial locked in. In an emergency take it by your clinic’s paper form and withdraw it here afterwards."],
  verify: ["The server compares what is read with what was signed, and must know who the second person is.", "Leave the dose unverified; it cannot be started without it."],
  waste: ["Waste is written into the drug book before a witness who signs.", "Keep the rest where two people see it, or locked in, until the link is back."],
  discharge: ["Only the server knows all that stands in the way of going home, from every device and colleague.", "The person stays. Score recovery and answer the checklist here; it is kept and sent."],
  close: ["A session is closed when nothing of it is open anywhere.", "Nothing is lost by waiting."],
  chair: ["Two people must not be given the same chair.", "Use the chair and assign it here when the link is back."],
  attach: ["A device speaks for one person only, and the server knows for whom it speaks now.", "Chart numbers by hand; the gateway keeps what the monitor sends."],
  detach: ["The server must know at which moment the device stopped speaking for this person.", "Take the device off; note the time and detach it here when the link is back."],
  plan: ["A dose is calculated and signed on the server, from the whole record.", "What was signed stands in the infusion card."],
  report: ["The report is made on the server from the whole log.", "What you chart here will be in it."],
};

/** @param {string} verb */
export const whyItWaits = (verb) => WHY[verb] ?? ["Only the server can decide this.", "What happens at the bedside can be charted; it is kept and sent."];

/** Links to pages that only the server has. @param {() => boolean} linkIsUp */
export function watchLinks(linkIsUp) {
  for (const link of document.querySelectorAll("a[data-needs-server]")) {
    link.addEventListener("click", (event) => {
      if (linkIsUp()) return;
      event.preventDefault();
      explain(link.textContent?.toLowerCase() ?? "", link.textContent ?? "");
    });
  }
}

/** In place of a sheet that could only fail. @param {string} verb @param {string} title */
export function explain(verb, title) {
  const [why, meanwhile] = whyItWaits(verb);
  return sheet({
    title: `${title}: waits for the server`, ok: "I see",
    lead: [h("p", null, h("b", null, "There is no link to the server. ")), h("p", null, why), h("p", null, h("b", null, "Until then "), meanwhile)],
    send: () => {},
  });
}
