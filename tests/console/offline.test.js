import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { changes } from "../../src/openketamine/clinic/console/static/console/announce.js";
import { Clock } from "../../src/openketamine/clinic/console/static/console/clock.js";
import { withUnsent } from "../../src/openketamine/clinic/console/static/console/overlay.js";
import { mayOpen } from "../../src/openketamine/clinic/console/static/console/snapshot.js";
import { inMemory } from "../../src/openketamine/clinic/console/static/console/store.js";
import { fileOf } from "../../src/openketamine/clinic/console/static/console/unsent-file.js";
import { inWords } from "../../src/openketamine/clinic/console/static/console/words.js";

const T = Date.parse("2026-11-22T14:00:00Z");
const MIN = 60_000;
const at = (minutes) => new Date(T + minutes * MIN).toISOString();

/** Two clocks that a test can set. */
function clocks() {
  const both = { wall: T, steady: 0 };
  const clock = new Clock(() => both.wall, () => both.steady);
  const pass = (wall, steady = wall) => {
    both.wall += wall;
    both.steady += steady;
    clock.tick();
  };
  return { both, clock, pass };
}

describe("the clock of the tablet", () => {
  it("follows the server's, and knows how wrong its own is", () => {
    const { clock, pass } = clocks();
    clock.serverSays(at(-3));
    assert.equal(clock.errorMs, 3 * MIN);
    pass(5000);
    assert.equal(clock.now(), T - 3 * MIN + 5000);
  });
  it("does not send the chart back when somebody sets it back", () => {
    const { clock, pass } = clocks();
    clock.serverSays(at(0));
    pass(-60 * MIN, 1000);
    assert.equal(clock.now(), T + 1000);
    assert.notEqual(clock.jumpedMs, 0);
  });
  it("believes a leap forward, because a tablet sleeps, and says so until the server speaks", () => {
    const { clock, pass } = clocks();
    clock.serverSays(at(0));
    pass(10 * MIN, 1000);
    assert.equal(clock.now(), T + 10 * MIN);
    assert.ok(clock.jumpedMs > 9 * MIN);
    clock.serverSays(at(10));
    assert.equal(clock.jumpedMs, 0);
  });
  it("does not call a second that took two a jump", () => {
    const { clock, pass } = clocks();
    pass(2000, 1000);
    assert.equal(clock.jumpedMs, 0);
  });
});

const STATE = {
  phase: "infusing", events: [], manual: [], findings: [{ finding_id: "f", acknowledged_at: null }], latest: {}, plan: { weight_g: 80_000 },
  checklists: { "pre-dose": [{ item: "escort", answer: null, by: null }] }, gates: { discharge: { open: true, waits_for: [] } },
  due: [{ what: "Blood pressure", signal: "systolic", at: at(1), overdue: true, every_s: 300 }, { what: "End of the infusion", signal: "", at: at(30), overdue: false }],
  infusion: {
    running: true, given_mg: 10, volume_given_ml: 10, volume_left_ml: 30, stopped_at: null, started_at: at(-10), planned_end: at(30),
    rate_ml_per_h: 60, mg_per_h: 60, mg_per_kg_per_h: 0.75, segments: [{ start: at(-10), end: null, rate_ul_per_h: 60_000, concentration_ug_per_ml: 1000 }],
  },
};
const waits = (kind, body, minutes) => ({ id: `${kind}-${minutes}`, kind, body, at: at(minutes), label: kind, userName: "Nora" });
const over = (...facts) => withUnsent(STATE, facts, T);

