// The bar of calls: on every page of whoever was told of a finding. It asks the server every few seconds; what it
// shows is a fact of the session, and so is every answer.

import { button, byId, h, refresh } from "../console/dom.js";
import { age, countdown, timeOfDay } from "../console/format.js";
import { clock, freshId, now, post } from "../console/server.js";

/** @typedef {{finding_id: string, session: string, path: string, initials: string, chair: string, priority: string,
 *   nature: string, summary: string, raised_at: string, cleared_at: string | null, next_at: string | null,
 *   told: {at: string, names: string[], to: string}[], answer: {answer: string, by: string, at: string} | null}} Call */

/** @typedef {{id: string, path: string, initials: string, summary: string, level: string, due_at: string, late: boolean}} Task */

const ASK_MS = 3000;
const QUIET_ASK_MS = 10_000;
const MARKS = /** @type {Record<string, string>} */ ({ high: "***", medium: "**", low: "*" });
const WORDS = /** @type {Record<string, string>} */ ({ high: "High priority", medium: "Medium priority", low: "Low priority" });
const ANSWERED = /** @type {Record<string, string>} */ ({ coming: "comes", seen: "has seen it", here: "is at the chair" });

const bar = byId("calls");
const title = document.title;
/** @type {Call[]} */
let calls = [];
/** What a course asks of somebody, and nobody has taken. @type {Task[]} */
let tasks = [];
/** @type {Set<string>} */
const said = new Set();
/** What was pressed here and is on its way. @type {Map<string, string>} */
const sent = new Map();
let trouble = "";
/** Whether the last question found no server. */
let isCut = false;
/** One line, so that the bar covers next to nothing of the chart below it; all of it at a tap. */
let folded = true;

/** Whether somebody could see this page: a telephone is rung at once for whoever has none in sight. */
const headers = () => {
  const told = new Headers({ Accept: "application/json", "X-OpenKetamine-Background": "1" });
  if (document.visibilityState === "visible") told.set("X-OpenKetamine-In-Sight", "1");
  return told;
};
const asked = () => fetch("/calls/mine", { headers: headers(), redirect: "manual", signal: AbortSignal.timeout(8000) });

async function ask() {
  try {
    const answer = await asked();
    if (answer.ok) {
      const body = await answer.json();
      clock.serverSays(body.now);
      calls = body.calls;
      tasks = location.pathname === "/tasks/" ? [] : body.tasks;
      trouble = "";
      isCut = false;
    } else if (answer.status === 401 || answer.status === 0) {
      // A page that stands open must not look as if it could still be reached.
      trouble = "You are signed off: calls do not reach you on this page.";
      calls = [];
      tasks = [];
    } else trouble = "Calls cannot be read just now.";
  } catch {
    trouble = "No link to the server: calls do not reach you on this page.";
    isCut = true;
  }
  draw();
  setTimeout(ask, document.visibilityState === "visible" ? ASK_MS : QUIET_ASK_MS);
}

function draw() {
  const at = now();
  // A console says at its top that the link is lost, and that calls are: not once more, over the chart.
  const isSaid = isCut && document.getElementById("link-lost")?.hidden === false;
  bar.hidden = isSaid || (!calls.length && !tasks.length && !trouble);
  const open = calls.filter((one) => !one.answer && !sent.has(one.session));
  document.title = open.length ? `${MARKS[open[0]?.priority ?? "low"]} ${open.length} ${open.length === 1 ? "call" : "calls"} · ${title}` : title;
  refresh(bar, [calls, tasks, trouble, [...sent], folded, Math.floor(at / 1000)], () => [
    trouble ? h("p", { class: "calls-trouble" }, trouble) : null,
    // What cannot be answered now is not offered: the line says why, and stands alone.
    calls.length && !isCut ? list(byChair(), at) : null,
    tasks[0] && !isCut ? task(tasks[0], at) : null,
  ]);
  for (const one of open) announce(one);
  for (const one of tasks) tell(`task-${one.id}`, `A task, ${one.initials}: ${one.summary}.`);
  if (trouble) tell("trouble", trouble);
  else said.delete("trouble");
}

/** @param {Call[][]} chairs @param {number} at */
function list(chairs, at) {
  const shown = folded ? chairs.slice(0, 1) : chairs;
  const others = chairs.length - 1;
  const label = !folded ? "Show one line" : others ? `and ${others} more` : "More";
  const fold = button(label, () => { folded = !folded; draw(); }, "quiet calls-fold", { "aria-expanded": String(!folded), data: { key: "fold" } });
  return h("div", { class: folded ? "calls-list is-folded" : "calls-list" }, h("ul", { class: "plain" }, ...shown.map((own) => row(own, at))), fold);
}

/** Below the calls, in one line: a task has hours where a call has seconds. @param {Task} one @param {number} at */
function task(one, at) {
  const due = Date.parse(one.due_at);
  const until = at > due ? `late by ${age(at - due)}` : `due ${countdown(due, at)}`;
  const more = tasks.length - 1;
  return h("div", { class: "call call-task" },
    h("div", { class: "call-words" },
      h("span", { class: `level level-${one.level}` }, "Task"), h("b", null, one.initials), h("span", { class: "call-what" }, one.summary),
      h("span", { class: "small soft" }, more ? `${until}; and ${more} more` : until)),
    h("div", { class: "call-buttons" }, h("a", { class: "button", href: "/tasks/", "aria-label": "Open the tasks", data: { key: "tasks" } }, "Open")));
}

