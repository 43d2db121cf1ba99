// The session console: state from the server's fold, readings straight from the stream, facts by the outbox.

import { Charting } from "./charting.js";
import { byId, data, h, refresh } from "./dom.js";
import { clock, countdown } from "./format.js";
import { Level } from "./level.js";
import { follow } from "./link.js";
import { Outbox } from "./outbox.js";
import { drawOutbox, warnBeforeLeaving } from "./outbox-badge.js";
import { drawDrug, drawDue, drawEvents, drawFindings, drawInfusion } from "./panels.js";
import { Series } from "./series.js";
import { get, now, post } from "./server.js";
import { Steps } from "./steps.js";
import { openStore } from "./store.js";
import { TimeChart } from "./time-chart.js";
import { VitalTile } from "./vital-tile.js";

/** @import {Charted, Latest, Newest, Page, State} from "./types.d.ts" */

const AGAIN_MS = 5000;
const ON_CHART = ["medicine_given", "adverse_event_charted", "note_charted", "infusion_started", "rate_changed", "infusion_paused", "infusion_resumed", "infusion_stopped"];

/** Everything that the panels share. */
export class Desk {
  /** @type {Page} */
  page = data("console-data");
  state = /** @type {State} */ ({});
  saidAt = 0;
  linkIsUp = true;
  series = new Series();
  /** What was charted, by fact id, for a correction to begin from. @type {Map<string, Pick<Charted, "values" | "note">>} */
  bodies = new Map();
  steps = new Steps(this);
  charting = new Charting(this);
  now = now;
  chart = /** @type {TimeChart} */ (byId("chart"));
  #base = `/sessions/${this.page.session}`;
  #level = new Level(`${this.#base}/level/`);
  /** @type {Map<string, string>} */
  #unanswered = new Map();
  #asking = false;
  #askAgain = false;
  /** @type {Outbox} */
  outbox = new Outbox({
    store: openStore(this.page.session),
    user: this.page.user.id,
    post: (fact) => post(`${this.#base}/facts`, { id: fact.id, kind: fact.kind, at: fact.at, body: fact.body }),
    changed: () => this.draw(),
    sent: () => this.refetch(),
  });

  /** @param {string} task */
  may = (task) => Boolean(this.page.may[task]);

  /** Something happened. On the disk, on the way, and shown as such. @param {string} kind @param {object} body @param {string} label */
  record(kind, body, label) {
    const fact = { id: crypto.randomUUID(), session: this.page.session, kind, at: new Date(now()).toISOString(), body, label };
    this.outbox.add(fact).catch(() => this.say("This device could not keep the entry. Do not close this page until it is sent."));
    this.say(`Charted: ${label}`);
  }

  /** Ask the server; it answers with nothing, or with every reason why not.
   * @param {string} verb @param {Record<string, any>} body @returns {Promise<string | void>} */
  async ask(verb, body) {
    // A request whose answer was lost keeps its id: asked again, it is the same request, done once.
    const id = this.#unanswered.get(verb) ?? crypto.randomUUID();
    const answer = await post(`${this.#base}/requests/${verb}`, { id, ...body });
    if (answer.status === 0 || answer.status >= 500) this.#unanswered.set(verb, id);
    else this.#unanswered.delete(verb);
    if (answer.status === 200) return void this.refetch();
    if (answer.status === 0) return "This needs the server, and no answer came. Press again when the link is back: it is done once.";
    if (answer.refusal) return answer.refusal.findings.map((/** @type {{summary: string}} */ one) => `${one.summary}.`).join(" ");
    return answer.error || `The server answered ${answer.status}. Nothing is known to have been done.`;
  }

  /** @param {string} id */
  acknowledge = (id) => this.record("finding_acknowledged", { finding_id: id }, "finding seen");

  /** @param {string} checklist @param {string} item @param {string} answer */
  answer = (checklist, item, answer) => this.record("checklist_answered", { checklist, item, answer }, item.replaceAll("-", " "));

  get unsentAcks() {
    return this.outbox.unsent.filter((one) => one.kind === "finding_acknowledged").map((one) => /** @type {any} */ (one.body).finding_id);
  }

  get answersOnTheirWay() {
    const waiting = this.outbox.unsent.filter((one) => one.kind === "checklist_answered").map((one) => /** @type {any} */ (one.body));
    return Object.fromEntries(waiting.map((body) => [`${body.checklist}/${body.item}`, body.answer]));
  }

  /** Events without the machinery; those on the chart carry their number. */
  events() {
    let number = 0;
    return (this.state.events ?? []).filter((one) => !["finding_cleared", "corrected"].includes(one.kind)).map((one) => ({ ...one, mark: ON_CHART.includes(one.kind) && !one.corrected ? ++number : 0 }));
  }

