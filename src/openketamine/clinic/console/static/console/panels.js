// The panels of the console, each drawn from the server's state.

import { button, h, refresh } from "./dom.js";
import { clock, countdown, EVIDENCE, milligrams, number, timeOfDay } from "./format.js";
import { soFar, timeLeft } from "./infusion.js";
import { MARKS } from "./vital-tile.js";

/** @import {Desk} from "./desk.js" */
/** @import {Event_, Finding, Infusion, Source, State} from "./types.d.ts" */
/** @typedef {State["calls"][number]} Call */

const PUMPING = ["infusing", "paused"];

/** The infusion: drug, concentration, rate as mL/h and as mg/h and mg/kg/h, and how far it is.
 * @param {HTMLElement} root @param {Desk} desk */
export function drawInfusion(root, desk) {
  const { infusion, plan } = desk.state;
  root.hidden = !infusion;
  if (!infusion || !plan) return;
  const at = desk.now();
  const far = soFar(infusion, infusion.said_ms ?? desk.saidAt, at);
  const left = timeLeft(infusion, infusion.said_ms ?? desk.saidAt, at);
  const shown = {
    mg: number(far.mg, 1), volume: number(far.leftMl, 1), left: left === null ? null : clock(left),
    rate: infusion.rate_ml_per_h, running: infusion.running, phase: desk.state.phase, stale: !desk.linkIsUp,
    segments: infusion.segments.length, may: desk.may("chart.write"),
  };
  refresh(root, shown, () => [
    h("div", { class: "card-head" },
      h("h2", null, h("span", { class: `drug drug-${plan.drug}` }, plan.drug), h("span", { class: "soft" }, ` ${number(plan.concentration_ug_per_ml / 1000)} mg in 1 mL, ${plan.route.toUpperCase()}`)),
      h("span", { class: "pump-word" }, pumpWord(desk))),
    h("div", { class: "infusion-wide" },
      h("div", { class: shown.stale ? "infusion-body is-stale" : "infusion-body" },
        h("p", { class: "rates" }, ...rates(infusion)),
        h("div", { class: "far" },
          figure("So far", `${shown.mg} mg`, `of ${milligrams(plan.dose_ug)} ordered`),
          figure("Volume left", `${shown.volume} mL`, `of ${number(plan.volume_ul / 1000)} mL`),
          figure("Time left", shown.left ?? "–", infusion.running ? (infusion.planned_end ? `until ${timeOfDay(infusion.planned_end)}` : "") : "pump stands")),
        h("progress", { max: plan.dose_ug / 1000, value: Math.min(far.mg, plan.dose_ug / 1000), "aria-label": "Dose given" }),
        h("p", { class: "small soft" }, `${shown.stale ? "Reckoned on by this tablet, without a link, from" : "From"} the rates charted, not read off the pump. Weight used ${number(plan.weight_g / 1000)} kg (${plan.weight_basis}).`)),
      desk.may("chart.write") && PUMPING.includes(desk.state.phase) ? h("div", { class: "pump-buttons" }, ...pumpButtons(desk)) : null),
  ]);
}

/** @param {Infusion} infusion */
function rates(infusion) {
  if (!infusion.running) return [h("b", null, "0 mL/h")];
  const perKg = infusion.mg_per_kg_per_h === null ? [] : [" = ", h("span", null, `${number(infusion.mg_per_kg_per_h)} mg/kg/h`)];
  return [h("b", null, `${number(infusion.rate_ml_per_h)} mL/h`), " = ", h("span", null, `${number(infusion.mg_per_h)} mg/h`), ...perKg];
}

/** @param {Desk} desk */
function pumpWord(desk) {
  const words = { infusing: "running", paused: "paused", recovery: "ended", discharged: "ended", closed: "ended" };
  return words[/** @type {"paused"} */ (desk.state.phase)] ?? "";
}

/** @param {string} label @param {string} value @param {string} more */
const figure = (label, value, more) =>
  h("div", null, h("span", { class: "label" }, label), h("b", { class: "far-number" }, value), h("span", { class: "small soft" }, more));

/** @param {Desk} desk */
function pumpButtons(desk) {
  const { steps } = desk;
  const running = desk.state.infusion?.running;
  return [
    running ? button("Pause", steps.pause, "", { data: { key: "pause" } }) : button("Resume", steps.resume, "primary", { data: { key: "resume" } }),
    running ? button("Change rate", steps.changeRate, "", { data: { key: "rate" } }) : null,
    button("Stop", steps.stop, "danger", { data: { key: "stop" } }),
  ];
}

/** Findings that stand, the worst first; then those of this session that are over.
 * @param {HTMLElement} root @param {Desk} desk */
