// One tap and it is charted: what a nurse measures, sees, gives. Facts go by the outbox, never lost.

import { button, h, refresh } from "./dom.js";
import { SIGNALS } from "./format.js";
import { pad } from "./pad.js";
import { sheet, taps, toast } from "./sheet.js";

/** @import {Desk} from "./desk.js" */
/** @import {ChartItem, Rescue} from "./types.d.ts" */

const TEN = [...Array(11).keys()];
const ENDS = /** @type {Record<string, [string, string]>} */ ({
  nausea: ["none", "worst"], dissociation: ["as always", "wholly elsewhere"], distress: ["calm", "unbearable"], pain: ["none", "worst"],
});
const EVENTS = ["headache", "dizziness", "vomiting", "anxiety", "panic", "chest pain", "wheeze or hives", "stridor", "seizure", "severe headache", "visual loss", "neurological deficit", "fall", "infusion site problem"];
const GRADES = ["mild", "moderate", "severe", "life-threatening", "death"];
/** The part of a session that a phase belongs to. @type {Record<string, string>} */
const PART = { expected: "before", planned: "before", prepared: "before", infusing: "running", paused: "running", giving: "running", recovery: "recovery", discharged: "recovery" };
/** @type {Record<string, string>} */
const CORRECTABLE = { observation_charted: "values", adverse_event_charted: "event", note_charted: "text", medicine_given: "dose", rate_changed: "rate", checklist_answered: "", score_recorded: "", recovery_scored: "" };

