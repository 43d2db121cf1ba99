// The board: who sits where, what is due next, and what rings. Initials and chair only.

import { drawOutbox, warnBeforeLeaving } from "./attention.js";
import { rings, tile } from "./board-tile.js";
import { byId, data, h, refresh } from "./dom.js";
import { timeOfDay } from "./format.js";
import { follow } from "./link.js";
import { watchSignOut } from "./leave.js";
import { now } from "./server.js";
import { disk, installShell, outboxOf } from "./tablet.js";
import { SoundSwitch } from "./voice.js";

const page = data("board-data");
/** @import {Tile} from "./types.d.ts" */
/** @type {Tile[] | null} */
let tiles = null;
let up = true;
const sound = new SoundSwitch(byId("sound"), page.presentation);
// What was charted in a session that is not open any more still goes out, from here.
const outbox = outboxOf(page.user.id, () => drawOutbox(byId("outbox"), outbox));

function draw() {
  if (!tiles) return;
  const scene = { at: now(), up, opens: page.opens };
  byId("board").classList.toggle("is-old", !up);
  refresh(byId("board"), [tiles, up, Math.floor(scene.at / 1000)], () => (tiles?.length ? tiles.map((one) => tile(one, scene)) : [h("div", { class: "empty" }, h("b", null, "Nobody is expected"), "A session that is opened from a person's page shows here.")]));
  sound.tell(up ? rings(tiles, scene.at) : null);
  say();
}

/** What rings is told to assistive technology when it changes, once. */
let told = "";
function say() {
  const ringing = (tiles ?? []).filter((one) => one.alarm && !one.alarm.acknowledged_at && one.alarm.priority !== "low");
  const words = ringing.map((one) => `${one.chair || "no chair"}: ${one.alarm?.priority}, ${one.alarm?.summary}`).join(". ");
  if (words !== told) byId("say-alarm").textContent = words;
  told = words;
}

follow(() => "/live/board/events", {
  board: (said) => {
    tiles = said.tiles;
    byId("board-said").textContent = `Live, ${timeOfDay(said.now)}. The most urgent first.`;
    draw();
  },
  "signed-off": () => location.reload(),
}, (is) => {
  up = is;
  byId("link-lost").hidden = is;
  if (is) outbox.flush();
  if (!is) byId("board-said").textContent = "No word from the server.";
  draw();
});
setInterval(draw, 1000);
warnBeforeLeaving(outbox);
watchSignOut(outbox, () => up);
void installShell();
void disk().then((tablet) => tablet.signedIn(page.user)).finally(() => outbox.open());
