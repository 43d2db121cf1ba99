// The session console: state from the server's fold, readings straight from the stream, facts by the outbox.

import { Announcer, say } from "./announce.js";
import { drawAttention, drawOutbox, warnBeforeLeaving } from "./attention.js";
import { Charting } from "./charting.js";
import { byId, h, refresh } from "./dom.js";
import { drawDoses } from "./doses.js";
import { chooseCard, drawEmergency } from "./emergency.js";
import { timeOfDay } from "./format.js";
import { watchSignOut } from "./leave.js";
import { Level } from "./level.js";
import { follow } from "./link.js";
import { withUnsent } from "./overlay.js";
import { drawDrug, drawDue, drawEvents, drawFindings, drawInfusion, drawNext } from "./panels.js";
import { Series } from "./series.js";
import { clock, freshId, get, now, post } from "./server.js";
import { standing } from "./standing.js";
import { Steps } from "./steps.js";
import { disk, happened, outboxOf, troubles } from "./tablet.js";
import { TimeChart } from "./time-chart.js";
import { VitalTile } from "./vital-tile.js";
import { SoundSwitch } from "./voice.js";
import { explain, watchLinks } from "./waits.js";
import { drawWishes } from "./wishes.js";
import { inWords } from "./words.js";

/** @import {Charted, Latest, Newest, Page, State} from "./types.d.ts" */
/** @import {Snapshot} from "./snapshot.js" */
/** @import {Waiting} from "./outbox.js" */

const AGAIN_MS = 5000;
const SETTLED_MS = 4000;
const KEEP_EVERY_MS = 15_000;
/** After a silence this long, what was missed is asked for in one answer and not event by event. */
const LONG_SILENCE_MS = 60_000;
const ON_CHART = ["medicine_given", "adverse_event_charted", "note_charted", "infusion_started", "rate_changed", "infusion_paused", "infusion_resumed", "infusion_stopped", "dose_given", "dose_stopped"];
const WORST_FIRST = ["high", "medium", "low"];

/** Everything that the panels share. */
export class Desk {
  /** What the server said last, and what waits on this tablet laid over it. @type {State} */
  state = /** @type {State} */ ({});
  /** @type {State} */
  #said = /** @type {State} */ ({});
  saidAt = 0;
  linkIsUp = true;
  series = new Series();
  /** What was charted, by fact id, for a correction to begin from. @type {Map<string, Pick<Charted, "values" | "note">>} */
  bodies = new Map();
  now = now;
  #asking = false;
  #askAgain = false;
  #lostAt = 0;
  #keptAt = 0;
  #drawn = false;
  #announcer = new Announcer();
  #sound;
  /** Findings of which this screen has said that it shows them. @type {Set<string>} */
  #shown = new Set();
  #level;
  /** @type {import("./store.js").Tablet | undefined} */
  #tablet;
  /** @type {Map<string, string>} */
  #unanswered = new Map();

