import assert from "node:assert/strict";
import { test } from "node:test";

import { laidEmergency, tapped } from "../../src/openketamine/clinic/console/static/console/emergency.js";

const AT = "2026-11-22T09:00:00+00:00";
const state = (/** @type {any} */ emergencies) => /** @type {any} */ ({ emergencies });

test("a card opened without a link runs at once and is offered no more", () => {
  const { emergencies } = laidEmergency(state({ offered: ["seizure", "panic"], opened: [] }), "emergency_begun", { card: "seizure" }, AT);
  assert.deepEqual(emergencies?.offered, ["panic"]);
  assert.equal(emergencies?.opened[0]?.begun_at, AT);
});

test("a step and the end go to the card that was opened last", () => {
  const opened = [
    { card: "vomiting", begun_at: AT, done: [], over_at: AT, outcome: "settled" },
    { card: "vomiting", begun_at: AT, done: [], over_at: null, outcome: null },
  ];
  const before = state({ offered: [], opened });
  const turned = laidEmergency(before, "emergency_step_done", { card: "vomiting", step: "turn" }, AT);
  assert.deepEqual(turned.emergencies?.opened.map((one) => one.done.length), [0, 1]);
  const over = laidEmergency(/** @type {any} */ (turned), "emergency_over", { card: "vomiting", outcome: "settled" }, AT);
  assert.deepEqual(over.emergencies?.opened.map((one) => one.over_at), [AT, AT]);
});

test("a snapshot from before the cards is no error", () => {
  const { emergencies } = laidEmergency(state(undefined), "emergency_begun", { card: "panic" }, AT);
  assert.equal(emergencies?.opened.length, 1);
});

/** What one tap on a step charts. @param {any} state @param {any} step */
function charted(state, step) {
  /** @type {[string, object][]} */
  const said = [];
  const desk = /** @type {any} */ ({ state, page: { emergencies: { panic: { title: "Panic" } } }, record: (/** @type {string} */ kind, /** @type {object} */ body) => said.push([kind, body]) });
  tapped(desk, "panic", step);
  return said.map(([kind]) => kind);
}

test("the step that stops the dose stops what runs, stands or is being given, and nothing that is over", () => {
  const stop = { step: "slow", text: "Stop", does: "stop_dose" };
  assert.deepEqual(charted({ infusion: { running: true, stopped_at: null } }, stop), ["emergency_step_done", "infusion_stopped"]);
  assert.deepEqual(charted({ infusion: { running: false, stopped_at: null } }, stop), ["emergency_step_done", "infusion_stopped"]);
  assert.deepEqual(charted({ infusion: null, phase: "giving" }, stop), ["emergency_step_done", "dose_stopped"]);
  assert.deepEqual(charted({ infusion: { running: false, stopped_at: AT }, phase: "recovery" }, stop), ["emergency_step_done"]);
  assert.deepEqual(charted({ infusion: { running: true, stopped_at: null } }, { step: "oxygen", text: "Oxygen" }), ["emergency_step_done"]);
});