  /** @param {string} words */
  say(words) {
    byId("say").textContent = words;
  }

  /** The server's fold, now. Two calls at once become one after the other. */
  async refetch() {
    if (this.#asking) return void (this.#askAgain = true);
    this.#asking = true;
    try {
      this.state = await get(`${this.#base}/state`);
      this.saidAt = Date.parse(this.state.now);
      this.series.setManual(this.state.manual);
      this.bodies = new Map(this.state.manual.map((one) => [one.fact, { values: one.values, note: one.note }]));
      this.draw();
    } catch (error) {
      if (error instanceof Error && ["401", "403"].includes(error.message)) byId("signed-off").hidden = false;
    } finally {
      this.#asking = false;
    }
    if (this.#askAgain) {
      this.#askAgain = false;
      await this.refetch();
    }
  }

  /** Readings first, whole; then the stream from where they end. */
  async open() {
    const [readings] = await Promise.all([get(`${this.#base}/readings`), this.refetch()]);
    this.series.addColumns(readings);
    await this.outbox.open();
    const link = follow((after) => `/live${this.#base}/events?after=${after}`, {
      heartbeat: () => {},
      fact: (fact) => this.heard(fact),
      "signed-off": () => (byId("signed-off").hidden = false),
    }, (up) => {
      this.linkIsUp = up;
      byId("link-lost").hidden = up;
      if (up) this.outbox.flush();
      this.draw();
    }, readings.head);
    setInterval(() => this.draw(), 1000);
    setInterval(() => link.isUp() && this.refetch(), AGAIN_MS);
    addEventListener("online", () => this.outbox.flush());
    warnBeforeLeaving(this.outbox);
    this.draw();
  }

  /** @param {any} fact */
  heard(fact) {
    if (fact.kind !== "reading_taken") return void this.refetch();
    const { measured_at, received_at, values, doubts } = fact.body;
    this.series.add(fact.number, Date.parse(measured_at), Date.parse(received_at), values, doubts);
    this.drawLive();
  }

  /** The newest number of a signal, by device or by hand. @param {string} signal */
  newest = (signal) => {
    const device = this.series.newest.get(signal);
    const said = this.state.latest?.[signal];
    if (said?.source !== "manual") return device ?? (said && told(said));
    const manual = told(said);
    return device && device.atMs > manual.atMs ? device : manual;
  };

  /** The worst finding that stands for any of these signals. @param {string[]} signals */
  alarm = (signals) => {
    const order = ["high", "medium", "low"];
    return (this.state.findings ?? []).filter((one) => !one.cleared_at && signals.includes(one.signal)).sort((a, b) => order.indexOf(a.priority) - order.indexOf(b.priority))[0];
  };

  drawLive() {
    const scene = { newest: this.newest, ages: this.page.ages, limits: this.page.limits, alarm: this.alarm, now: now(), linkIsUp: this.linkIsUp };
    for (const tile of document.querySelectorAll("vital-tile, pressure-tile")) if (tile instanceof VitalTile) tile.show(scene);
    if (this.state.phase) this.chart.show(this);
  }

  draw() {
    this.drawLive();
    drawOutbox(byId("outbox"), this.outbox);
    if (!this.state.phase) return;
    this.steps.draw(byId("phase"), byId("actions"));
    this.steps.drawGate(byId("gate"));
    this.charting.draw(byId("charting"));
    drawInfusion(byId("infusion"), this);
    this.#level.show(this.state.infusion, now(), this.linkIsUp);
    drawFindings(byId("findings"), this);
    drawDue(byId("due"), this);
    drawEvents(byId("events"), this);
    drawDrug(byId("drug"), this);
    this.#drawNext();
  }

  #drawNext() {
    const { infusion, due } = this.state;
    const running = infusion ? clock(now() - Date.parse(infusion.started_at)) : "";
    const first = due[0];
    refresh(byId("next"), [running, first, now() >> 10], () => [
      infusion ? h("span", null, h("span", { class: "label" }, "Since the start "), h("b", null, running)) : null,
      first ? h("span", null, h("span", { class: "label" }, "Next "), h("b", null, `${first.what} ${countdown(Date.parse(first.at), now())}`)) : null,
    ]);
  }
}

/** @param {Latest} said @returns {Newest} */
const told = (said) => ({ value: said.value, receivedMs: Date.parse(said.received_at), atMs: Date.parse(said.at), doubt: said.doubt ?? "", manual: said.source === "manual" });

new Desk().open();
