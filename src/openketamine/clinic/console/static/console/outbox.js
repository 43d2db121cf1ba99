// Facts on their way to the server: kept until the server has said that it has them.
//
// One after the other, in the order in which they were charted. What cannot reach the server waits and is
// tried again, ever more slowly up to a cap. What the server cannot accept is never thrown away: it stands
// in "needs attention" with the server's words. A fact goes out only under the name of who charted it.

/** @typedef {{id: string, session: string, user: string, kind: string, at: string, body: object,
 *   label: string, seq: number, problem?: string}} Waiting */
/** @typedef {{all: () => Promise<Waiting[]>, put: (one: Waiting) => Promise<void>,
 *   remove: (id: string) => Promise<void>}} Store */
/** @typedef {{status: number, error?: string}} Answer  status 0: no answer at all */

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** What an answer means for the fact. 200: there. Problem: only a person can help. Else: later.
 * @param {Answer} answer @returns {"sent" | "problem" | "later"} */
export function verdict(answer) {
  if (answer.status >= 200 && answer.status < 300) return "sent";
  if ([400, 403, 404, 409, 413, 422].includes(answer.status)) return "problem";
  return "later";
}

export class Outbox {
  /** @type {Waiting[]} */
  #waiting = [];
  #pause = FIRST_PAUSE_MS;
  #running = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #seq = 0;

  /** @param {{store: Store | Promise<Store>, post: (fact: Waiting) => Promise<Answer>, user: string, changed: () => void,
   *   sent?: (fact: Waiting) => void}} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /** Take over what an earlier page left behind. */
  async open() {
    const kept = await (await this.parts.store).all();
    const here = new Set(this.#waiting.map((one) => one.id));
    this.#waiting = [...kept.filter((one) => !here.has(one.id)), ...this.#waiting].sort((a, b) => a.seq - b.seq);
    this.#seq = this.#waiting.at(-1)?.seq ?? 0;
    this.parts.changed();
    this.flush();
  }

  /** Facts that still go out by themselves. */
  get unsent() {
    return this.#waiting.filter((one) => !one.problem && one.user === this.parts.user);
  }

  /** Facts that need a person. */
  get problems() {
    return this.#waiting.filter((one) => one.problem);
  }

  /** Facts of a colleague, which wait until that colleague signs in here. */
  get foreign() {
    return this.#waiting.filter((one) => !one.problem && one.user !== this.parts.user);
  }

  /** On the disk first, then on the way. @param {Omit<Waiting, "seq" | "user">} fact */
  async add(fact) {
    const one = { ...fact, user: this.parts.user, seq: ++this.#seq };
    this.#waiting.push(one);
    this.parts.changed();
    try {
      await (await this.parts.store).put(one);
    } finally {
      this.flush();
    }
  }

  /** A person read the words and lets the fact go, or sends it once more.
   * @param {string} id @param {"again" | "drop"} choice */
  async settle(id, choice) {
    const one = this.#waiting.find((fact) => fact.id === id);
    if (!one) return;
    if (choice === "drop") {
      this.#waiting = this.#waiting.filter((fact) => fact !== one);
      await (await this.parts.store).remove(id);
    } else {
      delete one.problem;
      await (await this.parts.store).put(one);
    }
    this.parts.changed();
    this.flush();
  }

  /** Try now: something was charted, or the link came back. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#running) this.#run();
  }

  async #run() {
    this.#running = true;
    try {
      for (let one = this.unsent[0]; one; one = this.unsent[0]) {
        if (!(await this.#send(one))) return this.#later();
      }
    } finally {
      this.#running = false;
    }
  }

  /** @param {Waiting} one @returns {Promise<boolean>} whether to go on with the next */
  async #send(one) {
    const answer = await this.parts.post(one);
    const said = verdict(answer);
    if (said === "later") return false;
    this.#pause = FIRST_PAUSE_MS;
    if (said === "sent") {
      this.#waiting = this.#waiting.filter((fact) => fact !== one);
      await (await this.parts.store).remove(one.id);
      this.parts.sent?.(one);
    } else {
      one.problem = answer.error || `The server answered ${answer.status}.`;
      await (await this.parts.store).put(one);
    }
    this.parts.changed();
    return true;
  }

  #later() {
    this.#timer = setTimeout(() => this.flush(), this.#pause);
    this.#pause = Math.min(LONGEST_PAUSE_MS, this.#pause * 2);
  }
}
