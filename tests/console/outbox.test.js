import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { Outbox, verdict } from "../../src/openketamine/clinic/console/static/console/outbox.js";

/** A store that survives the outbox, as a disk does. */
function disk(kept = new Map()) {
  return {
    kept,
    all: async () => [...kept.values()].map((one) => ({ ...one })),
    put: async (one) => void kept.set(one.id, { ...one }),
    remove: async (id) => void kept.delete(id),
  };
}

function fact(id) {
  return { id, session: "s", kind: "note_charted", at: "2026-11-22T14:00:00Z", body: { text: id }, label: id };
}

// An outbox never gives up; when a test is over its server takes everything, so that the run can end.
let over = false;
beforeEach(() => (over = false));
afterEach(() => {
  over = true;
  for (const box of boxes.splice(0)) box.flush();
});
const boxes = [];

async function outbox(post, store = disk(), user = "nora") {
  const box = new Outbox({ store, post: async (one) => (over ? { status: 200 } : post(one)), user, changed: () => {} });
  boxes.push(box);
  await box.open();
  return box;
}

const settle = () => pause(80);

// HZ-05: nothing charted is lost, nothing is doubled.
describe("the outbox", () => {
  it("sends one fact after the other, in the order in which they were charted", async () => {
    const sent = [];
    const box = await outbox(async (one) => {
      await pause(1);
      sent.push(one.id);
      return { status: 200 };
    });
    await Promise.all([box.add(fact("a")), box.add(fact("b")), box.add(fact("c"))]);
    await settle();
    assert.deepEqual(sent, ["a", "b", "c"]);
    assert.equal(box.unsent.length, 0);
  });

  it("has a fact on the disk before it is on the way", async () => {
    const store = disk();
    const seen = [];
    const box = await outbox(async (one) => {
      seen.push(store.kept.has(one.id));
      return { status: 200 };
    }, store);
    await box.add(fact("a"));
    await settle();
    assert.deepEqual(seen, [true]);
    assert.equal(store.kept.size, 0);
  });

  it("keeps what the server did not answer, and the next page sends it", async () => {
    const store = disk();
    const first = await outbox(async () => ({ status: 0 }), store);
    await first.add(fact("a"));
    await settle();
    assert.equal(first.unsent.length, 1);
    const sent = [];
    const second = await outbox(async (one) => {
      sent.push(one.id);
      return { status: 200 };
    }, store);
    await settle();
    assert.deepEqual(sent, ["a"]);
    assert.equal(second.unsent.length, 0);
    assert.equal(store.kept.size, 0);
  });

  it("does not let a fact pass one that waits before it", async () => {
    const tried = [];
    const box = await outbox(async (one) => {
      tried.push(one.id);
      return { status: 0 };
    });
    await box.add(fact("a"));
    await box.add(fact("b"));
    await settle();
    assert.ok(!tried.includes("b"));
    assert.deepEqual(box.unsent.map((one) => one.id), ["a", "b"]);
  });

  it("keeps what the server cannot accept, with its words, and goes on with the next", async () => {
    const store = disk();
    const box = await outbox(async (one) => (one.id === "a" ? { status: 400, error: "body.text: expected text" } : { status: 200 }), store);
    await box.add(fact("a"));
    await box.add(fact("b"));
    await settle();
    assert.deepEqual(box.problems.map((one) => [one.id, one.problem]), [["a", "body.text: expected text"]]);
    assert.equal(box.unsent.length, 0);
    assert.deepEqual([...store.kept.keys()], ["a"]);
  });

  it("sends a refused fact again when a person says so, and forgets it only when a person says so", async () => {
    let status = 409;
    const store = disk();
    const box = await outbox(async () => ({ status }), store);
    await box.add(fact("a"));
    await box.add(fact("b"));
    await settle();
    await box.settle("b", "drop");
    status = 200;
    await box.settle("a", "again");
    await settle();
    assert.equal(box.problems.length, 0);
    assert.equal(store.kept.size, 0);
  });

  it("never sends a fact under the name of a colleague", async () => {
    const store = disk();
    const nora = await outbox(async () => ({ status: 0 }), store, "nora");
    await nora.add(fact("a"));
    await settle();
    const sent = [];
    const wes = await outbox(async (one) => {
      sent.push(one.id);
      return { status: 200 };
    }, store, "wes");
    await settle();
    assert.deepEqual(sent, []);
    assert.deepEqual(wes.foreign.map((one) => one.id), ["a"]);
  });
});

