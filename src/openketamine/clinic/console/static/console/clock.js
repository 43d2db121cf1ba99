// What time it is. Times on the screen and in the chart follow the server's clock; the tablet's own is kept
// beside it. Pure: both clocks of the machine come in as functions.

/** A difference that a person must be told of, and a jump that is no mere rounding. */
export const TOLD_MS = 30_000;
const JUMP_MS = 3000;

export class Clock {
  #offsetMs = 0;
  #wallMs;
  #steadyMs;
  /** Whether the server ever said what time it is: to this page, or to an earlier one on this tablet. */
  known = false;
  /** Set when the tablet's clock jumped and no server has spoken since: it slept, or somebody set it. */
  jumpedMs = 0;

  /** @param {() => number} [wall] milliseconds since 1970 @param {() => number} [steady] never set by anybody */
  constructor(wall = Date.now, steady = () => performance.now()) {
    this.wall = wall;
    this.steady = steady;
    this.#wallMs = wall();
    this.#steadyMs = steady();
  }

  /** Now, by the server's clock. */
  now = () => this.wall() + this.#offsetMs;

  /** How far the server is ahead of this tablet. */
  get offsetMs() {
    return this.#offsetMs;
  }

  /** How wrong the tablet's own clock is; above 0: it is ahead. */
  get errorMs() {
    return this.known ? -this.#offsetMs : 0;
  }

  /** The server said what time it is. @param {string} iso */
  serverSays(iso) {
    this.remember(Date.parse(iso) - this.wall());
    this.jumpedMs = 0;
  }

  /** What an earlier page of this tablet had measured. @param {number} offsetMs */
  remember(offsetMs) {
    this.#offsetMs = offsetMs;
    this.known = true;
    this.#look();
  }

  /** Once a second. A clock that was set back must not send the chart back; one that leapt forward most likely
   * slept with the tablet, so it is believed, and said. */
  tick() {
    const wall = this.wall() - this.#wallMs;
    const steady = this.steady() - this.#steadyMs;
    this.#look();
    if (Math.abs(wall - steady) < JUMP_MS) return;
    this.jumpedMs += wall - steady;
    if (wall < steady) this.#offsetMs += steady - wall;
  }

  #look() {
    this.#wallMs = this.wall();
    this.#steadyMs = this.steady();
  }
}
