// What is heard, and when: the highest wins, a pause holds, and the patterns are those of the knowledge file.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

globalThis.document ??= /** @type {any} */ ({ documentElement: { dataset: {} }, cookie: "" });
const { isTime, notes } = await import("../../src/openketamine/clinic/console/static/console/voice.js");
const { rings } = await import("../../src/openketamine/clinic/console/static/console/board-tile.js");

const PATTERNS = {
  high: { marks: "***", word: "high", tones: 5, bursts: 2, every_s: 10, pause_s: 120 },
  medium: { marks: "**", word: "medium", tones: 3, bursts: 1, every_s: 25, pause_s: 120 },
  low: { marks: "*", word: "low", tones: 1, bursts: 1, every_s: 30, pause_s: 120 },
};
const NOON = Date.parse("2026-11-22T12:00:00Z");
const heard = (priority, nature = "physiological", paused = null) => ({ priority, nature, paused_until: paused });
const silence = { key: "", atMs: 0 };

describe("the sound of a screen", () => {
  it("is two bursts of five for high, three tones for medium, one for low, and ends before it begins anew", () => {
    for (const [priority, count] of [["high", 10], ["medium", 3], ["low", 1]]) {
      const played = notes(PATTERNS[priority], heard(priority));
      assert.equal(played.length, count);
      assert.ok(played.at(-1).to < PATTERNS[priority].every_s);
      assert.ok(played.every((one, at) => at === 0 || one.from >= played[at - 1].to), "no tone lies over another");
    }
  });

  it("is flat for a machine and rises for a person", () => {
    const pitches = (nature) => new Set(notes(PATTERNS.high, heard("high", nature)).map((one) => one.hz)).size;
    assert.equal(pitches("technical"), 1);
    assert.ok(pitches("physiological") > 1);
  });

  it("comes at once when something else wins, and then as often as its priority says", () => {
    assert.ok(isTime(PATTERNS, heard("high"), silence, NOON));
    const last = { key: "high physiological", atMs: NOON };
    assert.ok(!isTime(PATTERNS, heard("high"), last, NOON + 9_999));
    assert.ok(isTime(PATTERNS, heard("high"), last, NOON + 10_000));
    assert.ok(isTime(PATTERNS, heard("medium"), last, NOON + 1));
  });

  it("is silent while it is paused, and comes back by itself", () => {
    const paused = heard("high", "physiological", "2026-11-22T12:02:00Z");
    assert.ok(!isTime(PATTERNS, paused, silence, NOON));
    assert.ok(isTime(PATTERNS, paused, silence, NOON + 120_000));
    assert.ok(!isTime(PATTERNS, null, silence, NOON));
  });

  it("is on the board that of the worst chair that is not paused, a person before a machine", () => {
    const chairs = (...all) => all.map((sound) => ({ sound }));
    assert.equal(rings(chairs(heard("low"), heard("medium"), heard("medium", "technical")), NOON).nature, "physiological");
    const paused = heard("high", "physiological", "2026-11-22T12:02:00Z");
    assert.equal(rings(chairs(paused, heard("low")), NOON).priority, "low");
    assert.equal(rings(chairs({ priority: null }), NOON), null);
  });
});
