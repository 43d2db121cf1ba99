// One tap and it is charted: what a nurse measures, sees, gives. Facts go by the outbox, never lost.

import { button, h, refresh } from "./dom.js";
import { SIGNALS } from "./format.js";
import { sheet, taps } from "./sheet.js";

/** @import {Desk} from "./console.js" */
/** @import {Rescue} from "./types.d.ts" */

const TEN = [...Array(11).keys()];
const ENDS = /** @type {Record<string, [string, string]>} */ ({
  nausea: ["none", "worst"], dissociation: ["as always", "wholly elsewhere"], distress: ["calm", "unbearable"], pain: ["none", "worst"],
});
const EVENTS = ["headache", "dizziness", "vomiting", "anxiety", "chest pain", "severe headache", "visual loss", "neurological deficit", "fall", "infusion site problem"];
const GRADES = ["mild", "moderate", "severe", "life-threatening", "death"];
/** @type {Record<string, string>} */
const CORRECTABLE = { observation_charted: "values", adverse_event_charted: "event", note_charted: "text", medicine_given: "dose", rate_changed: "rate", checklist_answered: "", score_recorded: "", recovery_scored: "" };

export class Charting {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  /** The bar of buttons. @param {HTMLElement} root */
  draw(root) {
    const on = this.desk.may("chart.write") && !["closed"].includes(this.desk.state.phase);
    refresh(root, on, () => (on ? [
      button("Vitals", () => this.pressure()), button("Sedation", () => this.sedation()),
      ...Object.keys(ENDS).map((signal) => button(SIGNALS[signal]?.name ?? signal, () => this.ten(signal))),
      button("Event", () => this.event()), button("Medicine", () => this.medicine()), button("Note", () => this.note()),
    ] : []));
  }

  /** A button that charts what is due. @param {string} signal */
  forSignal(signal) {
    if (!this.desk.may("chart.write")) return null;
    const chart = { systolic: () => this.pressure(), moaas: () => this.sedation() }[signal] ?? (ENDS[signal] ? () => this.ten(signal) : null);
    return chart && button("Chart", chart, "small-button", { data: { key: `due-${signal}` } });
  }

  pressure() {
    sheet({
      title: "Vital signs by hand", ok: "Chart it", lead: [h("p", { class: "small soft" }, "What is left empty was not measured.")],
      fields: ["systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate"].map((name) => ({ name, label: SIGNALS[name]?.name ?? name, type: "number", unit: SIGNALS[name]?.unit, required: false })),
      send: (values) => {
        /** @type {Record<string, number>} */
        const numbers = {};
        for (const [name, text] of Object.entries(values)) if (text) numbers[name] = Number(text);
        if (Object.values(numbers).some((n) => !Number.isFinite(n))) return "Please write numbers only.";
        if (!Object.keys(numbers).length) return "Please give at least one number.";
        if (("systolic" in numbers) !== ("diastolic" in numbers)) return "A blood pressure has two numbers.";
        this.desk.record("observation_charted", { values: numbers }, "systolic" in numbers ? `BP ${numbers.systolic}/${numbers.diastolic}` : "vital signs");
      },
    });
  }

  sedation() {
    const choices = this.desk.page.instruments["moaa-s"]?.items[0]?.choices ?? [];
    taps({
      title: "Sedation, MOAA/S", lead: [h("p", null, "How does the person respond?")],
      taps: choices.map(([score, says]) => ({ label: String(score), note: says, value: String(score) })),
      take: (value) => this.desk.record("observation_charted", { values: { moaas: Number(value) } }, `MOAA/S ${value}`),
    });
  }

  /** @param {string} signal */
  ten(signal) {
    const name = SIGNALS[signal]?.name ?? signal;
    const [none, most] = ENDS[signal] ?? ["", ""];
    taps({
      title: `${name}, 0 to 10`, lead: [h("p", { class: "soft" }, `0 ${none} · 10 ${most}`)],
      taps: TEN.map((n) => ({ label: String(n), value: String(n) })),
      take: (value) => this.desk.record("observation_charted", { values: { [signal]: Number(value) } }, `${name} ${value}`),
    });
  }

