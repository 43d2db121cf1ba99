// The forecast level beside the chart: drawn by the server, asked for again each minute and whenever the
// rate changes or another dose is given. It is never computed here, and it goes old with the link like every other number.

import { byId } from "./dom.js";

const EVERY_MS = 60_000;

export class Level {
  #given = "";
  #askedAt = 0;

  /** @param {string} address */
  constructor(address) {
    this.address = address;
  }

  /** @param {{infusion: {segments: object[]} | null, doses?: {given: object[]} | null}} state @param {number} now @param {boolean} linkIsUp */
  show(state, now, linkIsUp) {
    const { infusion, doses } = state;
    byId("level").hidden = !infusion && !doses;
    byId("level").classList.toggle("is-stale", !linkIsUp);
    if ((!infusion && !doses) || !linkIsUp) return;
    const given = JSON.stringify([
      infusion?.segments.map((/** @type {any} */ one) => [one.start, one.end, one.rate_ul_per_h]),
      doses?.given.map((/** @type {any} */ one) => [one.at, one.dose_ug]),
    ]);
    if (given === this.#given && now - this.#askedAt < EVERY_MS) return;
    this.#given = given;
    this.#askedAt = now;
    void this.#draw();
  }

  async #draw() {
    try {
      const answer = await fetch(this.address, { headers: { "X-OpenKetamine-Background": "1" } });
      if (!answer.ok) return;
      const parts = () => [...byId("level-picture").querySelectorAll("details")];
      const areRead = parts().map((one) => one.open);
      byId("level-picture").innerHTML = await answer.text();
      parts().forEach((one, place) => (one.open = areRead[place] ?? false));
    } catch {
      this.#askedAt = 0; // The link is down; the picture stands still and is marked so.
    }
  }
}
