// Numbers, ages and times as a nurse reads them. Pure: the same in the browser and in `node --test`.

/** A number without a trailing zero and with a leading one. `places` is the most it shows.
 * @param {number} value @param {number} [places] */
export function number(value, places = 2) {
  return value.toLocaleString("en-US", { maximumFractionDigits: places, useGrouping: Math.abs(value) >= 1000 });
}

/** Micrograms as milligrams. @param {number} ug @param {number} [places] */
export const milligrams = (ug, places = 1) => `${number(ug / 1000, places)} mg`;

/** Microlitres as millilitres. @param {number} ul @param {number} [places] */
export const millilitres = (ul, places = 1) => `${number(ul / 1000, places)} mL`;

/** How long ago, in the one unit that matters. @param {number} ms */
export function age(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A running time as `12:05` or `1:02:05`. @param {number} ms */
export function clock(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Until something is due, or since it was. @param {number} dueMs @param {number} nowMs */
export function countdown(dueMs, nowMs) {
  const left = dueMs - nowMs;
  return left >= 0 ? `in ${clock(left)}` : `was due ${age(-left)} ago`;
}

// The clinic's wall clock, which is also on its prints; a tablet may be set to another.
const timeZone = globalThis.document?.documentElement.dataset.zone || undefined;

/** Time of day, 24 hours. @param {number | string} at */
export function timeOfDay(at) {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
}

/** @type {Record<string, {name: string, unit: string, places: number}>} */
export const SIGNALS = {
  heart_rate: { name: "Heart rate", unit: "per min", places: 0 },
  pulse_rate: { name: "Pulse rate", unit: "per min", places: 0 },
  systolic: { name: "Systolic", unit: "mmHg", places: 0 },
  diastolic: { name: "Diastolic", unit: "mmHg", places: 0 },
  mean_pressure: { name: "Mean pressure", unit: "mmHg", places: 0 },
  spo2: { name: "SpO2", unit: "%", places: 0 },
  respiratory_rate: { name: "Respiratory rate", unit: "per min", places: 0 },
  etco2: { name: "EtCO2", unit: "mmHg", places: 0 },
  temperature: { name: "Temperature", unit: "°C", places: 1 },
  moaas: { name: "Sedation MOAA/S", unit: "", places: 0 },
  nausea: { name: "Nausea", unit: "of 10", places: 0 },
  dissociation: { name: "Dissociation", unit: "of 10", places: 0 },
  distress: { name: "Distress", unit: "of 10", places: 0 },
  pain: { name: "Pain", unit: "of 10", places: 0 },
};

/** What the evidence tags of the knowledge files mean. @type {Record<string, string>} */
export const EVIDENCE = {
  R: "read in the source",
  B: "background, to be checked",
  P: "proposed default",
};
