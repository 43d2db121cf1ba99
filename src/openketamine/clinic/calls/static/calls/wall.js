// The board on a wall. It asks every two seconds, and says when what it shows is old: nobody stands before it to
// press anything.

import { rings, tile } from "../console/board-tile.js";
import { byId, data, h, refresh } from "../console/dom.js";
import { age, timeOfDay } from "../console/format.js";
import { clock, now } from "../console/server.js";
import { SoundSwitch } from "../console/voice.js";

/** @import {Tile} from "../console/types.d.ts" */

const ASK_MS = 2000;
const STALE_MS = 7000;
const page = data("wall-data");
const sound = new SoundSwitch(byId("sound"), page.presentation);
/** @type {Tile[] | null} */
let tiles = null;
let heardMs = performance.now();
let ended = "";

async function ask() {
  try {
    const answer = await fetch("/wall/tiles", { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(5000) });
    if (answer.status === 401) ended = "This wall may show nothing any more. Somebody has to type a new code.";
    if (ended) tiles = [];
    if (answer.ok) {
      const said = await answer.json();
      clock.serverSays(said.now);
      tiles = said.tiles;
      heardMs = performance.now();
    }
  } catch {
    // The watch below says so.
  }
  draw();
  if (ended) setTimeout(() => location.reload(), 30_000);
  else setTimeout(ask, ASK_MS);
}

function draw() {
  const silent = performance.now() - heardMs;
  const stale = silent > STALE_MS;
  byId("wall-stale").hidden = !stale && !ended;
  refresh(byId("wall-stale"), [ended, stale, Math.floor(silent / 1000)], () => [ended || `Stale: no word from the server for ${age(silent)}. Look at the chairs and their monitors.`]);
  refresh(byId("wall-clock"), timeOfDay(now()), () => [timeOfDay(now())]);
  const board = byId("board");
  board.classList.toggle("is-old", stale);
  refresh(board, [tiles, stale, Math.floor(now() / 1000)], () => {
    if (!tiles) return [h("p", { class: "empty" }, "Waiting for the server")];
    return tiles.length ? tiles.map((one) => tile(one, { at: now(), up: !stale, opens: false })) : ended ? [] : [h("div", { class: "empty" }, h("b", null, "Nobody is expected"))];
  });
  sound.tell(stale ? null : rings(tiles ?? [], now()));
}

void ask();
setInterval(draw, 1000);