describe("what an answer means", () => {
  for (const [status, said] of [[200, "sent"], [400, "problem"], [403, "problem"], [409, "problem"], [0, "later"], [401, "later"], [500, "later"], [503, "later"]]) {
    it(`${status} is ${said}`, () => assert.equal(verdict({ status }), said));
  }
});

// HZ-05: an outage is no reason to lose, to hide or to disguise anything.
describe("the outbox in an outage", () => {
  it("marks what did not go out at once as recorded offline, and keeps both clocks", async () => {
    const posted = [];
    let up = false;
    const store = disk();
    const box = await outbox(async (one) => {
      posted.push({ ...one });
      return { status: up ? 200 : 0 };
    }, store);
    await box.add({ ...fact("a"), deviceAt: "2026-11-22T14:03:00Z" });
    await settle();
    assert.equal(store.kept.get("a").offline, true);
    up = true;
    box.flush();
    await settle();
    assert.deepEqual([posted.at(-1).offline, posted.at(-1).deviceAt, posted.at(-1).at], [true, "2026-11-22T14:03:00Z", "2026-11-22T14:00:00Z"]);
  });

  it("does not let one fact that the server fails on hold up the others", async () => {
    const box = await outbox(async (one) => ({ status: one.id === "a" ? 500 : 200 }));
    await box.add(fact("a"));
    await box.add(fact("b"));
    for (let i = 0; i < 5; i++) {
      box.flush();
      await settle();
    }
    assert.deepEqual(box.problems.map((one) => one.id), ["a"]);
    assert.equal(box.unsent.length, 0);
  });

  it("says when the device cannot keep an entry, and sends it all the same", async () => {
    let up = false;
    const full = { ...disk(), put: async () => { throw Object.assign(new Error("full"), { name: "QuotaExceededError" }); } };
    const box = await outbox(async () => ({ status: up ? 200 : 0 }), full);
    await box.add(fact("a"));
    await settle();
    assert.equal(box.trouble, "its storage is full");
    assert.equal(box.unsent.length, 1);
    up = true;
    box.flush();
    await settle();
    assert.equal(box.unsent.length, 0);
  });

  it("opens even where the device has no storage at all", async () => {
    const box = await outbox(async () => ({ status: 200 }), Promise.reject(new Error("private window")));
    assert.notEqual(box.trouble, "");
    await box.add(fact("a"));
    await settle();
    assert.equal(box.unsent.length, 0);
  });

  it("keeps the order of two tabs of one tablet by the time of day", async () => {
    const store = disk();
    const one = await outbox(async () => ({ status: 0 }), store);
    const two = await outbox(async () => ({ status: 0 }), store);
    await one.add({ ...fact("first"), at: "2026-11-22T14:00:00Z" });
    await two.add({ ...fact("second"), at: "2026-11-22T14:01:00Z" });
    await one.add({ ...fact("third"), at: "2026-11-22T14:02:00Z" });
    const again = await outbox(async () => ({ status: 0 }), store);
    assert.deepEqual(again.unsent.map((fact) => fact.id), ["first", "second", "third"]);
  });

  it("knows when it waits for a sign-in and not for the link", async () => {
    const box = await outbox(async () => ({ status: 401 }));
    await box.add(fact("a"));
    await settle();
    assert.equal(box.signedOff, true);
    assert.equal(box.problems.length, 0);
  });
});