/** One row a chair: whoever comes, comes for all of it. The worst that nobody answered stands first. */
function byChair() {
  /** @type {Map<string, Call[]>} */
  const chairs = new Map();
  for (const one of calls) chairs.set(one.session, [...(chairs.get(one.session) ?? []), one].sort(bySeverity));
  return [...chairs.values()].sort((a, b) => bySeverity(/** @type {Call} */ (a[0]), /** @type {Call} */ (b[0])));
}

/** What nobody answered before what somebody did, what stands before what is over, the person before the device.
 * @param {Call} one */
const severity = (one) => 1000 * Number(Boolean(one.answer)) + 100 * Number(Boolean(one.cleared_at)) + 10 * ["high", "medium", "low"].indexOf(one.priority) + Number(one.nature === "technical");

/** @param {Call} a @param {Call} b */
const bySeverity = (a, b) => severity(a) - severity(b) || Date.parse(a.raised_at) - Date.parse(b.raised_at);

/** @param {Call[]} own @param {number} at */
function row(own, at) {
  const one = own.find((each) => !each.answer) ?? /** @type {Call} */ (own[0]);
  const kind = one.nature === "technical" ? "technical" : one.priority;
  const waits = sent.has(one.session);
  const coming = one.answer?.answer === "coming";
  // The console of this chair is open: whoever looks at it may sit beside it, and need not come first.
  const isOpen = location.pathname === one.path;
  return h("li", { class: "call" },
    h("div", { class: "call-words" },
      h("span", { class: `alarm alarm-${kind}` }, named(one)), h("b", null, `${one.chair || "No chair"}, ${one.initials}`),
      h("span", { class: "call-what" }, one.summary, one.cleared_at ? h("span", { class: "soft" }, ", over") : null, folded && own.length > 1 ? h("span", { class: "soft" }, ` and ${own.length - 1} more`) : null),
      h("span", { class: "small soft" }, state(one, at)),
      folded ? null : others(own, one, at)),
    h("div", { class: "call-buttons" },
      waits || coming ? null : button("I come", () => void reply(own, "coming"), "primary", { data: { key: `come-${one.session}` } }),
      folded || waits || one.answer ? null : button("I have seen it", () => void reply(own, "seen"), "", { data: { key: `seen-${one.session}` } }),
      (coming || (isOpen && !one.answer)) && !waits ? button("I am at the chair", () => void reply(own, "here"), coming ? "" : "call-beside", { data: { key: `here-${one.session}` } }) : null,
      folded || isOpen ? null : h("a", { class: "button", href: one.path, data: { key: `open-${one.session}` } }, "Open the chart")));
}

/** The machine asks, or the person. @param {Call} one */
const named = (one) => (one.nature === "technical" ? `technical ${MARKS[one.priority]}` : one.priority);

/** Whoever comes should know all of it. @param {Call[]} own @param {Call} first @param {number} at */
function others(own, first, at) {
  const rest = own.filter((one) => one !== first);
  return rest.length ? h("ul", { class: "plain call-others" }, ...rest.map((one) => h("li", null, `${named(one)}: ${one.summary} `, h("span", { class: "small soft" }, state(one, at))))) : null;
}

/** @param {Call} one @param {number} at */
function state(one, at) {
  const since = one.cleared_at ? `over since ${timeOfDay(one.cleared_at)}, it stood from ${timeOfDay(one.raised_at)}` : `for ${age(at - Date.parse(one.raised_at))}`;
  if (one.answer) return `${since}; ${one.answer.by} ${ANSWERED[one.answer.answer] ?? ""} (${timeOfDay(one.answer.at)})`;
  if (sent.has(one.session)) return `${since}; your answer is on its way`;
  return one.next_at && !one.cleared_at ? `${since}; the next person is told ${countdown(Date.parse(one.next_at), at)}` : since;
}

/** To every call of the chair that this answers: a word later in the list takes the place of an earlier one.
 * @param {Call[]} own @param {string} answer */
async function reply(own, answer) {
  const [first] = own;
  if (!first) return;
  sent.set(first.session, answer);
  draw();
  const at = new Date(now()).toISOString();
  const order = ["seen", "coming", "here"];
  let refused = "";
  for (const one of own) {
    if (one.answer && order.indexOf(one.answer.answer) >= order.indexOf(answer)) continue;
    const done = await post(`/sessions/${one.session}/facts`, { id: freshId(), kind: "call_answered", at, by: bar.dataset.who, body: { finding_id: one.finding_id, answer } });
    if (done.status !== 200) refused = done.error ?? `The server answered ${done.status}.`;
  }
  sent.delete(first.session);
  await again();
  if (!refused) return tell(`took-${at}`, "Your answer is recorded.");
  trouble = `Your answer was not taken: ${refused} Press again.`;
  draw();
}

async function again() {
  const answer = await asked().catch(() => null);
  if (answer?.ok) calls = (await answer.json()).calls;
  draw();
}

/** @param {Call} one */
const announce = (one) => tell(one.finding_id, `${one.nature === "technical" ? "Technical" : WORDS[one.priority]}, ${one.chair || "no chair"}, ${one.initials}: ${one.summary}. You are called.`);

/** Once, and at once. @param {string} key @param {string} words */
function tell(key, words) {
  if (said.has(key)) return;
  said.add(key);
  const region = byId("calls-say");
  region.textContent = "";
  setTimeout(() => (region.textContent = words), 50);
}

void ask();
setInterval(draw, 1000);
