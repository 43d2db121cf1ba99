// The stream from the server, and the watch over it: silence is news too.

import { linkIsUp } from "./freshness.js";
import { clock, somebodyAnswers, whenUnreached } from "./server.js";

const WATCH_MS = 500;
const PROBE_MS = 2000;
const AGAIN_MS = 4000;

/** Follow a stream. The browser resumes by itself with Last-Event-ID; where it gives up, we begin again
 * after the last number that we have.
 * @param {(after: number) => string} address
 * @param {Record<string, (data: any, id: number) => void>} on
 * @param {(up: boolean) => void} linkChanged
 * @param {{after?: number, up?: boolean}} [from] begin after this number; `up` false: nobody has heard the server yet */
export function follow(address, on, linkChanged, { after = 0, up: heardBefore = true } = {}) {
  let heard = { steady: heardBefore ? performance.now() : -Infinity, wall: Date.now() };
  let up = heardBefore;
  let reached = true;
  let last = after;
  /** @type {EventSource | undefined} */
  let source;

  const connect = () => {
    source?.close();
    source = new EventSource(address(last));
    // A broken stream is no proof either: the browser may have it again at once. Who is asked says.
    source.addEventListener("error", () => void probe());
    for (const [name, handle] of Object.entries(on)) {
      source.addEventListener(name, (event) => {
        heard = { steady: performance.now(), wall: Date.now() };
        const data = JSON.parse(event.data);
        if (data.now) clock.serverSays(data.now);
        if (event.lastEventId) last = Math.max(last, Number(event.lastEventId));
        handle(data, Number(event.lastEventId || 0));
        check();
      });
    }
  };
  const check = () => {
    // One of the two clocks may stand still while a tablet sleeps, and the other may be set.
    const silent = Math.max(performance.now() - heard.steady, Date.now() - heard.wall);
    const is = linkIsUp(0, silent) && reached;
    if (is !== up) linkChanged((up = is));
  };
  // A stream may live on for a while where nothing can be sent any more: such a link is down. One failure is
  // no proof, so it is asked again before anybody is told.
  let asking = false;
  const probe = async () => {
    if (asking) return;
    asking = true;
    reached = await somebodyAnswers(PROBE_MS);
    asking = false;
    check();
  };
  connect();
  whenUnreached(probe);
  addEventListener("offline", probe);
  addEventListener("online", probe);
  setInterval(() => void (reached || probe()), PROBE_MS);
  setInterval(check, WATCH_MS);
  setInterval(() => {
    if (source?.readyState === EventSource.CLOSED || !up) connect();
  }, AGAIN_MS);
  // A tablet that wakes up has heard nothing while it slept, whatever its timers believe.
  addEventListener("pageshow", check);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") check();
  });
  return { isUp: () => up };
}
