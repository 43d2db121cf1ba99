// Facts on their way to the server: kept until the server has said that it has them.
//
// One after the other, in the order in which they were charted, whichever session they belong to. What cannot
// reach the server waits and is tried again, ever more slowly up to a cap. What the server cannot accept is never
// thrown away: it stands in "needs attention" with the server's words. A fact goes out only under the name of who
// charted it.

/** @typedef {{id: string, session: string, user: string, userName?: string, kind: string, at: string,
 *   deviceAt?: string, offline?: boolean, body: object, label: string, seq: number, failed?: number,
 *   problem?: string}} Waiting  `at` by the server's clock, `deviceAt` by the tablet's own */
/** @typedef {{all: () => Promise<Waiting[]>, put: (one: Waiting) => Promise<void>,
 *   remove: (id: string) => Promise<void>}} Store */
/** @typedef {{status: number, error?: string}} Answer  status 0: no answer at all */
/** @typedef {Omit<Waiting, "seq" | "user">} Charted */

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** A server that fails so often on one fact, and not on being asked, cannot take that fact. */
const FAILS = 4;

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
  /** Why this device cannot keep what is charted; empty while it can. */
  trouble = "";
  /** Whether the server last said that nobody, or somebody else, is signed in. */
  signedOff = false;

  /** @param {{store: Store | Promise<Store>, post: (fact: Waiting) => Promise<Answer>, user: string, changed: () => void,
   *   sent?: (fact: Waiting) => void}} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /** Take over what an earlier page left behind. */
  async open() {
    /** @type {Waiting[]} */
    let kept = [];
    await this.#keep(async (store) => void (kept = await store.all()));
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

  /** Everything that the server does not have, in the order in which it was charted. */
  get all() {
    return this.#waiting;
  }

  /** On the disk first, then on the way. @param {Charted} fact */
  async add(fact) {
    // Two tabs of one tablet count on from the same disk: the time of day keeps their facts in order.
    this.#seq = Math.max(this.#seq + 1, Date.parse(fact.at) || 0);
    const one = { ...fact, user: this.parts.user, seq: this.#seq };
    this.#waiting.push(one);
    this.parts.changed();
    await this.#keep((store) => store.put(one));
    this.flush();
  }

  /** A person read the words and lets the fact go, or sends it once more.
   * @param {string} id @param {"again" | "drop"} choice */
  async settle(id, choice) {
    const one = this.#waiting.find((fact) => fact.id === id);
    if (!one) return;
    if (choice === "drop") {
      this.#waiting = this.#waiting.filter((fact) => fact !== one);
      await this.#keep((store) => store.remove(id));
    } else {
      delete one.problem;
      delete one.failed;
      await this.#keep((store) => store.put(one));
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
    this.signedOff = answer.status === 401;
    if (said === "later" && !this.#hopeless(one, answer)) {
      await this.#late(one);
      return false;
    }
    this.#pause = FIRST_PAUSE_MS;
    if (said === "sent") {
      this.#waiting = this.#waiting.filter((fact) => fact !== one);
      // First: who waits for the server's new answer must not find a moment in which nobody asks for it.
      this.parts.sent?.(one);
      await this.#keep((store) => store.remove(one.id));
    } else {
      one.problem = answer.error || `The server answered ${answer.status}.`;
      await this.#keep((store) => store.put(one));
    }
    this.parts.changed();
    return true;
  }

  /** Whether the server is there and fails on this one fact again and again: others must not wait behind it.
   * @param {Waiting} one @param {Answer} answer */
  #hopeless(one, answer) {
    if (answer.status !== 500) return false;
    one.failed = (one.failed ?? 0) + 1;
    return one.failed >= FAILS;
  }

  /** What did not go out at once is charted as recorded offline. @param {Waiting} one */
  async #late(one) {
    this.parts.changed();
    if (one.offline) return;
    one.offline = true;
    await this.#keep((store) => store.put(one));
  }

  /** The disk may be full or forbidden: the fact is still here and still goes out, and somebody is told.
   * @param {(store: Store) => Promise<void>} work */
  async #keep(work) {
    try {
      await work(await this.parts.store);
      this.trouble = "";
    } catch (error) {
      this.trouble = error instanceof Error && error.name === "QuotaExceededError" ? "its storage is full" : "it refused to write";
      this.parts.changed();
    }
  }

  #later() {
    this.#timer = setTimeout(() => this.flush(), this.#pause);
    this.#pause = Math.min(LONGEST_PAUSE_MS, this.#pause * 2);
  }
}
