// The board: who sits where, what is due next, and what rings. Initials and chair only.

import { drawOutbox, warnBeforeLeaving } from "./attention.js";
import { byId, data, h, refresh } from "./dom.js";
import { age, clock, countdown, timeOfDay } from "./format.js";
import { follow } from "./link.js";
import { watchSignOut } from "./leave.js";
import { now } from "./server.js";
import { disk, installShell, outboxOf } from "./tablet.js";
import { MARKS } from "./vital-tile.js";

const PHASES = /** @type {Record<string, string>} */ ({
  expected: "Expected", planned: "Planned", prepared: "Prepared", infusing: "Infusing", giving: "Giving", paused: "Paused",
  recovery: "Recovery", discharged: "Discharged", closed: "Closed",
});
const BP_OLD_MS = 5 * 60_000;
const page = data("board-data");
/** @import {Tile} from "./types.d.ts" */
/** @type {Tile[] | null} */
let tiles = null;
let up = true;
// What was charted in a session that is not open any more still goes out, from here.
const outbox = outboxOf(page.user.id, () => drawOutbox(byId("outbox"), outbox));

/** @param {Tile} one */
function tile(one) {
  const at = now();
  const alarm = one.alarm;
  const kind = alarm && (alarm.nature === "technical" ? "technical" : alarm.priority);
  const inside = [
    h("div", { class: "board-top" }, h("b", { class: "board-chair" }, one.chair || "no chair"), h("span", { class: "board-initials" }, one.initials), h("span", { class: `phase phase-${one.phase}` }, PHASES[one.phase] ?? one.phase)),
    alarm ? h("p", { class: `board-alarm alarm-${alarm.priority}` }, h("b", null, `${MARKS[alarm.priority]} ${kind}`), ` ${alarm.summary}`, alarm.acknowledged_at ? " (seen)" : "") : null,
    h("dl", { class: "board-facts" },
      fact("Time", time(one, at)),
      fact("Due next", one.due ? `${one.due.what} ${countdown(Date.parse(one.due.at), at)}` : "nothing", Boolean(one.due && Date.parse(one.due.at) < at)),
      fact("Last BP", pressure(one, at)),
      fact("Nurse", one.nurse || "none yet")),
  ];
  const look = `tile board-tile${alarm ? ` rings rings-${alarm.priority}` : ""}`;
  return page.opens ? h("a", { class: look, href: one.path, data: { key: one.session } }, ...inside) : h("div", { class: look }, ...inside);
}

/** @param {string} name @param {string | Node} value @param {boolean} [late] */
const fact = (name, value, late) => h("div", null, h("dt", null, name), h("dd", { class: late ? "is-late" : "" }, late ? h("span", { class: "level level-caution" }, "late") : null, " ", value));

/** @param {Tile} one @param {number} at */
function time(one, at) {
  const { infusion } = one;
  if (!infusion) return "not started";
  if (one.phase === "infusing") return `${clock(at - Date.parse(infusion.started_at))} gone, ${infusion.planned_end ? clock(Date.parse(infusion.planned_end) - at) : "–"} left`;
  if (one.phase === "paused") return `${clock(at - Date.parse(infusion.started_at))} gone, pump stands`;
  return infusion.stopped_at ? `ended ${age(at - Date.parse(infusion.stopped_at))} ago` : "";
}

/** @param {Tile} one @param {number} at */
function pressure(one, at) {
  if (!one.pressure) return "none yet";
  const old = at - Date.parse(one.pressure.received_at);
  const text = `${one.pressure.systolic}/${one.pressure.diastolic}`;
  const doubtful = one.pressure.doubt || old > BP_OLD_MS || !up;
  return h("span", null, h(doubtful ? "s" : "b", null, text), ` ${age(old)} ago`, one.pressure.doubt ? ", not believed" : old > BP_OLD_MS || !up ? ", stale" : "");
}

function draw() {
  if (!tiles) return;
  byId("board").classList.toggle("is-old", !up);
  refresh(byId("board"), [tiles, up, Math.floor(now() / 1000)], () => (tiles?.length ? tiles.map(tile) : [h("div", { class: "empty" }, h("b", null, "Nobody is expected"), "A session that is opened from a person's page shows here.")]));
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
