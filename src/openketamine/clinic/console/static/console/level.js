// The forecast level beside the chart: drawn by the server, asked for again each minute and whenever the
// rate changes. It is never computed here, and it goes old with the link like every other number.

import { byId } from "./dom.js";

const EVERY_MS = 60_000;

export class Level {
  #segments = "";
  #askedAt = 0;

  /** @param {string} address */
  constructor(address) {
    this.address = address;
  }

  /** @param {{segments: object[]} | null} infusion @param {number} now @param {boolean} linkIsUp */
  show(infusion, now, linkIsUp) {
    byId("level").hidden = !infusion;
    byId("level").classList.toggle("is-stale", !linkIsUp);
    if (!infusion || !linkIsUp) return;
    const segments = JSON.stringify(infusion.segments.map((/** @type {any} */ one) => [one.start, one.end, one.rate_ul_per_h]));
    if (segments === this.#segments && now - this.#askedAt < EVERY_MS) return;
    this.#segments = segments;
    this.#askedAt = now;
    void this.#draw();
  }

  async #draw() {
    try {
      const answer = await fetch(this.address, { headers: { "X-OpenKetamine-Background": "1" } });
      if (answer.ok) byId("level-picture").innerHTML = await answer.text();
    } catch {
      this.#askedAt = 0; // The link is down; the picture stands still and is marked so.
    }
  }
}
