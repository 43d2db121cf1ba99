// What runs in between two answers of the server: volume and mass so far, extrapolated from its own
// segments, for display only. Nothing here is a dose calculation; the server's next answer replaces it.

/** @typedef {Pick<import("./types.d.ts").Infusion, "segments" | "volume_given_ml" | "volume_left_ml" | "given_mg" | "running">} Infusion */

/** Volume and mass so far at `nowMs`, from what the server said at `saidMs`. Never more than the bag holds,
 * never less than the server said.
 * @param {Infusion} infusion @param {number} saidMs @param {number} nowMs */
export function soFar(infusion, saidMs, nowMs) {
  const last = infusion.segments.at(-1);
  const hours = infusion.running && last ? Math.max(0, nowMs - saidMs) / 3_600_000 : 0;
  const rate = last ? last.rate_ul_per_h / 1000 : 0;
  const moreMl = Math.min(infusion.volume_left_ml, hours * rate);
  const perMl = last ? last.concentration_ug_per_ml / 1000 : 0;
  return {
    volumeMl: infusion.volume_given_ml + moreMl,
    leftMl: infusion.volume_left_ml - moreMl,
    mg: infusion.given_mg + moreMl * perMl,
  };
}

/** Milliseconds until the bag is empty at this rate; null while the pump stands.
 * @param {Infusion} infusion @param {number} saidMs @param {number} nowMs */
export function timeLeft(infusion, saidMs, nowMs) {
  const last = infusion.segments.at(-1);
  if (!infusion.running || !last || last.rate_ul_per_h <= 0) return null;
  return (soFar(infusion, saidMs, nowMs).leftMl / (last.rate_ul_per_h / 1000)) * 3_600_000;
}
