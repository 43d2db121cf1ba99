// Emergency cards in context: offered by what stands, one clock each, every step charted as it is tapped. Facts all of
// them, so that a lost link takes nothing away from the hands at the chair.

import { button, h, refresh } from "./dom.js";
import { timeOfDay } from "./format.js";
import { sheet, taps } from "./sheet.js";

/** @import {Desk} from "./desk.js" */
/** @import {Card, Emergencies, Opened, State, Step} from "./types.d.ts" */

const OUTCOMES = ["settled", "transferred to hospital", "another card instead"];

/** @param {HTMLElement} root @param {Desk} desk */
export function drawEmergency(root, desk) {
  const { offered, opened } = desk.state.emergencies ?? NONE;
  const running = opened.filter((one) => !one.over_at);
  const clocks = running.map((one) => clockOf(one, desk.now()));
  root.hidden = !offered.length && !running.length;
  refresh(root, [offered, running], () => [
    ...running.map((one, place) => card(one, clocks[place] ?? "", desk)),
    offered.length ? h("div", { class: "emergency-offer", role: "group", "aria-label": "Emergency cards that fit" },
      h("b", null, "Emergency card"),
      ...offered.map((id) => button(titleOf(desk, id), () => begin(desk, id), "danger", { data: { key: `open-${id}` } }))) : null,
  ]);
  // The clocks alone move each second: a button under a finger is not drawn anew.
  root.querySelectorAll(".emergency-clock").forEach((clock, place) => void (clock.textContent = clocks[place] ?? ""));
}

/** Any card at any time. @param {Desk} desk */
export function chooseCard(desk) {
  taps({
    title: "Emergency card", long: true, lead: [h("p", null, "What is happening?")],
    taps: Object.entries(cards(desk)).map(([value, one]) => ({ label: one.title, value })),
    take: (value) => begin(desk, value),
  });
}

/** What only this tablet knows of it. @param {State} state @param {string} kind @param {any} body @param {string} at @returns {Partial<State>} */
export function laidEmergency(state, kind, body, at) {
  const { offered, opened } = state.emergencies ?? NONE;
  if (kind === "emergency_begun") {
    const begun = { card: body.card, begun_at: at, done: [], over_at: null, outcome: null };
    return { emergencies: { offered: offered.filter((one) => one !== body.card), opened: [...opened, begun] } };
  }
  const last = opened.map((one) => one.card).lastIndexOf(body.card);
  const changed = opened.map((one, place) => (place !== last ? one
    : kind === "emergency_over" ? { ...one, over_at: at, outcome: body.outcome }
    : { ...one, done: [...one.done, { step: body.step, note: body.note ?? "", at, by: "" }] }));
  return { emergencies: { offered, opened: changed } };
}

/** @type {Emergencies} */
const NONE = { offered: [], opened: [] };

/** The cards; none on a tablet that kept its page from before there were any. @param {Desk} desk */
const cards = (desk) => desk.page.emergencies ?? {};

/** @param {Desk} desk @param {string} id */
const titleOf = (desk, id) => cards(desk)[id]?.title ?? id;

/** @param {Opened} one @param {number} nowMs */
function clockOf(one, nowMs) {
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(one.begun_at)) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param {Desk} desk @param {string} id */
function begin(desk, id) {
  const title = titleOf(desk, id);
  void desk.record("emergency_begun", { card: id }, `Emergency card opened: ${title}`);
}

/** @param {Opened} one @param {string} clock @param {Desk} desk */
function card(one, clock, desk) {
  const known = cards(desk)[one.card];
  const title = titleOf(desk, one.card);
  const writes = desk.may("chart.write");
  return h("article", { class: "emergency", "aria-label": `Emergency: ${title}` },
    h("div", { class: "card-head" },
      h("h2", null, title),
      h("span", { class: "emergency-since" }, h("span", { class: "emergency-clock", role: "timer" }, clock), h("span", { class: "small soft" }, ` since ${timeOfDay(one.begun_at)}`)),
      writes ? button("Over", () => over(desk, one.card, title), "", { data: { key: `over-${one.card}` } }) : null),
    known ? h("p", { class: "emergency-about" }, known.about) : null,
    known ? h("ol", { class: "emergency-steps" }, ...known.steps.map((step) => stepRow(one, step, desk, writes))) : null,
    known?.rescue.length ? rescue(known, title, desk, writes) : null,
    known?.never?.length ? h("ul", { class: "emergency-never" }, ...known.never.map((no) => h("li", null, no.text))) : null,
    known ? h("p", { class: "small soft" }, basis(known)) : null);
}

