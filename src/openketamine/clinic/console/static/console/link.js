// The stream from the server, and the watch over it: silence is news too.

import { linkIsUp } from "./freshness.js";
import { serverSays } from "./server.js";

const WATCH_MS = 500;
const AGAIN_MS = 2000;

/** Follow a stream. The browser resumes by itself with Last-Event-ID; where it gives up, we begin again
 * after the last number that we have.
 * @param {(after: number) => string} address
 * @param {Record<string, (data: any, id: number) => void>} on
 * @param {(up: boolean) => void} linkChanged @param {number} [after] begin after this number */
export function follow(address, on, linkChanged, after = 0) {
  let heard = performance.now();
  let up = true;
  let last = after;
  /** @type {EventSource | undefined} */
  let source;

  const connect = () => {
    source?.close();
    source = new EventSource(address(last));
    for (const [name, handle] of Object.entries(on)) {
      source.addEventListener(name, (event) => {
        heard = performance.now();
        const data = JSON.parse(event.data);
        if (data.now) serverSays(data.now);
        if (event.lastEventId) last = Math.max(last, Number(event.lastEventId));
        handle(data, Number(event.lastEventId || 0));
        check();
      });
    }
  };
  const check = () => {
    const is = linkIsUp(heard, performance.now());
    if (is !== up) linkChanged((up = is));
  };
  connect();
  setInterval(check, WATCH_MS);
  setInterval(() => {
    if (source?.readyState === EventSource.CLOSED || !up) connect();
  }, AGAIN_MS * 2);
  return { isUp: () => up };
}
