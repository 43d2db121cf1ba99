// The server's last state with what only this tablet knows laid over it, so that a nurse who stopped the infusion in
// an outage sees it stopped. For display: the server folds the same facts when it has them, and its answer replaces
// this. Pure.

import { laidGiven } from "./doses.js";
import { laidEmergency } from "./emergency.js";
import { soFar } from "./infusion.js";
import { inWords } from "./words.js";

/** @import {Waiting} from "./outbox.js" */
/** @import {Charted, Due, Event_, Latest, State} from "./types.d.ts" */

/** What the server has, and what waits. @param {State} state @param {Waiting[]} waiting facts of this session, in order
 * @param {number} saidMs when the server said so @returns {State} */
export function withUnsent(state, waiting, saidMs) {
  const known = new Set((state.events ?? []).map((one) => one.fact));
  const fresh = waiting.filter((one) => !known.has(one.id));
  return fresh.length ? fresh.reduce((so, one) => after(so, one, saidMs), state) : state;
}

/** @param {State} state @param {Waiting} one @param {number} saidMs @returns {State} */
function after(state, one, saidMs) {
  const next = { ...state, events: inTime([...state.events, event(one)]) };
  const lay = LAY[one.kind];
  return lay ? { ...next, ...lay(next, /** @type {any} */ (one.body), one, saidMs) } : next;
}

/** @param {Waiting} one @returns {Event_} */
const event = (one) => ({
  n: 0, at: one.at, kind: one.kind, text: inWords(one), by: one.userName ?? "", fact: one.id, corrected: false,
  now_reads: null, mark: 0, offline: null, waits: one.problem ? "needs attention" : "on this device only",
});

/** @type {Record<string, (state: State, body: any, one: Waiting, saidMs: number) => Partial<State>>} */
const LAY = {
  observation_charted: (state, body, one) => measured(state, body, one),
  checklist_answered: (state, body) => ({ checklists: answered(state, body) }),
  finding_acknowledged: (state, body, one) => ({
    findings: state.findings.map((finding) => (finding.finding_id === body.finding_id && !finding.acknowledged_at ? { ...finding, acknowledged_at: one.at } : finding)),
  }),
  sound_paused: (state, body, one) => ({ sound: { ...state.sound, paused_until: new Date(Date.parse(one.at) + body.seconds * 1000).toISOString() } }),
  sound_resumed: (state) => ({ sound: { ...state.sound, paused_until: null } }),
  infusion_paused: (state, _, one, saidMs) => pump(state, Date.parse(one.at), saidMs, 0, "paused"),
  infusion_stopped: (state, _, one, saidMs) => stopped(pump(state, Date.parse(one.at), saidMs, 0, "recovery"), one.at),
  rate_changed: (state, body, one, saidMs) => pump(state, Date.parse(one.at), saidMs, body.rate_ul_per_h, state.phase),
  dose_given: (state, body, one) => laidGiven(state, body, one.at),
  dose_stopped: (state, _, one) => (state.doses ? { phase: "recovery", doses: { ...state.doses, ended_at: one.at, next_at: null } } : {}),
  emergency_begun: (state, body, one) => laidEmergency(state, one.kind, body, one.at),
  emergency_step_done: (state, body, one) => laidEmergency(state, one.kind, body, one.at),
  emergency_over: (state, body, one) => laidEmergency(state, one.kind, body, one.at),
  corrected: (state, body) => ({
    events: state.events.map((said) => (said.fact === body.target ? { ...said, corrected: true } : said)),
    manual: state.manual.flatMap((charted) => (charted.fact !== body.target ? [charted] : body.replacement ? [{ ...charted, values: body.replacement.values ?? {} }] : [])),
  }),
};

/** The pump runs at another rate from a moment on, or stands. @param {State} state @param {number} atMs
 * @param {number} saidMs @param {number} rate 0: it stands @param {string} phase @returns {Partial<State>} */
function pump(state, atMs, saidMs, rate, phase) {
  const { infusion } = state;
  if (!infusion?.running || infusion.stopped_at) return {};
  const far = soFar(infusion, infusion.said_ms ?? saidMs, atMs);
  const at = new Date(atMs).toISOString();
  const segments = infusion.segments.map((one) => (one.end ? one : { ...one, end: at }));
  const concentration = segments.at(-1)?.concentration_ug_per_ml ?? 0;
  const left = far.leftMl / (rate / 1000);
  return {
    phase,
    gates: waiting(state.gates),
    infusion: {
      ...infusion, running: rate > 0, said_ms: atMs, given_mg: far.mg, volume_given_ml: far.volumeMl, volume_left_ml: far.leftMl,
      segments: rate > 0 ? [...segments, { start: at, end: null, rate_ul_per_h: rate, concentration_ug_per_ml: concentration }] : segments,
      rate_ml_per_h: rate / 1000, mg_per_h: (rate / 1000) * (concentration / 1000),
      mg_per_kg_per_h: state.plan?.weight_g ? ((rate / 1000) * (concentration / 1000)) / (state.plan.weight_g / 1000) : null,
      planned_end: rate > 0 ? new Date(atMs + left * 3_600_000).toISOString() : null,
    },
  };
}

/** What the server thought before it knew of this is no answer any more. @param {State["gates"]} gates */
function waiting(gates) {
  const unseen = { rule: "", action: "defer", summary: "The server has not seen what was charted on this tablet", evidence: "", sources: [] };
  return Object.fromEntries(Object.keys(gates).map((name) => [name, { open: false, waits_for: [unseen] }]));
}

/** @param {Partial<State>} laid @param {string} at @returns {Partial<State>} */
function stopped(laid, at) {
  return laid.infusion ? { ...laid, infusion: { ...laid.infusion, stopped_at: at }, due: [] } : laid;
}

/** @param {State} state @param {{values: Record<string, number>, note?: string}} body @param {Waiting} one @returns {Partial<State>} */
function measured(state, body, one) {
  /** @type {Charted} */
  const charted = { fact: one.id, at: one.at, values: body.values, note: body.note ?? "" };
  /** @type {Record<string, Latest>} */
  const latest = { ...state.latest };
  for (const [signal, value] of Object.entries(body.values)) {
    const before = latest[signal];
    if (before && Date.parse(before.at) > Date.parse(one.at)) continue;
    latest[signal] = { value, at: one.at, received_at: one.at, source: "manual", doubt: null };
  }
  return { latest, manual: [...state.manual, charted], due: state.due.map((due) => (due.signal in body.values ? put(due, one.at) : due)) };
}

/** Observed once more: due again after the same time. @param {Due} due @param {string} at @returns {Due} */
function put(due, at) {
  return due.every_s ? { ...due, at: new Date(Date.parse(at) + due.every_s * 1000).toISOString(), overdue: false } : due;
}

/** @param {State} state @param {{checklist: string, item: string, answer: string}} body */
function answered(state, body) {
  const items = state.checklists[body.checklist] ?? [];
  return { ...state.checklists, [body.checklist]: items.map((one) => (one.item === body.item ? { ...one, answer: body.answer, by: null } : one)) };
}

/** @param {Event_[]} events */
const inTime = (events) => events.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