  /** @param {Page} page what the server, or this tablet, knows of the page @param {Snapshot} [kept] opened without a link */
  constructor(page, kept) {
    this.page = page;
    this.kept = kept;
    this.base = `/sessions/${page.session}`;
    this.steps = new Steps(this);
    this.charting = new Charting(this);
    this.chart = /** @type {TimeChart} */ (byId("chart"));
    this.outbox = outboxOf(page.user.id, () => this.#outboxChanged(), () => void this.refetch());
    this.#sound = new SoundSwitch(byId("sound"), page.presentation, {
      pause: this.may("chart.write") ? (seconds) => void this.record("sound_paused", { seconds }, "sound paused") : undefined,
      resume: this.may("chart.write") ? () => void this.record("sound_resumed", {}, "sound back") : undefined,
      switched: (on) => void (this.may("chart.write") && this.record("sound_switched", { on, screen: navigator.userAgent.slice(0, 60) }, `sound ${on ? "on" : "off"}`)),
    });
    this.#level = new Level(`${this.base}/level/`);
    drawWishes(page.wishes);
    byId("emergency-open").hidden = !this.may("chart.write");
    byId("emergency-open").addEventListener("click", () => chooseCard(this));
  }

  /** @param {string} task */
  may = (task) => Boolean(this.page.may[task]);

  /** Something happened. On the disk, on the way, and shown as such. @param {string} kind @param {object} body @param {string} label */
  record(kind, body, label) {
    const id = freshId();
    void this.outbox.add(happened(this.page.session, this.page.user.name, id, kind, body, label, this.linkIsUp));
    say(`Charted: ${label}`);
    return id;
  }

  /** Ask the server; it answers with nothing, or with every reason why not.
   * @param {string} verb @param {Record<string, any>} body @returns {Promise<string | void>} */
  async ask(verb, body) {
    // A request whose answer was lost keeps its id: asked again, it is the same request, done once.
    const id = this.#unanswered.get(verb) ?? freshId();
    const answer = await post(`${this.base}/requests/${verb}`, { id, ...body });
    if (answer.status === 0 || answer.status >= 500) this.#unanswered.set(verb, id);
    else this.#unanswered.delete(verb);
    if (answer.status === 200) return void this.refetch();
    if (answer.status === 0) return "This needs the server, and no answer came. Press again when the link is back: it is done once.";
    if (answer.refusal) return answer.refusal.findings.map((/** @type {{summary: string}} */ one) => `${one.summary}.`).join(" ");
    return answer.error ?? `The server answered ${answer.status}.`;
  }

  /** A sheet that ends in a request; without a link, why it must wait. @param {string} verb @param {string} title @param {() => void} open */
  async request(verb, title, open) {
    if (!this.linkIsUp) return void explain(verb, title);
    await this.#settled();
    open();
  }

  /** A request is decided on what the server knows: what was charted a moment ago must be there, and its answer here. */
  async #settled() {
    const until = performance.now() + SETTLED_MS;
    const open = () => this.outbox.unsent.some((one) => one.session === this.page.session) || this.#asking;
    while (open() && performance.now() < until) await new Promise((again) => setTimeout(again, 50));
  }

  /** @param {string} id */
  acknowledge = (id) => void this.record("finding_acknowledged", { finding_id: id }, "finding seen");

  /** @param {string} checklist @param {string} item @param {string} answer */
  answer = (checklist, item, answer) => void this.record("checklist_answered", { checklist, item, answer }, item.replaceAll("-", " "));

  /** What the server could not accept, as words in the record: they are true whatever form they have. @param {Waiting} one */
  asNote = (one) => {
    const text = `${timeOfDay(one.at)} ${inWords(one)} (charted as a note, since the server said ${one.problem})`;
    void this.outbox.add({ ...happened(one.session, this.page.user.name, freshId(), "note_charted", { text }, "note", this.linkIsUp), at: one.at, deviceAt: one.deviceAt, offline: one.offline });
    void this.outbox.settle(one.id, "drop");
  };

  /** Events without the machinery; those on the chart carry their number. */
  events() {
    let number = 0;
    return (this.state.events ?? []).filter((one) => !["finding_cleared", "finding_shown", "corrected"].includes(one.kind)).map((one) => ({ ...one, mark: ON_CHART.includes(one.kind) && !one.corrected ? ++number : 0 }));
  }

  /** The server's fold, now. Two calls at once become one after the other. */
  async refetch() {
    if (this.#asking) return void (this.#askAgain = true);
    this.#asking = true;
    try {
      const said = /** @type {State} */ (await get(`${this.base}/state`));
      if (said.reader !== this.page.user.id) return void this.#signedOff();
      this.#said = said;
      this.saidAt = Date.parse(said.now);
      this.#lay();
      this.draw();
      await this.#keep();
    } catch (error) {
      if (error instanceof Error && ["401", "403"].includes(error.message)) await this.#signedOff();
    } finally {
      this.#asking = false;
    }
    if (this.#askAgain) {
      this.#askAgain = false;
      await this.refetch();
    }
  }

  /** What waits here, over what the server said. */
  #lay() {
    if (!this.#said.phase) return;
    const own = this.outbox.all.filter((one) => one.session === this.page.session);
    this.state = withUnsent(this.#said, own, this.saidAt);
    this.series.setManual(this.state.manual);
    this.bodies = new Map(this.state.manual.map((one) => [one.fact, { values: one.values, note: one.note }]));
  }

  #outboxChanged() {
    this.#lay();
    this.draw();
  }

  /** Nobody, or somebody else, is signed in: this screen shows nothing new, and keeps nothing. */
  async #signedOff() {
    const again = /** @type {HTMLAnchorElement} */ (byId("sign-in-again"));
    again.search = `?next=${encodeURIComponent(location.pathname)}`;
    byId("signed-off").hidden = false;
    await (await disk()).prune((one) => one.session !== this.page.session);
  }

  /** The picture that a page without a link opens with. */
  async #keep() {
    if (!this.linkIsUp || this.saidAt - this.#keptAt < KEEP_EVERY_MS) return;
    this.#keptAt = this.saidAt;
    const tablet = await disk();
    const picture = { user: this.page.user.id, session: this.page.session, page: this.page, state: this.#said, saidAt: this.saidAt, savedAt: this.saidAt, offsetMs: clock.offsetMs, series: this.series.packed() };
    await tablet.remember(picture).catch(() => (this.#keptAt = 0));
  }

  /** Readings first, whole; then the stream from where they end. Without a link, what the tablet kept. */
  async open() {
    this.#tablet = await disk();
    if (this.kept) this.#unpack(this.kept);
    else await this.#tablet.signedIn({ id: this.page.user.id, name: this.page.user.name }).catch(() => {});
    warnBeforeLeaving(this.outbox);
    watchSignOut(this.outbox, () => this.linkIsUp);
    await this.outbox.open();
    const head = this.kept ? this.kept.series.last : await this.#begin();
    watchLinks(() => this.linkIsUp);
    this.#follow(head);
    setInterval(() => this.draw(), 1000);
    addEventListener("online", () => this.outbox.flush());
    this.draw();
  }

  /** @returns {Promise<number>} the number up to which everything is here */
  async #begin() {
    try {
      const [readings] = await Promise.all([get(`${this.base}/readings`), this.refetch()]);
      this.series.addColumns(readings);
      return readings.head;
    } catch {
      return 0; // The stream brings them, from the first on.
    }
  }

  /** @param {Snapshot} kept */
  #unpack(kept) {
    clock.remember(kept.offsetMs);
    this.linkIsUp = false;
    this.#lostAt = kept.saidAt;
    this.#said = kept.state;
    this.saidAt = kept.saidAt;
    this.series.unpack(kept.series);
    this.#lay();
    byId("link-lost").hidden = false;
  }

  /** @param {number} head */
  #follow(head) {
    const link = follow((after) => `/live${this.base}/events?after=${after}`, {
      heartbeat: () => {},
      fact: (fact) => this.heard(fact),
      "signed-off": () => void this.#signedOff(),
    }, (up) => void this.#linkChanged(up), { after: head, up: !this.kept });
    setInterval(() => link.isUp() && this.refetch(), AGAIN_MS);
  }

  /** @param {boolean} up */
  async #linkChanged(up) {
    this.linkIsUp = up;
    byId("link-lost").hidden = up;
    if (!up) this.#lostAt = now();
    this.draw();
    if (!up) return;
    this.outbox.flush();
    if (now() - this.#lostAt > LONG_SILENCE_MS) await this.#catchUp();
    await this.refetch();
  }

  async #catchUp() {
    try {
      this.series.addColumns(await get(`${this.base}/readings?after=${this.series.last}`));
    } catch {
      // The stream brings them one by one.
    }
  }

  /** @param {any} fact */
  heard(fact) {
    if (fact.kind !== "reading_taken") return void this.refetch();
    const { measured_at, received_at, values, doubts } = fact.body;
    this.series.add(fact.number, Date.parse(measured_at), Date.parse(received_at), values, doubts);
    this.#soon();
  }

  /** However many readings come at once, they are drawn once for each picture of the screen. */
  #soon() {
    if (this.#drawn) return;
    this.#drawn = true;
    requestAnimationFrame(() => {
      this.#drawn = false;
      this.drawLive();
    });
  }

  /** The newest number of a signal, by device or by hand. @param {string} signal */
  newest = (signal) => {
    const device = this.series.newest.get(signal);
    const said = this.state.latest?.[signal]; // by hand, or from before this page was open
    const by = said && (said.source === "manual" || !device) ? told(said) : undefined;
    return standing(signal, [device, this.series.good.get(signal), by], this.page.ages, now(), this.linkIsUp);
  };

  /** The worst finding that stands for any of these signals. @param {string[]} signals */
  alarm = (signals) => {
    const standing = (this.state.findings ?? []).filter((one) => (!one.cleared_at || one.latched) && signals.includes(one.signal));
    return standing.sort((a, b) => WORST_FIRST.indexOf(a.priority) - WORST_FIRST.indexOf(b.priority))[0];
  };

  drawLive() {
    const { ages, limits, bounds = {} } = this.page;
    const scene = { newest: this.newest, ages, limits, bounds, baseline: this.state.baseline ?? {}, alarm: this.alarm, now: now(), linkIsUp: this.linkIsUp };
    for (const tile of document.querySelectorAll("vital-tile, pressure-tile")) if (tile instanceof VitalTile) tile.show(scene);
    if (this.state.phase) this.chart.show(this);
  }

  draw() {
    this.drawLive();
    this.#drawTablet();
    if (!this.state.phase) return;
    this.steps.draw(byId("phase"), byId("actions"));
    this.steps.drawGate(byId("gate"));
    this.charting.draw(byId("charting"));
    drawInfusion(byId("infusion"), this);
    drawDoses(byId("doses"), this);
    drawEmergency(byId("emergency"), this);
    this.#drawLevel();
    drawFindings(byId("findings"), this);
    drawDue(byId("due"), this);
    drawEvents(byId("events"), this);
    drawDrug(byId("drug"), this);
    this.#announcer.findings(this.state.findings);
    this.#sound.tell(this.state.sound ?? null);
    this.#sayShown();
    drawNext(byId("next"), this);
  }

  /** A finding that stands on a screen that somebody can see: a fact, once for each finding and page. */
  #sayShown() {
    if (!this.linkIsUp || document.visibilityState !== "visible" || !this.may("chart.write")) return;
    for (const one of this.state.findings) {
      if (one.cleared_at || this.#shown.has(one.finding_id)) continue;
      this.#shown.add(one.finding_id);
      const fact = { id: freshId(), kind: "finding_shown", at: new Date(now()).toISOString(), by: this.page.user.id, body: { finding_id: one.finding_id } };
      void post(`${this.base}/facts`, fact, true);
    }
  }

  #drawTablet() {
    drawOutbox(byId("outbox"), this.outbox);
    drawAttention(byId("attention"), this.outbox, this.asNote);
    const told = this.#tablet ? troubles(this.#tablet, this.outbox) : [];
    byId("tablet-told").hidden = !told.length;
    refresh(byId("tablet-told"), told, () => told.map((words) => h("p", null, words)));
    refresh(byId("link-since"), [this.linkIsUp, this.#lostAt], () => [this.linkIsUp ? "" : `No word since ${timeOfDay(this.#lostAt)}.`]);
  }

  /** The forecast is drawn by the server; a tablet that never had a link has none to show. */
  #drawLevel() {
    if (this.linkIsUp || byId("level-picture").childElementCount) this.#level.show(this.state, now(), this.linkIsUp);
  }
}

/** @param {Latest} said @returns {Newest} */
const told = (said) => ({ value: said.value, receivedMs: Date.parse(said.received_at), atMs: Date.parse(said.at), doubt: said.doubt ?? "", manual: said.source === "manual", ...(said.beside ? { beside: said.beside } : {}) });