export function drawFindings(root, desk) {
  const order = ["high", "medium", "low"];
  const all = desk.state.findings;
  const rank = (/** @type {Finding} */ one) => 2 * order.indexOf(one.priority) + Number(one.nature === "technical");
  const standing = all.filter((one) => !one.cleared_at || one.latched).sort((a, b) => rank(a) - rank(b));
  const over = all.filter((one) => one.cleared_at && !one.latched);
  const calls = new Map((desk.state.calls ?? []).map((one) => [one.finding_id, one]));
  refresh(root, [standing, over.length, desk.state.contradictions, [...calls.values()]], () => [
    standing.length ? h("ul", { class: "finding-list" }, ...standing.map((one) => findingRow(one, desk, calls.get(one.finding_id)))) : h("p", { class: "calm" }, "No limit is crossed."),
    over.length ? h("details", { class: "over" }, h("summary", null, `${over.length} over`), h("ul", { class: "finding-list" }, ...over.map((one) => overRow(one)))) : null,
    ...desk.state.contradictions.map((words) => h("p", { class: "contradiction" }, h("span", { class: "level level-caution" }, "does not fit"), ` ${words}`)),
  ]);
}

/** @param {Finding} one @param {Desk} desk @param {Call | undefined} call */
function findingRow(one, desk, call) {
  const technical = one.nature === "technical";
  const seen = one.acknowledged_at;
  const since = one.cleared_at ? `${timeOfDay(one.raised_at)} to ${timeOfDay(one.cleared_at)}, over, seen by nobody yet` : `since ${timeOfDay(one.raised_at)}`;
  return h("li", { class: `finding-row finding-${one.priority}${one.latched ? " is-latched" : ""}` },
    h("div", { class: "finding-top" },
      h("span", { class: `alarm alarm-${technical ? "technical" : one.priority}` }, technical ? `technical ${MARKS[one.priority]}` : one.priority),
      h("span", { class: "small soft" }, since),
      seen
        ? h("span", { class: "level level-done" }, one.acknowledged_by ? `seen by ${one.acknowledged_by}` : "seen, on its way")
        : desk.may("chart.write") && button("Seen", () => desk.acknowledge(one.finding_id), "seen", { data: { key: `seen-${one.finding_id}` } })),
    h("b", null, one.summary),
    call?.told.length ? h("p", { class: "small" }, called(call)) : null,
    one.advice.length ? h("ul", { class: "advice" }, ...one.advice.map((words) => h("li", null, words))) : null,
    h("p", { class: "small soft" }, `${one.rule}, ${EVIDENCE[one.evidence] ?? ""}: ${sources(one.sources)}`));
}

const ANSWERED = /** @type {Record<string, string>} */ ({ coming: "comes", seen: "has seen it", here: "is at the chair" });

const SENT = /** @type {Record<string, string>} */ ({ sent: "sent to", again: "not sent yet to", failed: "not sent to", unknown: "perhaps sent to" });

/** The last word of each person and way: a text that is tried again is one line. @param {Call} call */
function messaged(call) {
  const last = [...new Map((call.messages ?? []).map((one) => [`${one.name} ${one.channel}`, one])).values()];
  const tried = last.filter((one) => one.channel).map((one) => ` ${one.channel === "text" ? "Text" : "Mail"} ${SENT[one.outcome] ?? one.outcome} ${one.name} ${timeOfDay(one.at)}${one.why ? ` (${one.why})` : ""}.`);
  const nowhere = last.filter((one) => !one.channel).map((one) => one.name);
  if (nowhere.length) tried.push(` No telephone or mailbox is known of ${nowhere.length > 2 ? `${nowhere.length} of them` : nowhere.join(" and ")}.`);
  return tried.join("");
}

/** Who was told, on a screen and elsewhere, and who answered. @param {Call} call */
function called(call) {
  const told = call.told.map((one) => `${one.names.length > 2 ? `${one.names.length} people` : one.names.join(", ") || "nobody is there"} ${timeOfDay(one.at)}`).join("; ");
  return `Told: ${told}.${messaged(call)} ${call.answer ? `${call.answer.by} ${ANSWERED[call.answer.answer] ?? "answered"}, ${timeOfDay(call.answer.at)}.` : "No answer yet."}`;
}

/** @param {Finding} one */
const overRow = (one) => h("li", { class: "finding-row is-over" }, h("span", { class: "small soft" }, `${timeOfDay(one.raised_at)} to ${timeOfDay(one.cleared_at ?? "")} ${MARKS[one.priority]}`), one.summary);

/** @param {Source[]} all */
export const sources = (all) => all.map((one) => (one.where ? `${one.id}, ${one.where}` : one.id)).join("; ");

