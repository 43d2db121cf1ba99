import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";

// HZ-21: an answer is one that the person meant.
class Form {
  dataset = { place: "?at=3" };
  attributes = new Set();
  classes = new Set();
  classList = { add: (one) => this.classes.add(one), remove: (one) => this.classes.delete(one) };
  hasAttribute = (name) => this.attributes.has(name);
  setAttribute = (name) => this.attributes.add(name);
  removeAttribute = (name) => this.attributes.delete(name);
  addEventListener = (_, heard) => (this.heard = heard);
  /** Whether the tap leaves the device. */
  submit() {
    let sent = true;
    this.heard({ currentTarget: this, preventDefault: () => (sent = false) });
    return sent;
  }
}

let form, cut, amiss, heard, online, address, number = 0;

beforeEach(async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  [form, cut, heard, online] = [new Form(), { hidden: true }, {}, true];
  globalThis.document = { querySelectorAll: () => [form], getElementById: () => cut, querySelector: () => amiss };
  globalThis.addEventListener = (name, then) => (heard[name] = then);
  address = "";
  amiss = { focus: () => (amiss.focused = true) };
  globalThis.location = { search: "" };
  globalThis.history = { replaceState: (_, __, to) => (address = to) };
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { get onLine() { return online; } } });
  await import(`../../src/openketamine/clinic/checkins/static/checkins/once.js?${(number += 1)}`);
});
afterEach(() => mock.timers.reset());

describe("a tap on an answer", () => {
  it("is sent once, however often it is given", () => assert.deepEqual([form.submit(), form.submit()], [true, false]));

  it("is not taken in the moment in which the question appears", () => {
    assert.ok(form.classes.has("mine-settles"));
    mock.timers.tick(1000);
    assert.equal(form.classes.has("mine-settles"), false);
  });

  it("goes first to what was amiss", () => assert.ok(amiss.focused));

  it("is found again by its place, when the phone goes back to a link that was opened again", () => assert.equal(address, "?at=3"));

  it("may be given again on a page out of the browser's memory", () => {
    form.submit();
    heard.pageshow();
    assert.equal(form.submit(), true);
  });

  it("without a network stays on the page, which says so until the network is back", () => {
    online = false;
    assert.equal(form.submit(), false);
    assert.equal(cut.hidden, false);
    online = true;
    heard.online();
    assert.equal(cut.hidden, true);
    assert.equal(form.submit(), true);
  });
});
