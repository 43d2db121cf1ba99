// The first line that runs: the page of the server, or, without a server, what this tablet kept of it.

import { drawBanner } from "./banner.js";
import { byId, data, h, refresh } from "./dom.js";
import { Desk } from "./desk.js";
import { timeOfDay } from "./format.js";
import { isOwed } from "./owed.js";
import { disk, installShell, pictures } from "./tablet.js";

/** @import {Snapshot} from "./snapshot.js" */

const SESSION = /^\/sessions\/([0-9a-f-]{36})\/$/;
const LOOK_MS = 5000;

// What sticks below the banner sticks below all of it, however many lines it takes.
const banner = document.querySelector(".banner");
const stands = new ResizeObserver(() => document.documentElement.style.setProperty("--banner-stands", `${banner?.getBoundingClientRect().height ?? 0}px`));
if (banner) stands.observe(banner);

if (document.getElementById("console-data")) {
  void installShell();
  void new Desk(data("console-data")).open();
} else {
  void withoutServer();
}

async function withoutServer() {
  const kept = await pictures();
  const session = SESSION.exec(location.pathname)?.[1];
  const own = kept.find((one) => one.session === session);
  if (!own) return nothingKept(kept);
  byId("shell-kept").hidden = false;
  byId("shell-who").textContent = own.page.user.name;
  drawBanner(own.page.banner);
  const desk = new Desk(own.page, own);
  await desk.open();
  setInterval(() => sayWhatThisIs(desk.linkIsUp), 1000);
}

/** @param {boolean} linkIsUp */
function sayWhatThisIs(linkIsUp) {
  refresh(byId("shell-word"), linkIsUp, () => linkIsUp
    ? [h("b", null, "The link is back. "), h("a", { href: location.pathname }, "Load the full page")]
    : [h("b", null, "No link to the server. "), "From the memory of this tablet."]);
}

/** What there is instead: the sessions that this tablet still has, and what waits for the server. @param {Snapshot[]} kept */
async function nothingKept(kept) {
  const waiting = await (await disk()).facts.all();
  const place = byId("shell-empty");
  place.hidden = false;
  const lead = isOwed() ? "You are signed out of this tablet. What it showed is erased." : "This page is on the server, and the server does not answer.";
  place.replaceChildren(h("main", { class: "page page-narrow", id: "content" },
    h("h1", null, isOwed() ? "Signed out" : "No link to the server"), h("p", null, lead, " It is asked again every few seconds, and the page opens by itself."),
    kept.length ? h("section", { class: "card" }, h("div", { class: "card-head" }, h("h2", null, "Sessions on this tablet")), h("ul", { class: "plain stack" }, ...kept.map(session))) : null,
    waiting.length ? h("p", null, h("b", null, `${waiting.length} ${waiting.length === 1 ? "entry waits" : "entries wait"} here for the server.`), " They are kept.") : null));
  setInterval(() => void comeBack(), LOOK_MS);
}

/** By chair and initials, as on the board: this is no single-patient screen. @param {Snapshot} one */
const session = (one) => h("li", null, h("a", { class: "button", href: `/sessions/${one.session}/` }, `${one.state.chair || "No chair"}, ${(one.page.banner.given[0] ?? "") + (one.page.banner.family[0] ?? "")}, as it was at ${timeOfDay(one.saidAt)}`));

async function comeBack() {
  const answer = await fetch("/worker.js", { cache: "no-store", credentials: "omit" }).catch(() => null);
  if (answer?.ok) location.reload();
}