  /** What, then how bad: two taps. Whoever wants to add words takes the longer way. */
  event() {
    taps({
      title: "Adverse event",
      taps: [...EVENTS.map((value) => ({ label: value, value })), { label: "something else, or with words", value: "" }],
      take: (event) => (event ? this.#grade(event) : this.#eventInWords()),
    });
  }

  /** @param {string} event */
  #grade(event) {
    taps({
      title: `${event}: grade after CTCAE`,
      taps: GRADES.map((label, i) => ({ label: `${i + 1} ${label}`, value: String(i + 1) })),
      take: (grade) => this.desk.record("adverse_event_charted", { event, severity: Number(grade), action: "" }, event),
    });
  }

  #eventInWords() {
    sheet({
      title: "Adverse event in words", ok: "Chart it",
      lead: [h("p", { class: "small soft" }, "Grade after CTCAE: 1 mild, 2 moderate, 3 severe, 4 life-threatening, 5 death.")],
      fields: [
        { name: "event", label: "What", choices: EVENTS.map((value) => ({ value, label: value })), required: false },
        { name: "other", label: "Something else", required: false },
        { name: "severity", label: "Grade", choices: [1, 2, 3, 4, 5].map((n) => ({ value: String(n), label: String(n) })) },
        { name: "action", label: "What was done", required: false },
      ],
      send: (values) => {
        const event = values.other || values.event;
        if (!event) return "What: please choose or write.";
        this.desk.record("adverse_event_charted", { event, severity: Number(values.severity), action: values.action ?? "" }, event);
      },
    });
  }

  medicine() {
    const list = this.desk.page.rescue;
    taps({
      title: "Rescue medicine given",
      taps: [...list.map((one, i) => ({ label: one.medicine, note: `${one.typical}, ${one.route.toUpperCase()}. For ${one.for}`, value: String(i) })), { label: "another medicine", value: "" }],
      take: (value) => this.#dose(list[Number(value || -1)]),
    });
  }

  /** @param {Rescue | undefined} one */
  #dose(one) {
    sheet({
      title: one ? one.medicine : "Medicine", ok: "Chart it",
      lead: one ? [h("p", { class: "small soft" }, `Typical: ${one.typical}. For ${one.for}. Background, to be checked; given by order of the prescriber.`)] : [],
      fields: [
        ...(one ? [] : [{ name: "medicine", label: "Medicine, generic name" }]),
        { name: "dose", label: "Dose with its unit", value: one?.dose, hint: "4 mg" },
        { name: "route", label: "Route", value: one?.route },
        { name: "ordered_by", label: "Ordered by", required: false },
      ],
      send: (values) => {
        const medicine = one?.medicine ?? values.medicine ?? "";
        this.desk.record("medicine_given", { medicine, dose: values.dose, route: values.route, reason: one?.for ?? "", ordered_by: values.ordered_by ?? "" }, `${medicine} ${values.dose}`);
      },
    });
  }

  note() {
    sheet({
      title: "Note", ok: "Chart it", fields: [{ name: "text", label: "What you want to keep", type: "area" }],
      send: (values) => void this.desk.record("note_charted", { text: values.text }, "note"),
    });
  }

  /** @param {{kind: string, corrected: boolean, fact: string}} one */
  correctable(one) {
    return one.kind in CORRECTABLE && !one.corrected && this.desk.may("chart.write");
  }

  /** The original stays in the record, struck through, beside who corrected it and why.
   * @param {{kind: string, fact: string, text: string}} one */
  correct(one) {
    const body = this.desk.bodies.get(one.fact);
    const numbers = one.kind === "observation_charted" && body ? Object.entries(body.values) : [];
    sheet({
      title: "Correct an entry", ok: "Correct it",
      lead: [h("p", null, h("b", null, one.text)), h("p", { class: "small soft" }, "It stays in the record, struck through. Leave the numbers empty to strike it out.")],
      fields: [
        ...numbers.map(([signal]) => ({ name: `v-${signal}`, label: `${SIGNALS[signal]?.name ?? signal}, as it should be`, type: "number", unit: SIGNALS[signal]?.unit ?? "", required: false })),
        { name: "reason", label: "Why", hint: "wrong person, typed wrong, measured again" },
      ],
      send: (values) => {
        const given = numbers.map(([signal]) => [signal, values[`v-${signal}`]]).filter(([, text]) => text);
        if (given.length && given.length < numbers.length) return "Please give all of the numbers, or none to strike the entry out.";
        const replacement = given.length ? { ...body, values: Object.fromEntries(given.map(([signal, text]) => [signal, Number(text)])) } : null;
        this.desk.record("corrected", { target: one.fact, reason: values.reason, replacement }, "correction");
      },
    });
  }
}
