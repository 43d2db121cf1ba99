// The points of one signal over a long watch, in memory that does not grow with the hours.
//
// The last hour at one a second is kept whole. What is older is thinned to the lowest and the highest point of each
// ten seconds: real points with their own times, nothing averaged, no extreme lost. Far beyond a session the ten
// seconds become twenty, forty, …

/** @import {Point} from "./types.d.ts" */

export const FRESH = 3600;
const CHUNK = 300;
const MOST_OLD = 6000;
const FIRST_BUCKET_MS = 10_000;

export class Trace {
  /** @type {Point[]} */
  #fresh = [];
  /** @type {Point[]} */
  #old = [];
  #bucketMs = FIRST_BUCKET_MS;

  /** @param {Point} point */
  push(point) {
    this.#fresh.push(point);
    if (this.#fresh.length < FRESH + CHUNK) return;
    this.#old.push(...thinned(this.#fresh.splice(0, CHUNK), this.#bucketMs));
    while (this.#old.length > MOST_OLD) {
      this.#bucketMs *= 2;
      this.#old = thinned(this.#old, this.#bucketMs);
    }
  }

  /** The older points, then the fresh ones: two lists, not copied, not to be changed. */
  get parts() {
    return [this.#old, this.#fresh];
  }

  /** All of them, in one list. */
  get points() {
    return this.#old.length ? [...this.#old, ...this.#fresh] : this.#fresh;
  }

  get first() {
    return this.#old[0] ?? this.#fresh[0];
  }

  get length() {
    return this.#old.length + this.#fresh.length;
  }
}

/** The lowest and the highest point of each bucket, in time. @param {Point[]} points @param {number} bucketMs */
export function thinned(points, bucketMs) {
  /** @type {Map<number, [Point, Point]>} */
  const buckets = new Map();
  for (const point of points) {
    const at = Math.floor(point.at / bucketMs);
    const [low, high] = buckets.get(at) ?? [point, point];
    buckets.set(at, [point.value < low.value ? point : low, point.value > high.value ? point : high]);
  }
  return [...buckets.values()].flatMap(([low, high]) => (low === high ? [low] : low.at < high.at ? [low, high] : [high, low]));
}
