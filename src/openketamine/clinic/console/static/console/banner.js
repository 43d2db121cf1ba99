// The patient banner out of what the tablet kept; the same order and words as patients/_banner.html.

import { byId, h } from "./dom.js";

/** @import {Banner} from "./types.d.ts" */

/** @param {Banner} one */
export function drawBanner(one) {
  const root = byId("banner");
  root.hidden = false;
  root.replaceChildren(h("div", { class: "banner-inner" },
    h("div", { class: "banner-row" },
      h("div", { class: "banner-name" }, h("b", null, one.family.toUpperCase()), `, ${one.given}`),
      slot("Born", one.age ? `${one.born} (${one.age})` : one.born), slot("Gender", one.gender), slot("ID", one.mrn)),
    h("div", { class: "banner-row banner-more" },
      one.allergies ? h("div", { class: `banner-slot allergies-${one.allergies.state}` }, h("b", null, one.allergies.heading), ` ${one.allergies.names}`) : null,
      one.clinical ? slot("Weight", one.weight_on ? `${one.weight} ${one.weight_on}` : one.weight) : null,
      one.session ? slot("Session", one.session) : null,
      one.escort ? slot("Escort", one.escort) : null)));
}

/** @param {string} label @param {string} value */
const slot = (label, value) => h("div", { class: "banner-slot" }, h("span", null, label), ` ${value}`);
