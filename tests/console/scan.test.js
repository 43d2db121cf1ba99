// The camera reads a code into the scanner's own field; without a reader in the browser nothing is offered.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

const { firstCode, known, start } = await import("../../src/openketamine/clinic/pharmacy/static/pharmacy/scan.js");

const at_once = () => Promise.resolve();

describe("the camera as a scanner", () => {
  it("looks again until there is a code, also after a picture that could not be read", async () => {
    const seen = [[], new Error("no picture yet"), [{ rawValue: "" }], [{ rawValue: "01003" }]];
    const reader = {
      detect: async () => {
        const one = seen.shift();
        if (one instanceof Error) throw one;
        return one;
      },
    };
    assert.equal(await firstCode(reader, {}, () => false, at_once), "01003");
    assert.equal(seen.length, 0);
  });

  it("ends without a code when somebody ends it", async () => {
    let looks = 0;
    const reader = { detect: async () => [] };
    assert.equal(await firstCode(reader, {}, () => ++looks > 3, at_once), "");
  });

  it("asks only for codes of cartons that the browser can read, and for none without a reader", async () => {
    assert.deepEqual(await known(undefined), []);
    const Reader = { getSupportedFormats: async () => ["aztec", "qr_code", "data_matrix"] };
    assert.deepEqual(await known(Reader), ["data_matrix", "qr_code"]);
  });

  it("stays hidden where the browser has no reader", async () => {
    const page = { getElementById: () => assert.fail("nothing is looked for") };
    await start(page);
  });
});