// HZ-05, HZ-01: what only this tablet knows is shown, and shown as such.
describe("what was charted without a link", () => {
  it("is the server's state itself where nothing waits", () => assert.equal(over(), STATE));
  it("stops the infusion at the moment of the stop, and counts no drop after it", () => {
    const { phase, infusion, due, gates } = over(waits("infusion_stopped", { reason: "distress" }, 5));
    assert.deepEqual([phase, infusion.running, infusion.stopped_at], ["recovery", false, at(5)]);
    assert.equal(infusion.volume_given_ml, 15);
    assert.equal(infusion.volume_left_ml, 25);
    assert.deepEqual(due, []);
    assert.equal(gates.discharge.open, false);
  });
  it("reckons on at the new rate from the moment of the change", () => {
    const { infusion } = over(waits("rate_changed", { rate_ul_per_h: 30_000 }, 6), waits("infusion_paused", {}, 10));
    assert.equal(infusion.volume_given_ml, 18);
    assert.deepEqual(infusion.segments.map((one) => [one.rate_ul_per_h, one.end]), [[60_000, at(6)], [30_000, at(10)]]);
    assert.equal(infusion.running, false);
  });
  it("puts a number in its place, and what was due is due later", () => {
    const { latest, manual, due } = over(waits("observation_charted", { values: { systolic: 131, diastolic: 82 } }, 2));
    assert.deepEqual([latest.systolic.value, latest.systolic.source], [131, "manual"]);
    assert.equal(manual.length, 1);
    assert.equal(due[0].at, at(7));
  });
  it("says of each entry that only this tablet has it", () => {
    const [event] = over(waits("note_charted", { text: "Asks for water" }, 1)).events;
    assert.deepEqual([event.text, event.waits], ["Asks for water", "on this device only"]);
    const [bad] = over({ ...waits("note_charted", { text: "x" }, 1), problem: "no" }).events;
    assert.equal(bad.waits, "needs attention");
  });
  it("is not there twice once the server has it", () => {
    const fact = waits("note_charted", { text: "once" }, 1);
    const state = { ...STATE, events: [{ fact: fact.id, at: fact.at }] };
    assert.equal(withUnsent(state, [fact], T).events.length, 1);
  });
  it("marks a finding as seen and a question as answered", () => {
    const { findings, checklists } = over(waits("finding_acknowledged", { finding_id: "f" }, 1), waits("checklist_answered", { checklist: "pre-dose", item: "escort", answer: "yes" }, 2));
    assert.equal(findings[0].acknowledged_at, at(1));
    assert.equal(checklists["pre-dose"][0].answer, "yes");
  });
  it("never changes the server's state itself", () => {
    const before = JSON.stringify(STATE);
    over(waits("infusion_stopped", {}, 5), waits("observation_charted", { values: { pain: 3 } }, 6));
    assert.equal(JSON.stringify(STATE), before);
  });
});

// HZ-16: what a tablet keeps of a person is kept for a reason and not for long.
describe("the picture that a tablet keeps", () => {
  const picture = (phase) => ({ savedAt: T, page: { idle_s: 900 }, state: { phase } });
  for (const [phase, minutes, opens] of [
    ["infusing", 0, true], ["infusing", 240, true], ["infusing", 241, false], ["recovery", 240, true], ["recovery", 241, false],
    ["expected", 15, true], ["expected", 16, false], ["discharged", 15, true], ["discharged", 16, false], ["closed", 0, false],
    ["infusing", -61, false],
  ]) {
    it(`of a session that is ${phase} ${opens ? "opens" : "does not open"} after ${minutes} minutes`, () => assert.equal(mayOpen(picture(phase), T + minutes * MIN), opens));
  }
  it("is not kept at all where the tablet keeps nothing", async () => {
    const tablet = inMemory();
    assert.equal(tablet.kept, false);
    assert.equal(await tablet.remember(picture("infusing")), false);
    assert.deepEqual(await tablet.recall(), []);
  });
});

describe("an entry in words", () => {
  for (const [kind, body, words] of [
    ["observation_charted", { values: { systolic: 131, diastolic: 82, heart_rate: 77 } }, "BP 131/82, Heart rate 77"],
    ["rate_changed", { rate_ul_per_h: 52_500, reason: "nausea" }, "Rate changed to 52.5 mL/h: nausea"],
    ["medicine_given", { medicine: "ondansetron", dose: "4 mg", route: "iv", reason: "nausea" }, "ondansetron 4 mg iv: nausea"],
    ["adverse_event_charted", { event: "headache", severity: 1 }, "headache, grade 1"],
    ["something_new", {}, "something new"],
  ]) {
    it(`${kind} reads ${words}`, () => assert.equal(inWords({ kind, body }), words));
  }
  it("stands in the file with what the server said against it, whole, in order", () => {
    const facts = [{ ...waits("note_charted", { text: "one" }, 1), seq: 1, user: "n", session: "s", problem: "too long" }, { ...waits("note_charted", { text: "two" }, 2), seq: 2, user: "n", session: "s" }];
    const { entries } = JSON.parse(fileOf(facts, at(3)));
    assert.deepEqual(entries.map((one) => [one.reads.slice(-3), one.not_accepted_because, one.fact.body.text]), [["one", "too long", "one"], ["two", null, "two"]]);
  });
});

// HZ-07: a finding reaches who does not see the screen, once.
describe("what assistive technology is told of findings", () => {
  const finding = (id, priority, nature = "physiological") => [id, { finding_id: id, priority, nature, summary: `${id}.` }];
  it("a high one interrupts, the others wait, what is over is said", () => {
    const said = changes(new Map([finding("old", "low")]), new Map([finding("spo2", "high"), finding("bp", "medium")]));
    assert.equal(said.urgent, "High priority: spo2.");
    assert.equal(said.calm, "Medium priority: bp.. Over: old.");
  });
  it("what stands is not said again", () => {
    const standing = new Map([finding("spo2", "high")]);
    assert.deepEqual(changes(standing, standing), { urgent: "", calm: "" });
  });
  it("a technical one is called technical", () => {
    assert.equal(changes(new Map(), new Map([finding("probe", "medium", "technical")])).calm, "Technical: probe.");
  });
});