/** What is due, soonest first, counting down. @param {HTMLElement} root @param {Desk} desk */
export function drawDue(root, desk) {
  const at = desk.now();
  const rows = desk.state.due.map((one) => ({ ...one, left: countdown(Date.parse(one.at), at), late: Date.parse(one.at) < at }));
  refresh(root, rows, () =>
    rows.length
      ? [h("ul", { class: "due-list" }, ...rows.map((one) =>
          h("li", { class: one.late ? "is-late" : "" },
            h("span", null, h("b", null, one.what), h("span", { class: one.late ? "level level-caution" : "soft" }, one.left)),
            desk.charting.forSignal(one.signal))))]
      : [h("p", { class: "calm" }, "Nothing is due in this phase.")]);
}

/** Numbered events, newest first; the numbers stand on the chart too. @param {HTMLElement} root @param {Desk} desk */
export function drawEvents(root, desk) {
  const events = desk.events().slice().reverse();
  refresh(root, events, () => [
    events.length
      ? h("ol", { class: "event-list" }, ...events.map((one) =>
          h("li", { class: one.corrected ? "is-corrected" : "" },
            h("span", { class: "event-number" }, one.mark || ""),
            h("time", null, timeOfDay(one.at)),
            h("span", { class: "event-text" }, h(one.corrected ? "s" : "span", null, one.text), one.now_reads ? ` → ${one.now_reads}` : "", h("span", { class: "small soft" }, ` ${one.by}${clocks(one)}`), one.waits ? h("span", { class: "level level-unknown" }, one.waits) : null),
            !one.waits && desk.charting.correctable(one) && button("Correct", () => desk.charting.correct(one), "quiet small-button", { data: { key: `fix-${one.fact}` } }))))
      : h("p", { class: "calm" }, "Nothing has been charted."),
  ]);
}

/** Both clocks of what waited on a tablet. @param {Event_} one */
const clocks = (one) => (one.offline ? `, recorded offline, tablet’s clock ${timeOfDay(one.offline.device_at)}, with the server ${timeOfDay(one.offline.recorded_at)}` : "");

/** The drug of this session, and who speaks for the person. @param {HTMLElement} root @param {Desk} desk */
export function drawDrug(root, desk) {
  const { drug, devices, chair, infusion } = desk.state;
  // The book is written when the pump has stopped; until then a bare 0 would contradict the card.
  const given = infusion?.running ? "Given, at stop" : infusion?.said_ms ? "Given, when sent" : "Given";
  refresh(root, [drug, devices, chair, given], () => [
    h("dl", { class: "kv" },
      ...[["Withdrawn", drug.withdrawn_ug], [given, drug.given_ug], ["Wasted", drug.wasted_ug], ["On the tray", drug.tray_ug]].flatMap(([name, ug]) => [h("dt", null, name), h("dd", null, milligrams(Number(ug), 3))]),
      h("dt", null, "Chair"), h("dd", null, chair || "none"),
      h("dt", null, "Devices"), h("dd", null, ...(devices.length ? devices.map((one) => h("div", null, one.kind, " ", h("span", { class: "small nowrap" }, one.device_id))) : ["none attached"]))),
    h("div", { class: "row" },
      drug.tray_ug > 0 && desk.state.infusion && !desk.state.infusion.running && desk.may("drug.withdraw") ? button("Waste the rest", desk.steps.waste) : null,
      desk.may("device.attach") ? button("Attach a device", desk.steps.attach, "quiet") : null,
      ...(desk.may("device.attach") ? devices.map((one) => button(`Detach ${one.kind}`, () => desk.steps.detach(one.device_id), "quiet")) : []),
      desk.may("session.open") ? button(chair ? "Change chair" : "Assign chair", desk.steps.chair, "quiet") : null),
  ]);
}

/** How long it runs, and what comes next. @param {HTMLElement} root @param {Desk} desk */
export function drawNext(root, desk) {
  const { infusion, doses, due } = desk.state;
  const begun = infusion?.started_at ?? doses?.started_at;
  const until = infusion?.stopped_at ? Date.parse(infusion.stopped_at) : desk.now();
  const running = begun ? clock(until - Date.parse(begun)) : "";
  const first = due[0];
  const left = first ? countdown(Date.parse(first.at), desk.now()) : "";
  refresh(root, [running, first?.what, left, infusion?.stopped_at], () => [
    begun ? h("span", null, h("span", { class: "label" }, infusion?.stopped_at ? "Ran for " : "Since the start "), h("b", null, running)) : null,
    first ? h("span", { class: Date.parse(first.at) < desk.now() ? "is-late" : "" }, h("span", { class: "label" }, "Next "), h("b", null, `${first.what} ${left}`)) : null,
  ]);
}
