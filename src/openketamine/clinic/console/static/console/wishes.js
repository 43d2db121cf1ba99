// What the person wants in the room and hopes for: one line that opens, before anything else of the session.

import { byId, h, refresh } from "./dom.js";

/** @typedef {{title: string, text: string, by: string, on: string}} Wish */

/** @param {Wish[] | undefined} wishes  none at all in a picture of before they existed */
export function drawWishes(wishes) {
  const root = byId("wishes");
  const written = wishes ?? [];
  root.hidden = written.length === 0;
  refresh(root, written, () => [
    h("summary", null, h("b", null, "Wishes "), h("span", { class: "soft" }, written.map((one) => one.title).join(", "))),
    h("dl", { class: "wish-list" }, ...written.map((one) => h("div", null, h("dt", null, one.title), h("dd", null, one.text, " ", h("span", { class: "soft small" }, `${one.by}, ${one.on}`))))),
  ]);
}
