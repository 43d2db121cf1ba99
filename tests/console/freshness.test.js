import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { freshness, LINK_SILENT_MS, linkIsUp } from "../../src/openketamine/clinic/console/static/console/freshness.js";

const AGES = {
  heart_rate: { old: { value: 5, compare: ">" }, stale: { value: 15, compare: ">" } },
  systolic: { old: { value: 150, compare: ">" }, stale: { value: 300, compare: ">=" } },
};

// HZ-01: an old number is never shown as live.
describe("freshness of a number", () => {
  for (const [signal, seconds, word] of [
    ["heart_rate", 0, "live"], ["heart_rate", 5, "live"], ["heart_rate", 6, "old"],
    ["heart_rate", 15, "old"], ["heart_rate", 16, "stale"], ["systolic", 150, "live"],
    ["systolic", 151, "old"], ["systolic", 299, "old"], ["systolic", 300, "stale"],
  ]) {
    it(`calls a ${signal} of ${seconds} s ${word}`, () => {
      assert.equal(freshness(AGES, signal, 0, seconds * 1000, true), word);
    });
  }

  it("calls every number stale while the link to the server is silent", () => {
    assert.equal(freshness(AGES, "heart_rate", 0, 0, false), "stale");
  });

  it("never calls a number live whose ages nobody knows", () => {
    assert.equal(freshness(AGES, "etco2", 0, 0, true), "stale");
  });

  it("never calls a number live that has no time", () => {
    assert.equal(freshness(AGES, "heart_rate", NaN, 0, true), "stale");
  });
});

describe("the link", () => {
  it("is up until five seconds of silence are over", () => {
    assert.equal(linkIsUp(0, LINK_SILENT_MS), true);
    assert.equal(linkIsUp(0, LINK_SILENT_MS + 1), false);
  });
});
