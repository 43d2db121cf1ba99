// Talking to the server: facts, requests, state. Times on the screen follow the server's clock.

/** @typedef {import("./outbox.js").Answer} Answer */

// A server that hangs is as good as none; what was sent may have arrived, so only ids make a repeat safe.
const PATIENCE_MS = 15_000;
let offsetMs = 0;

/** The server said what time it is. @param {string} iso */
export function serverSays(iso) {
  offsetMs = Date.parse(iso) - Date.now();
}

/** Now, by the server's clock: a tablet whose clock is wrong must not chart wrong times. */
export const now = () => Date.now() + offsetMs;

const token = () => {
  const input = document.querySelector("input[name=csrfmiddlewaretoken]");
  return input instanceof HTMLInputElement ? input.value : "";
};

/** @param {string} path @param {object} body @returns {Promise<Answer & Record<string, any>>} */
export async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const said = await response.json().catch(() => ({}));
    // A 403 without words of ours is a refused token: a new page has a new one.
    const status = response.status === 403 && !said.error ? 503 : response.status;
    return { ...said, status };
  } catch {
    return { status: 0, error: "No link to the server." };
  }
}

/** What a page asks for by itself is no sign that somebody is here. @param {string} path */
export async function get(path) {
  const headers = { Accept: "application/json", "X-OpenKetamine-Background": "1" };
  const response = await fetch(path, { headers, redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(String(response.status || 401));
  return response.json();
}