/** @param {Opened} one @param {Step} step @param {Desk} desk @param {boolean} writes */
function stepRow(one, step, desk, writes) {
  const times = one.done.filter((said) => said.step === step.step);
  const done = times.at(-1);
  const again = times.length > 1 ? ` (${times.length} times)` : "";
  const words = [h("span", { class: "emergency-words" }, step.text), h("span", { class: "emergency-done" }, done ? `✓ ${timeOfDay(done.at)}${again}` : "")];
  const look = done ? "button is-done" : "button";
  return h("li", null, writes
    ? h("button", { type: "button", class: look, data: { key: `step-${one.card}-${step.step}` }, onclick: () => tapped(desk, one.card, step) }, ...words)
    : h("div", { class: look }, ...words));
}

/** The step, and what it does to the dose. @param {Desk} desk @param {string} id @param {Step} step */
export function tapped(desk, id, step) {
  const title = titleOf(desk, id);
  void desk.record("emergency_step_done", { card: id, step: step.step }, `${title}: ${step.text}`);
  if (step.does !== "stop_dose") return;
  const { infusion, phase } = desk.state;
  if (infusion && !infusion.stopped_at) void desk.record("infusion_stopped", { reason: title }, "infusion stopped");
  else if (phase === "giving") void desk.record("dose_stopped", { reason: title }, "no more is given");
}

/** @param {Card} known @param {string} title @param {Desk} desk @param {boolean} writes */
function rescue(known, title, desk, writes) {
  return h("details", { class: "emergency-rescue" },
    h("summary", null, "Medicines, by order only"),
    h("ul", { class: "plain" }, ...known.rescue.map((one) => h("li", null,
      h("div", null, h("b", null, one.medicine), ` ${one.route.toUpperCase()}, usual ${one.typical}`, h("p", { class: "small" }, `Only: ${one.only}.`)),
      writes ? button("Given", () => given(desk, title, one), "", { "aria-label": `${one.medicine} given` }) : null))));
}

/** @param {Desk} desk @param {string} title @param {Card["rescue"][number]} one */
const given = (desk, title, one) => void sheet({
  title: `${one.medicine} given`, ok: "Chart it",
  lead: [h("p", null, `Usual ${one.typical}. Chart what was really given.`)],
  fields: [
    { name: "dose", label: "Dose with its unit" },
    { name: "ordered_by", label: "Ordered by" },
  ],
  send: (values) => void desk.record("medicine_given", { medicine: one.medicine, dose: values.dose, route: one.route, reason: title, ordered_by: values.ordered_by }, `${one.medicine} ${values.dose}`),
});

/** @param {Desk} desk @param {string} id @param {string} title */
const over = (desk, id, title) => void sheet({
  title: `${title} is over`, ok: "Over",
  fields: [{ name: "outcome", label: "How it ended", choices: OUTCOMES.map((value) => ({ value, label: value })) }],
  send: (values) => void desk.record("emergency_over", { card: id, outcome: values.outcome }, `${title} over: ${values.outcome}`),
});

/** How sure the card is, in words. @param {Card} known */
function basis(known) {
  const tags = new Set([...known.steps, ...known.rescue, ...(known.never ?? [])].map((one) => one.evidence));
  const said = [tags.has("B") && "general knowledge not checked against its source (B)", tags.has("P") && "defaults that we propose (P)"].filter(Boolean);
  const reviewed = known.reviewed_by ? `Reviewed by ${known.reviewed_by}.` : "No clinician has reviewed this card.";
  return said.length ? `Rests on ${said.join(" and ")}. ${reviewed}` : reviewed;
}
