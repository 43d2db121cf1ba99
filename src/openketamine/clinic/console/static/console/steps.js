// From one step of the treatment to the next. Requests need the server: they are answered at once, with every
// reason when the answer is no. What has happened at the pump (pause, rate, stop) is a fact and needs nobody.

import { begin, byHand } from "./doses.js";
import { button, h, refresh } from "./dom.js";
import { EVIDENCE, milligrams, number } from "./format.js";
import { sources } from "./panels.js";
import { sheet } from "./sheet.js";

/** @import {Desk} from "./desk.js" */
/** @import {Item, Vial, Waits} from "./types.d.ts" */
/** @typedef {import("./sheet.js").Field} Field */

/** @param {string} who @param {string} group @returns {Field[]} */
const proof = (who, group) => [
  { name: who, label: "User name", group },
  { name: `${who}_password`, label: "Password", type: "password", autocomplete: "off", group },
];
const PHASES = /** @type {Record<string, string>} */ ({
  expected: "Expected", planned: "Planned", prepared: "Prepared", infusing: "Infusing", giving: "Giving", paused: "Paused",
  recovery: "Recovery", discharged: "Discharged", closed: "Closed",
});

/** Sheets that end in a request, by its verb. Without a link each says why it must wait. */
const REQUESTS = { withdraw: "Withdraw drug", verify: "Verify", start: "Start", resume: "Resume", waste: "Waste the rest", discharge: "Discharge", close: "Close the session", chair: "Chair", attach: "Attach a device", detach: "Detach a device" };

