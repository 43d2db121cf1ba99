// The service worker: the console opens without a server, and nothing else. It keeps files that are the same for
// everybody (modules, styles, the empty shell page) and never a page, an answer or a number of a person.
//
// The server puts one line before this file: `self.SHELL = {version, page, files}`. With every change of a file the
// version changes, and with it this script, so that the browser fetches all of them anew.

/** @typedef {{version: string, page: string, files: string[]}} Shell */
/** @typedef {Event & {waitUntil: (work: Promise<unknown>) => void}} Lasting */
/** @typedef {Lasting & {request: Request, respondWith: (answer: Promise<Response>) => void}} Asked */

const worker = /** @type {any} */ (self);
const shell = /** @type {Shell} */ (worker.SHELL);
const CACHE = `openketamine-shell-${shell.version}`;
/** A dead access point answers nothing at all: longer than this nobody waits for it. */
const PATIENCE_MS = 4000;
/** Once it did not answer, the forty files of a page do not each wait for it again. */
const REST_MS = 10_000;
let silentUntil = 0;

worker.addEventListener("install", (/** @type {Lasting} */ event) => {
  event.waitUntil(fill().then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (/** @type {Lasting} */ event) => {
  event.waitUntil(tidy().then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (/** @type {Asked} */ event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (shell.files.includes(path)) event.respondWith(file(request, path));
});

async function fill() {
  const cache = await caches.open(CACHE);
  // Without a cookie, so that the shell page is nobody's.
  await cache.addAll([shell.page, ...shell.files].map((path) => new Request(path, { cache: "reload", credentials: "omit" })));
}

async function tidy() {
  for (const name of await caches.keys()) if (name.startsWith("openketamine-shell-") && name !== CACHE) await caches.delete(name);
}

/** The board and a console: what the shell can stand in for. Any other page takes its time (a year's results, a packet). */
const AT_THE_BEDSIDE = /^\/(sessions\/[^/]+\/)?$/;

/** The server's own page; without a server, the shell. @param {Request} request */
async function page(request) {
  const hurry = AT_THE_BEDSIDE.test(new URL(request.url).pathname);
  try {
    // A navigation takes no signal, so patience runs beside it.
    const answer = await (hurry ? Promise.race([fetch(request), patience()]) : fetch(request));
    if (![502, 503, 504].includes(answer.status)) return answer;
  } catch {
    silentUntil = Date.now() + REST_MS;
  }
  return (await kept(shell.page)) ?? Response.error();
}

/** The server's file; without a server, ours. @param {Request} request @param {string} path */
async function file(request, path) {
  if (Date.now() > silentUntil) {
    try {
      return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch {
      silentUntil = Date.now() + REST_MS;
    }
  }
  return (await kept(path)) ?? Response.error();
}

/** @returns {Promise<never>} */
const patience = () => new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), PATIENCE_MS));

/** @param {string} path */
const kept = async (path) => (await caches.open(CACHE)).match(path);
