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

const settle = () => pause(20);

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