export class Steps {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    const own = /** @type {Record<string, any>} */ (/** @type {unknown} */ (this));
    for (const [verb, title] of Object.entries(REQUESTS)) {
      const open = own[verb];
      own[verb] = (/** @type {string | undefined} */ word) => desk.request(verb, title, () => open(word));
    }
  }

  /** Phase on the left, the one next thing on the right. @param {HTMLElement} phase @param {HTMLElement} actions */
  draw(phase, actions) {
    const { state } = this.desk;
    refresh(phase, [state.phase, state.chair], () => [h("span", { class: `phase phase-${state.phase}` }, PHASES[state.phase] ?? state.phase), h("span", { class: "soft" }, state.chair)]);
    const next = this.next();
    refresh(actions, [next.map((one) => [one.label, one.look]), state.phase], () => next.map((one) => button(one.label, one.press, one.look, { data: { key: one.label } })));
  }

  /** What can be asked for now, the most likely first. @returns {{label: string, press: () => void, look: string}[]} */
  next() {
    const { state, may } = this.desk;
    const gate = (/** @type {string} */ name) => state.gates[name]?.open;
    /** @type {Record<string, [boolean | undefined, string, () => void][]>} */
    const steps = {
      expected: [[may("plan.sign"), "Open the plan", this.openPlan]],
      planned: [[may("drug.withdraw"), "Withdraw drug", this.withdraw]],
      prepared: [
        [may("infusion.start") && gate("start"), byHand(state.plan) ? "Give the dose" : "Start infusion", this.start],
        [may("dose.verify") && gate("verify") && !this.#verified(), "Verify with a second person", this.verify],
      ],
      recovery: [
        [may("session.discharge") && gate("discharge"), "Discharge", this.discharge],
        [may("chart.write"), "Score recovery", this.recovery],
        [may("drug.withdraw") && state.drug.tray_ug > 0, "Waste the rest", this.waste],
      ],
      discharged: [
        [may("drug.withdraw") && state.drug.tray_ug > 0, "Waste the rest", this.waste],
        [may("session.close") && gate("close"), "Close the session", this.close],
      ],
    };
    return (steps[state.phase] ?? []).filter(([open]) => open).map(([, label, press], i) => ({ label, press, look: i ? "" : "primary" }));
  }

  #verified() {
    return !this.desk.state.gates.start?.waits_for.some((one) => one.rule === "ST-04");
  }

  /** The checklist of this phase and what the next step waits for. @param {HTMLElement} root */
  drawGate(root) {
    const { state } = this.desk;
    const [list, request, title] = { expected: ["pre-dose", "start", "Before the start"], planned: ["pre-dose", "start", "Before the start"], prepared: ["pre-dose", "start", "Before the start"], recovery: ["discharge", "discharge", "Before leaving"], discharged: ["closing", "close", "Before closing"] }[/** @type {"planned"} */ (state.phase)] ?? [];
    root.hidden = !list;
    if (!list || !request) return;
    const gate = state.gates[request];
    // What the checklist below asks for is not said twice.
    const others = gate.waits_for.filter((one) => !state.checklists[list].some((item) => one.summary.endsWith(item.question)));
    refresh(root, [state.checklists[list], gate, this.desk.may("chart.write")], () => [
      h("div", { class: "card-head" }, h("h2", null, title), gate.open ? h("span", { class: "level level-done" }, "nothing stands in the way") : h("span", { class: "level level-defer" }, `waits for ${gate.waits_for.length} ${gate.waits_for.length === 1 ? "thing" : "things"}`)),
      others.length ? h("ul", { class: "waits" }, ...others.map((one) => waiting(one))) : null,
      h("div", { class: "card-flush" }, h("ul", { class: "checklist" }, ...state.checklists[list].map((item) => this.#item(list, item)))),
      list === "pre-dose" && this.desk.may("chart.write") ? h("div", { class: "row" }, button("PHQ-9", () => this.score("phq-9")), button("C-SSRS since last contact", () => this.score("c-ssrs-screen"))) : null,
    ]);
  }

  /** @param {string} list @param {Item} item */
  #item(list, item) {
    const { answer } = item;
    const choices = [["yes", "Yes"], ["no", "No"], ...(item.accept.includes("not_applicable") ? [["not_applicable", "Does not apply"]] : []), ["not_known", "Not known"]];
    const met = item.accept.includes(answer ?? "");
    return h("li", { class: "check" },
      h("span", { class: `level ${met ? "level-done" : answer && answer !== "not_known" ? "level-block" : "level-unknown"}` }, met ? "met" : answer && answer !== "not_known" ? "not met" : "not known"),
      h("span", { class: "check-question" }, item.question, answer && !item.by ? h("small", { class: "soft" }, "on its way") : item.by ? h("small", { class: "soft" }, item.by) : null),
      this.desk.may("chart.write")
        ? h("span", { class: "check-answers", role: "group", "aria-label": item.question }, ...choices.map(([value, label]) =>
            h("button", { type: "button", class: "answer", "aria-pressed": String(answer === value), data: { key: `${item.item}-${value}` }, onclick: () => this.desk.answer(list, item.item, String(value)) }, label)))
        : h("b", null, answer ?? "not answered"));
  }

  openPlan = () => this.desk.request("plan", "Plan", () => location.assign("plan/"));

  withdraw = () => {
    const plan = this.desk.state.plan;
    const draw = plan?.proposal.draw_ml;
    // Only what was ordered: ketamine and esketamine look alike and are not dosed alike, and
    // nothing that is swallowed goes into a vein.
    const vials = this.desk.page.vials.filter((one) => !plan || (one.drug === plan.drug && (one.form === "solution" || !plan.volume_ul)));
    const packs = new Set(vials.filter((one) => one.form !== "solution").map((one) => one.id));
    const pieces = plan?.proposal.units && plan.proposal.unit_name ? `The plan takes ${plan.proposal.units} × ${plan.proposal.unit_name}` : "";
    const amounts = [
      vials.length > packs.size || !packs.size ? { name: "volume", label: "Volume drawn up", type: "number", unit: "mL", step: "any", required: !packs.size, hint: draw ? `The plan draws up ${number(draw, 3)} mL` : "" } : null,
      packs.size ? { name: "pieces", label: "Pieces taken out", type: "number", unit: "", step: "1", required: packs.size === vials.length, hint: pieces } : null,
    ].filter((one) => one !== null);
    sheet({
      title: "Withdraw drug", ok: "Withdraw", lead: [
        plan ? h("p", null, "Ordered ", h("b", null, `${plan.drug} ${milligrams(plan.dose_ug, 3)}`), byHand(plan) ? "" : `, made up to ${number(plan.volume_ul / 1000)} mL`) : "",
        vials.length ? "" : h("p", { class: "field-error" }, "There is no usable vial.")],
      fields: [
        { name: "vial_id", label: "Vial", choices: vials.map((one) => ({ value: one.id, label: container(one) })) },
        ...amounts,
        { name: "password", label: "Your own password", type: "password", group: `You, ${this.desk.page.user.name}` },
        ...proof("witness", "Witness, who watched"),
      ],
      send: ({ volume, pieces: taken, ...values }) => {
        const pack = packs.has(values.vial_id ?? "");
        const amount = Number(pack ? taken : volume);
        if (!(amount > 0)) return pack ? "Pieces taken out: a whole number above 0." : "Volume drawn up: a number above 0.";
        return this.#ask("withdraw", pack ? { ...values, units: amount } : { ...values, volume_ul: Math.round(amount * 1000) });
      },
    });
  };

  verify = () =>
    void sheet({
      title: "Second person verifies", ok: "Verify",
      lead: [h("p", null, "Hand over the tablet. Read everything off the wristband, the bag and the pump. Nothing is filled in here.")],
      fields: [
        { name: "mrn", label: "Record number on the wristband", group: "Read off" },
        { name: "drug", label: "Drug on the label", group: "Read off" },
        { name: "dose", label: byHand(this.desk.state.plan) ? "Amount" : "Amount in the bag", type: "number", unit: "mg", step: "any", group: "Read off" },
        ...this.#readOff(),
        ...proof("second", "Second person"),
      ],
      send: (values) => this.#ask("verify", {
        ...values, dose_ug: thousand(values.dose), concentration_ug_per_ml: thousand(values.concentration ?? "0"),
        volume_ul: thousand(values.volume ?? "0"), rate_ul_per_h: thousand(values.rate ?? "0"),
      }),
    });

  /** What can be read off depends on the form: a device has no volume, an injection no rate. */
  #readOff() {
    const plan = this.desk.state.plan;
    const all = [
      { name: "concentration", label: "Concentration", type: "number", unit: "mg in 1 mL", step: "any", group: "Read off", there: plan?.concentration_ug_per_ml },
      { name: "volume", label: byHand(plan) ? "Volume in the syringe" : "Volume in the bag", type: "number", unit: "mL", step: "any", group: "Read off", there: plan?.volume_ul },
      { name: "rate", label: "Rate set on the pump", type: "number", unit: "mL per hour", step: "any", group: "Read off", there: plan?.rate_ul_per_h },
    ];
    return all.filter((one) => one.there);
  }

  start = () => {
    const plan = this.desk.state.plan;
    if (!plan) return;
    if (byHand(plan)) return begin(this.desk, plan);
    sheet({
      title: "Start infusion", ok: "Start", lead: [
        h("p", { class: "rates" }, h("span", { class: `drug drug-${plan.drug}` }, plan.drug), h("b", null, ` ${number(plan.rate_ul_per_h / 1000)} mL/h`)),
        h("p", null, `${milligrams(plan.dose_ug, 3)} in ${number(plan.volume_ul / 1000)} mL over ${plan.over_s / 60} min. Start the pump and press together.`)],
      send: () => this.#ask("start", {}),
    });
  };

  pause = () => void sheet({ title: "Pause the infusion", ok: "Paused", fields: [{ name: "reason", label: "Why", required: false }], lead: [h("p", null, "Pause the pump first.")], send: (values) => void this.desk.record("infusion_paused", { reason: values.reason ?? "" }, "pause") });

  changeRate = () => this.#rate("Change rate", "Rate changed", (rate, reason) => void this.desk.record("rate_changed", { rate_ul_per_h: rate, reason }, "rate changed"));

  resume = () => this.#rate("Resume the infusion", "Resume", (rate, reason) => this.#ask("resume", { rate_ul_per_h: rate, reason }));

  /** @param {string} title @param {string} ok @param {(rate: number, reason: string) => Promise<string | void> | string | void} send */
  #rate(title, ok, send) {
    const { infusion, plan } = this.desk.state;
    const echo = h("p", { class: "rate-echo", "aria-live": "polite" });
    const dialog = sheet({
      title, ok,
      lead: [h("p", null, `Ordered ${number((plan?.rate_ul_per_h ?? 0) / 1000)} mL/h. Set on the pump now ${number((infusion?.segments.at(-1)?.rate_ul_per_h ?? 0) / 1000)} mL/h.`)],
      fields: [{ name: "rate", label: "New rate on the pump", type: "number", unit: "mL per hour", step: "any" }, { name: "reason", label: "Why", required: false }],
      send: (values) => {
        const rate = thousand(values.rate);
        if (!(rate > 0)) return "New rate: a number above 0. To stop the pump, choose Pause or Stop.";
        // Ten-fold slips are the known killers: a rate far above the order is asked for twice.
        if (plan && rate > plan.rate_ul_per_h * 1.5 && echo.dataset.asked !== values.rate) {
          echo.dataset.asked = values.rate;
          return `${number(rate / 1000)} mL/h is ${number(rate / plan.rate_ul_per_h, 1)} times the ordered rate. Press again only if the pump really shows it.`;
        }
        return send(rate, values.reason ?? "");
      },
    });
    dialog.querySelector(".sheet-body")?.append(echo);
    dialog.addEventListener("input", () => {
      const rate = Number(new FormData(/** @type {HTMLFormElement} */ (dialog.querySelector("form"))).get("rate"));
      const perMl = (infusion?.segments.at(-1)?.concentration_ug_per_ml ?? 0) / 1000;
      const kg = (plan?.weight_g ?? 0) / 1000;
      echo.textContent = rate > 0 ? `${number(rate)} mL/h = ${number(rate * perMl)} mg/h${kg ? ` = ${number((rate * perMl) / kg)} mg/kg/h` : ""}` : "";
    });
  }

  /** Two taps. A stop with drug left in the bag is not called complete by itself. */
  stop = () =>
    void sheet({
      title: "Stop the infusion for good", ok: "Stop now", look: "primary danger-fill",
      fields: [{ name: "reason", label: "Why", value: (this.desk.state.infusion?.volume_left_ml ?? 0) < 1 ? "complete" : "stopped early", choices: ["complete", "stopped early", "asked to stop", "blood pressure", "sedation", "distress", "nausea", "another reason"].map((value) => ({ value, label: value })) }],
      send: (values) => void this.desk.record("infusion_stopped", { reason: values.reason }, "stop"),
    });

  waste = () =>
    void sheet({
      title: "Waste the rest", ok: "Waste",
      lead: [h("p", null, "On the tray ", h("b", null, milligrams(this.desk.state.drug.tray_ug, 3)))],
      fields: [
        { name: "mass", label: "Amount wasted", type: "number", unit: "mg", step: "any", value: String(this.desk.state.drug.tray_ug / 1000) },
        { name: "reason", label: "Why", value: "residual", choices: this.desk.page.waste_reasons.map((value) => ({ value, label: value.replaceAll("_", " ") })) },
        { name: "method", label: "How it was destroyed", value: "non-retrievable waste container" },
        ...proof("witness", "Witness, who watched"),
      ],
      send: (values) => this.#ask("waste", { ...values, mass_ug: thousand(values.mass) }),
    });

  recovery = () => {
    const { items, title } = this.desk.page.instruments["modified-aldrete"];
    sheet({
      title, ok: "Chart it",
      fields: items.map((item) => ({ name: item.label, label: item.text, choices: item.choices.map(([score, says]) => ({ value: String(score), label: `${score} ${says}` })) })),
      send: (values) => {
        const scores = Object.fromEntries(items.map((item) => [item.label, Number(values[item.label])]));
        this.desk.record("recovery_scored", { scale: "modified-aldrete", items: scores, total: 0 }, "recovery score");
      },
    });
  };

  /** A questionnaire; what is left open is not answered, never "no". @param {string} name */
  score = (name) => {
    const { items, title } = this.desk.page.instruments[name] ?? { items: [], title: name };
    sheet({
      title, ok: "Chart it", lead: [h("p", { class: "small soft" }, "What is left open counts as not answered.")],
      fields: items.map((item) => ({ name: `i${item.number}`, label: `${item.number}. ${item.text}`, required: false, choices: item.choices.map(([score, says]) => ({ value: String(score), label: says })) })),
      send: (values) => {
        const answers = items.map((item) => (values[`i${item.number}`] === undefined ? null : Number(values[`i${item.number}`])));
        this.desk.record("score_recorded", { instrument: name, answers, total: null }, title);
      },
    });
  };

  discharge = () =>
    void sheet({
      title: "Discharge", ok: "Discharge",
      fields: [
        { name: "escort_name", label: "Escort, name" }, { name: "escort_phone", label: "Escort, phone", type: "tel" },
        { name: "instructions", label: "Instructions given in writing and said back", choices: [{ value: "yes", label: "Yes" }, { value: "no", label: "No" }] },
      ],
      send: (values) => this.#ask("discharge", { ...values, instructions_given: values.instructions === "yes" }),
    });

  close = () => void sheet({ title: "Close the session", ok: "Close it", lead: [h("p", null, "Nothing is left to do here. The record stays.")], send: () => this.#ask("close", {}) });

  chair = () => void sheet({ title: "Chair", ok: "Assign", fields: [{ name: "chair", label: "Chair" }], send: (values) => this.#ask("chair", values) });

  attach = () => void sheet({
    title: "Attach a device", ok: "Attach", lead: [h("p", null, "Read the identifier off the device. From now on it speaks for this person.")],
    fields: [{ name: "device_id", label: "Identifier" }, { name: "device_kind", label: "Kind", value: "monitor", choices: [{ value: "monitor", label: "Monitor" }, { value: "pump", label: "Pump" }] }],
    send: (values) => this.#ask("attach", values),
  });

  /** @param {string} device */
  detach = (device) => void sheet({ title: `Detach ${device}`, ok: "Detach", lead: [h("p", null, "From now on it does not speak for this person.")], send: () => this.#ask("detach", { device_id: device }) });

  /** @param {string} verb @param {Record<string, any>} body @returns {Promise<string | void>} */
  async #ask(verb, body) {
    return this.desk.ask(verb, body);
  }
}

/** @param {Waits} one */
const waiting = (one) => h("li", null, h("span", { class: `level level-${one.action}` }, one.action), h("span", null, one.summary), one.rule && h("small", { class: "soft" }, `${one.rule}, ${EVIDENCE[one.evidence] ?? ""}: ${sources(one.sources)}`));

/** Milligrams to micrograms, millilitres to microlitres: a change of unit of what a person typed. @param {string | undefined} text */
const thousand = (text) => Math.round(Number(text) * 1000);

/** A container as it is read off the shelf. @param {Vial} one */
function container(one) {
  const holds = one.form === "solution"
    ? `${number(one.concentration_ug_per_ml / 1000)} mg in 1 mL, lot ${one.lot}, ${number(one.left_ul / 1000)} mL left`
    : `${one.form}s of ${milligrams(one.unit_ug, 3)}, lot ${one.lot}, ${one.left_units} left`;
  return `${one.drug} ${holds}, expires ${one.expiry}`;
}
