// The worker between browser and server: what hurries to the kept shell, and what waits for the server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const SOURCE = readFileSync(new URL("../../src/openketamine/clinic/console/static/console/worker.js", import.meta.url), "utf8");

/** The worker in a browser made of what it touches; `fetch` is the network. */
function worker(fetch) {
  const heard = {};
  const shelf = { match: async (path) => new Response(`kept ${path}`) };
  const scope = {
    self: { SHELL: { version: "1", page: "/shell/", files: ["/static/a.js"] }, addEventListener: (name, act) => (heard[name] = act) },
    caches: { open: async () => shelf, keys: async () => [] },
    fetch, Request, Response, URL, AbortSignal, Date, setTimeout, Promise, Error,
  };
  scope.addEventListener = scope.self.addEventListener;
  vm.runInNewContext(SOURCE, scope);
  return (path) => new Promise((resolve) => heard.fetch({
    request: { method: "GET", mode: "navigate", url: `http://clinic${path}` },
    respondWith: (answer) => resolve(answer),
  })).then((answer) => answer.text());
}

const slow = () => new Promise((resolve) => setTimeout(() => resolve(new Response("the server's")), 30_000));

for (const path of ["/", "/sessions/7/"])
  test(`${path} is not waited for longer than a few seconds`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const asked = worker(slow)(path);
    t.mock.timers.tick(5_000);
    assert.equal(await asked, "kept /shell/");
  });

for (const path of ["/results/", "/sessions/7/report/", "/vials/packet/?month=2026-10"])
  test(`${path} takes the time that it takes`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const asked = worker(slow)(path);
    t.mock.timers.tick(29_000);
    t.mock.timers.tick(2_000);
    assert.equal(await asked, "the server's");
  });

test("without a network every page is the shell", async () => {
  const asked = worker(() => Promise.reject(new TypeError("no network")));
  assert.equal(await asked("/results/"), "kept /shell/");
  assert.equal(await asked("/"), "kept /shell/");
});
