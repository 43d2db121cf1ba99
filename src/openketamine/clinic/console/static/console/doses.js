// A dose that no pump gives: an injection, devices minutes apart. The first goes through the gate (a request); what
// follows is charted as it happens (a fact), link or no link.

import { button, h, refresh } from "./dom.js";
import { countdown, milligrams, millilitres, number, timeOfDay } from "./format.js";
import { sheet } from "./sheet.js";

/** @import {Desk} from "./desk.js" */
/** @import {Doses, Plan, State} from "./types.d.ts" */

/** Whether the signed plan has no pump in it. @param {Plan | null} plan */
export const byHand = (plan) => Boolean(plan && !plan.rate_ul_per_h);

/** What one act gives: the plan in equal parts, one for each device. @param {Plan} plan */
export function oneOf(plan) {
  const units = Math.max(1, plan.proposal.units ?? 1);
  return { dose_ug: Math.floor(plan.dose_ug / units), volume_ul: Math.floor(plan.volume_ul / units), unit: plan.proposal.unit_name ?? "", units };
}

/** @param {HTMLElement} root @param {Desk} desk */
export function drawDoses(root, desk) {
  const { doses, plan, phase } = desk.state;
  root.hidden = !doses;
  if (!doses) return;
  const next = doses.next_at ? countdown(Date.parse(doses.next_at), desk.now()) : "";
  refresh(root, [doses, plan, phase, next], () => [
    h("div", { class: "card-head" },
      h("h2", null, plan ? h("span", { class: `drug drug-${plan.drug}` }, plan.drug) : "Dose", h("span", { class: "soft" }, ` ${plan?.route.toUpperCase() ?? ""}`)),
      h("span", { class: "pump-word" }, doses.ended_at ? "given" : "being given")),
    h("div", { class: "infusion-wide" },
      h("div", { class: "infusion-body" },
        h("div", { class: "far" },
          h("div", null, h("span", { class: "label" }, "Given"), h("b", { class: "far-number" }, `${number(doses.given_mg, 1)} mg`), h("span", { class: "small soft" }, plan ? `of ${milligrams(plan.dose_ug)} ordered` : "no plan is signed")),
          next ? h("div", null, h("span", { class: "label" }, "Next"), h("b", { class: "far-number" }, next)) : null),
        h("ul", { class: "plain" }, ...doses.given.map((one) => h("li", null, h("b", null, timeOfDay(one.at)), ` ${[milligrams(one.dose_ug), one.unit, one.place, one.lot && `lot ${one.lot}`].filter(Boolean).join(", ")}`)))),
      desk.may("chart.write") && phase === "giving" ? h("div", { class: "pump-buttons" }, button("Next given", () => give(desk), "primary", { data: { key: "next-given" } }), button("No more", () => noMore(desk), "danger", { data: { key: "no-more" } })) : null),
  ]);
}

/** The sheet of the first one, which asks. @param {Desk} desk @param {Plan} plan */
export function begin(desk, plan) {
  const one = oneOf(plan);
  sheet({
    title: "Give the dose", ok: "Given", lead: [
      h("p", { class: "rates" }, h("span", { class: `drug drug-${plan.drug}` }, plan.drug), h("b", null, ` ${milligrams(one.dose_ug, 3)}`)),
      h("p", null, words(plan, one), " Give it and press together.")],
    fields: fields(one.unit),
    send: (values) => desk.ask("start", values),
  });
}

/** @param {Plan} plan @param {ReturnType<typeof oneOf>} one */
const words = (plan, one) => [one.volume_ul ? millilitres(one.volume_ul, 3) : "", plan.route.toUpperCase(), one.units > 1 ? `the first of ${one.units}` : ""].filter(Boolean).join(", ") + ".";

/** @param {string} unit */
const fields = (unit) => [
  { name: "place", label: unit ? "Which side" : "Where", required: false, choices: (unit ? ["right nostril", "left nostril", "both nostrils"] : ["left deltoid", "right deltoid", "left thigh", "right thigh", "abdomen"]).map((value) => ({ value, label: value })) },
  { name: "lot", label: "Lot on the label", required: false },
];

/** @param {Desk} desk */
function give(desk) {
  const { plan, doses } = desk.state;
  if (!plan || !doses) return;
  const one = oneOf(plan);
  sheet({
    title: `Next ${one.unit || "part of the dose"}`, ok: "Given", fields: fields(one.unit),
    lead: doses.next_at && Date.parse(doses.next_at) > desk.now() ? [h("p", { class: "level level-caution" }, `due ${countdown(Date.parse(doses.next_at), desk.now())}`)] : [],
    send: (values) => void desk.record("dose_given", { route: plan.route, dose_ug: one.dose_ug, volume_ul: one.volume_ul, unit: one.unit, place: values.place ?? "", lot: values.lot ?? "" }, "dose given"),
  });
}

/** @param {Desk} desk */
const noMore = (desk) => void sheet({
  title: "No more is given", ok: "No more", look: "primary danger-fill",
  fields: [{ name: "reason", label: "Why", choices: ["asked to stop", "blood pressure", "sedation", "distress", "nausea", "another reason"].map((value) => ({ value, label: value })) }],
  send: (values) => void desk.record("dose_stopped", { reason: values.reason }, "no more is given"),
});

/** What only this tablet knows of it. @param {State} state @param {{dose_ug: number, route: string, place?: string, unit?: string, lot?: string}} body @param {string} at @returns {Partial<State>} */
export function laidGiven(state, body, at) {
  const ordered = state.plan?.dose_ug ?? Infinity;
  /** @type {Doses} */
  const before = state.doses ?? { given: [], given_mg: 0, left_mg: null, started_at: at, ended_at: null, next_at: null };
  const given_mg = before.given_mg + body.dose_ug / 1000;
  const over = given_mg * 1000 >= ordered;
  const given = [...before.given, { at, route: body.route, dose_ug: body.dose_ug, place: body.place ?? "", unit: body.unit ?? "", lot: body.lot ?? "" }];
  return { phase: over ? "recovery" : "giving", doses: { ...before, given, given_mg, ended_at: over ? at : null, next_at: null } };
}
