// Talking to the server: facts, requests, state. Times on the screen follow the server's clock.

import { Clock } from "./clock.js";

/** @typedef {import("./outbox.js").Answer} Answer */

// A server that hangs is as good as none; what was sent may have arrived, so only ids make a repeat safe.
const PATIENCE_MS = 15_000;

/** The one clock of this page. */
export const clock = new Clock();

/** Now, by the server's clock: a tablet whose clock is wrong must not chart wrong times. */
export const now = clock.now;

/** Who wants to know that a request found no server. @type {(() => void)[]} */
const unreached = [];
/** @param {() => void} hear */
export const whenUnreached = (hear) => void unreached.push(hear);

/** @param {string} path @param {RequestInit} how @param {number} [patience] ms */
async function ask(path, how, patience = PATIENCE_MS) {
  try {
    return await fetch(path, { ...how, redirect: "manual", signal: AbortSignal.timeout(patience) });
  } catch (error) {
    for (const hear of unreached) hear();
    throw error;
  }
}

/** Whether anything answers at all: a page that is everybody's, asked for without a cookie. @param {number} patience ms */
export async function somebodyAnswers(patience) {
  const how = /** @type {RequestInit} */ ({ method: "HEAD", cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(patience) });
  return fetch("/worker.js", how).then((answer) => answer.ok, () => false);
}

/** From the cookie, not from the page: a page that was opened offline, or before the last sign-in, has none. */
const token = () => /(?:^|; )(?:__Host-)?openketamine_csrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";

/** @param {string} path @param {object} body @param {boolean} [byItself] nobody pressed anything: no sign that somebody is here
 * @returns {Promise<Answer & Record<string, any>>} */
export async function post(path, body, byItself = false) {
  try {
    const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token(), ...(byItself ? { "X-OpenKetamine-Background": "1" } : {}) };
    const response = await ask(path, { method: "POST", headers, body: JSON.stringify(body) });
    const said = await response.json().catch(() => ({}));
    // A 403 without words of ours is a refused token: the next sign-in brings a new one.
    const status = response.status === 403 && !said.error ? 401 : response.status;
    return { ...said, status };
  } catch {
    return { status: 0, error: "No link to the server." };
  }
}

/** What a page asks for by itself is no sign that somebody is here. @param {string} path */
export async function get(path) {
  const headers = { Accept: "application/json", "X-OpenKetamine-Background": "1" };
  const response = await ask(path, { headers });
  if (!response.ok) throw new Error(String(response.status || 401));
  return response.json();
}

/** An id that makes a repeated post harmless. `randomUUID` is not there on a page without HTTPS. */
export function freshId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
