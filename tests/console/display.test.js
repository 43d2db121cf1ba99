import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { age, clock, countdown, milligrams, number } from "../../src/openketamine/clinic/console/static/console/format.js";
import { soFar, timeLeft } from "../../src/openketamine/clinic/console/static/console/infusion.js";
import { Series } from "../../src/openketamine/clinic/console/static/console/series.js";

describe("numbers", () => {
  for (const [value, text] of [[35, "35"], [52.5, "52.5"], [0.5, "0.5"], [1000, "1,000"], [2.0, "2"], [0.746, "0.75"]]) {
    it(`${value} is written ${text}, without a trailing zero and with a leading one`, () => assert.equal(number(value), text));
  }
  it("micrograms are shown as milligrams", () => assert.equal(milligrams(17500), "17.5 mg"));
});

describe("times", () => {
  for (const [ms, text] of [[0, "0 s"], [59_999, "59 s"], [60_000, "1 min"], [3_600_000, "1 h 0 min"], [-5000, "0 s"]]) {
    it(`an age of ${ms} ms is ${text}`, () => assert.equal(age(ms), text));
  }
  it("a running time has hours only when there are any", () => {
    assert.equal(clock(725_000), "12:05");
    assert.equal(clock(3_725_000), "1:02:05");
  });
  it("what is due counts down, and what was due says since when", () => {
    assert.equal(countdown(65_000, 0), "in 1:05");
    assert.equal(countdown(0, 120_000), "was due 2 min ago");
  });
});

const INFUSION = {
  running: true, given_mg: 10, volume_given_ml: 10, volume_left_ml: 25,
  segments: [{ start: "", end: null, rate_ul_per_h: 60_000, concentration_ug_per_ml: 1000 }],
};

describe("the infusion between two answers of the server", () => {
  it("goes on at the rate that was charted", () => {
    assert.deepEqual(soFar(INFUSION, 0, 60_000), { volumeMl: 11, leftMl: 24, mg: 11 });
    assert.equal(timeLeft(INFUSION, 0, 60_000), 24 * 60_000);
  });
  it("never gives more than the bag holds", () => assert.deepEqual(soFar(INFUSION, 0, 86_400_000), { volumeMl: 35, leftMl: 0, mg: 35 }));
  it("stands still while the pump does", () => {
    const paused = { ...INFUSION, running: false };
    assert.equal(soFar(paused, 0, 60_000).mg, 10);
    assert.equal(timeLeft(paused, 0, 60_000), null);
  });
  it("never runs backwards when the clock of the tablet does", () => assert.equal(soFar(INFUSION, 60_000, 0).mg, 10));
});

describe("the series of the chart", () => {
  const answer = {
    signals: ["heart_rate", "spo2"],
    rows: [[1, 1000, 1000, 72, null], [2, 2000, 2000, 0, 97]],
    doubts: { 2: { heart_rate: "no heart beats zero times" } },
  };

  it("leaves a gap where there is no number", () => {
    const series = new Series();
    series.addColumns(answer);
    assert.deepEqual(series.points("spo2").map((point) => point.at), [2000]);
  });
  // HZ-06: an artefact is not believed.
  it("keeps what is not believed apart from what is", () => {
    const series = new Series();
    series.addColumns(answer);
    assert.deepEqual(series.points("heart_rate").map((point) => point.value), [72]);
    assert.deepEqual(series.doubted, [{ at: 2000, signal: "heart_rate", value: 0, why: "no heart beats zero times" }]);
    assert.equal(series.newest.get("heart_rate")?.doubt, "no heart beats zero times");
  });
  // HZ-05
  it("draws a repeated reading once", () => {
    const series = new Series();
    series.addColumns(answer);
    assert.equal(series.add(2, 2000, 2000, { spo2: 97 }, {}), false);
    assert.equal(series.points("spo2").length, 1);
  });
  it("puts what was measured by hand in its place in time, marked as such", () => {
    const series = new Series();
    series.addColumns(answer);
    series.setManual([{ at: new Date(1500).toISOString(), values: { heart_rate: 80 } }]);
    assert.deepEqual(series.points("heart_rate").map((point) => [point.value, point.manual]), [[72, false], [80, true]]);
    series.setManual([]);
    assert.equal(series.points("heart_rate").length, 1);
  });
});

describe("the lanes of the chart", () => {
  it("put the ends of a scale on the ends of its lane", async () => {
    globalThis.HTMLElement ??= class {};
    globalThis.customElements ??= { define() {} };
    const { laneRange, span } = await import("../../src/openketamine/clinic/console/static/console/time-chart.js");
    const [low, high] = laneRange([85, 100], [0.1, 0.4]);
    const place = (value) => (value - low) / (high - low);
    assert.ok(Math.abs(place(85) - 0.1) < 1e-9 && Math.abs(place(100) - 0.4) < 1e-9);
    const [from, to] = span(0, 60_000);
    assert.deepEqual([from, to], [0, 3600]);
    assert.ok(span(0, 7_200_000)[1] >= 7800);
  });
});

describe("a long watch in the memory of a tablet", () => {
  const FRESH = 3600;
  const watched = (hours) => {
    const series = new Series();
    for (let i = 0; i < hours * 3600; i++) series.add(i + 1, i * 1000, i * 1000, { heart_rate: i === 5000 ? 150 : 70 + (i % 9), spo2: 97 }, {});
    return series;
  };

  it("keeps the last hour whole, and of what is older no more than two points each ten seconds", () => {
    const points = watched(3).points("heart_rate");
    const old = points.filter((one) => one.at < (3 * 3600 - FRESH - 300) * 1000);
    assert.ok(points.length <= FRESH + 300 + 2 * 720);
    assert.ok(old.length <= 2 * 720);
    assert.equal(points.at(-1).at, (3 * 3600 - 1) * 1000);
  });
  it("loses no extreme, and keeps each where and as it was measured", () => {
    assert.deepEqual(watched(3).points("heart_rate").filter((one) => one.value === 150), [{ at: 5_000_000, value: 150, manual: false }]);
  });
  it("does not grow without end", () => assert.ok(watched(24).points("heart_rate").length <= FRESH + 300 + 6000));
  it("has the last number of each minute for the table, however old", () => {
    const rows = watched(3).minutes(["heart_rate"]);
    assert.equal(rows.length, 180);
    assert.deepEqual(rows[0].values.heart_rate, { at: 59_000, value: 70 + (59 % 9), manual: false });
  });
  it("comes back from the tablet as it was kept", () => {
    const [series, again] = [watched(2), new Series()];
    again.unpack(JSON.parse(JSON.stringify(series.packed())));
    assert.equal(again.last, series.last);
    assert.deepEqual(again.newest.get("spo2"), series.newest.get("spo2"));
    assert.equal(again.points("heart_rate").at(-1).at, series.points("heart_rate").at(-1).at);
  });
  it("says of a probe that is off for an hour no more than once in ten seconds", () => {
    const series = new Series();
    for (let i = 0; i < 3600; i++) series.add(i + 1, i * 1000, i * 1000, { spo2: 0 }, { spo2: "probe off" });
    assert.equal(series.doubted.length, 360);
    assert.equal(series.has("spo2"), false);
  });
});
