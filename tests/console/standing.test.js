import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { beyond, standing } from "../../src/openketamine/clinic/console/static/console/standing.js";

const { bounds, examples } = JSON.parse(readFileSync(new URL("./alarm-examples.json", import.meta.url), "utf8"));

// HZ-07: the colour of a number is there at once, and is what core would say of it.
describe("a number is coloured by the examples of the knowledge files", () => {
  for (const { rule, example, signal, value, baseline, priority } of examples) {
    it(`${rule} ${example}: ${signal} ${value}${baseline ? ` over ${baseline}` : ""} is ${priority || "calm"}`, () => {
      assert.equal(beyond(bounds, signal, value, baseline), priority);
    });
  }
  it("a signal without limits is never coloured", () => assert.equal(beyond(bounds, "temperature", 41, null), ""));
  it("a page that was kept from before knows no limits", () => assert.equal(beyond({}, "spo2", 70, null), ""));
});

const AGES = { spo2: { old: { value: 5, compare: ">" }, stale: { value: 15, compare: ">" } } };
const said = (value, second, doubt = "", more = {}) => ({ value, atMs: second * 1000, receivedMs: second * 1000, doubt, ...more });
const stands = (known, second, up = true) => standing("spo2", known, AGES, second * 1000, up);
const OFF = "0 is a probe that is off";

// HZ-06: what is not believed never stands for a number; it does not hide one either.
describe("two monitors on one person", () => {
  it("show the good number and say the doubt of the newer one", () => {
    assert.deepEqual(stands([said(0, 10, OFF), said(97, 9)], 10), { ...said(97, 9), beside: `0, ${OFF}` });
  });
  it("show a gap once the good number is old", () => {
    assert.equal(stands([said(0, 16, OFF), said(97, 10)], 16).doubt, OFF);
  });
  it("show a gap where there never was a good one", () => assert.equal(stands([said(0, 3, OFF), undefined], 3).doubt, OFF));
  it("show what a person measured beside a probe that is off, until it is stale", () => {
    const hand = said(96, 4, "", { manual: true });
    assert.equal(stands([said(0, 16, OFF), undefined, hand], 16).value, 96);
    assert.equal(stands([said(0, 20, OFF), undefined, hand], 20).doubt, OFF);
  });
  it("show the newest that is believed, and nothing beside it", () => {
    assert.deepEqual(stands([said(95, 10), said(95, 10), said(97, 9, "", { manual: true })], 10), said(95, 10));
  });
  it("show a gap and nothing as live while the link is lost", () => assert.equal(stands([said(0, 10, OFF), said(97, 9)], 10, false).doubt, OFF));
});