export class Charting {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.items = new Map(desk.page.charting.items.map((one) => [one.item, one]));
  }

  /** What fits this part of the session comes first; the rest is one tap further. @returns {ChartItem[]} */
  inOrder() {
    const first = (this.desk.page.charting.order[PART[this.desk.state.phase] ?? "before"] ?? []).map((name) => this.items.get(name));
    return [...new Set([...first, ...this.items.values()])].filter((one) => one !== undefined);
  }

  /** The bar of buttons, as many as fit. @param {HTMLElement} root */
  draw(root) {
    const on = this.desk.may("chart.write") && !["closed"].includes(this.desk.state.phase);
    const items = on ? this.inOrder() : [];
    refresh(root, items.map((one) => one.item), () => on ? [
      h("div", { class: "charting-first" }, ...items.map((one) => button(one.label, () => this.open(one), "", { data: { key: one.item } }))),
      button(`All ${items.length}`, () => this.all(), "charting-all", { "aria-haspopup": "dialog", data: { key: "all" } }),
    ] : []);
    this.#fit(root);
  }

  /** A button that would be cut off is not shown; it stands under "All". @param {HTMLElement} root */
  #fit(root) {
    const row = root.querySelector(".charting-first");
    if (!(row instanceof HTMLElement) || row.dataset.width === String(row.clientWidth)) return;
    const buttons = /** @type {HTMLElement[]} */ ([...row.children]);
    for (const one of buttons) one.hidden = false;
    const end = row.getBoundingClientRect().right + 1;
    const cut = buttons.filter((one) => one.getBoundingClientRect().right > end);
    for (const one of cut) one.hidden = true;
    row.dataset.width = String(row.clientWidth);
  }

  all() {
    const items = this.inOrder();
    taps({ title: "Chart something", taps: items.map((one) => ({ label: one.label, value: one.item })), take: (value) => {
      const one = this.items.get(value);
      if (one) this.open(one);
    } });
  }

  /** @param {ChartItem} one */
  open(one) {
    /** @type {Record<string, () => void>} */
    const ways = {
      pad: () => this.vitals(one.signals ?? []), scale: () => (one.item === "moaas" ? this.sedation() : this.ten(one.item)),
      phrases: () => this.phrases(one), oxygen: () => this.oxygen(one), event: () => this.event(), medicine: () => this.medicine(),
      recovery: () => this.desk.steps.recovery(), note: () => this.note(one),
    };
    ways[one.by]?.();
  }

  /** A button that charts what is due. @param {string} signal */
  forSignal(signal) {
    if (!this.desk.may("chart.write")) return null;
    const one = [...this.items.values()].find((item) => item.item === signal || item.signals?.includes(signal));
    return one && button("Chart", () => this.open(one), "small-button", { data: { key: `due-${signal}` }, "aria-label": `Chart ${one.label}` });
  }

  /** @param {string[]} signals */
  vitals(signals) {
    pad({
      title: "Vital signs by hand", signals, limits: this.desk.page.limits,
      take: (numbers) => this.#told("observation_charted", { values: numbers }, "systolic" in numbers ? `BP ${numbers.systolic}/${numbers.diastolic}` : "vital signs"),
    });
  }

  /** Charted, with a moment to take it back. @param {string} kind @param {object} body @param {string} label */
  #told(kind, body, label) {
    const id = this.desk.record(kind, body, label);
    toast(`Charted ${label}`, () => void this.desk.record("corrected", { target: id, reason: "tapped by mistake", replacement: null }, `${label} taken back`));
  }

  /** Words that are said often, in one tap; those that need a place, in two. @param {ChartItem} one */
  phrases(one) {
    taps({
      title: one.label, long: true, taps: (one.phrases ?? []).map((words) => ({ label: words, value: words })),
      take: (words) => (one.then ? this.#where(one, words) : this.#words(one, words)),
    });
  }

  /** @param {ChartItem} one @param {string} words */
  #where(one, words) {
    taps({ title: `${one.label} ${words}`, taps: (one.then ?? []).map((place) => ({ label: place, value: place })), take: (place) => this.#words(one, `${words}, ${place}`) });
  }

  /** @param {ChartItem} one @param {string} words */
  #words(one, words) {
    this.#told("note_charted", { text: `${one.label}: ${words}` }, words);
  }

  /** By what, then how much. @param {ChartItem} one */
  oxygen(one) {
    const give = (/** @type {string} */ dose, /** @type {string} */ device) => this.#told("medicine_given", { medicine: "oxygen", dose, route: "inhaled", reason: device, ordered_by: "" }, `oxygen ${dose}`);
    taps({
      title: "Oxygen by", taps: [...(one.devices ?? []), "off"].map((device) => ({ label: device, value: device })),
      take: (device) => device === "off" ? give("off", "") : taps({ title: `Oxygen by ${device}, L per min`, taps: (one.flows ?? []).map((flow) => ({ label: String(flow), value: String(flow) })), take: (flow) => give(`${flow} L/min`, device) }),
    });
  }

  sedation() {
    const choices = this.desk.page.instruments["moaa-s"]?.items[0]?.choices ?? [];
    taps({
      title: "Sedation, MOAA/S", lead: [h("p", null, "How does the person respond?")],
      taps: choices.map(([score, says]) => ({ label: String(score), note: says, value: String(score) })),
      take: (value) => this.#told("observation_charted", { values: { moaas: Number(value) } }, `MOAA/S ${value}`),
    });
  }

  /** @param {string} signal */
  ten(signal) {
    const name = SIGNALS[signal]?.name ?? signal;
    const [none, most] = ENDS[signal] ?? ["", ""];
    taps({
      title: `${name}, 0 to 10`, lead: [h("p", { class: "soft" }, `0 ${none} · 10 ${most}`)],
      taps: TEN.map((n) => ({ label: String(n), value: String(n) })),
      take: (value) => this.#told("observation_charted", { values: { [signal]: Number(value) } }, `${name} ${value}`),
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
      take: (grade) => this.#told("adverse_event_charted", { event, severity: Number(grade), action: "" }, event),
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

  /** @param {ChartItem} one */
  note(one) {
    const words = (/** @type {string | undefined} */ text) => (one.item === "note" ? text : `${one.label}: “${text}”`);
    sheet({
      title: one.label, ok: "Chart it", fields: [{ name: "text", label: one.hint ?? "What you want to keep", type: "area" }],
      send: (values) => this.#told("note_charted", { text: words(values.text) }, "note"),
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
