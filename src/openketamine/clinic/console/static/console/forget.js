// On the sign-in page nobody is signed in: whatever this tablet showed of a person is erased. What is unsent stays, and
// is said, so that whoever charted it signs in here once more.

import { byId, h } from "./dom.js";
import { even } from "./owed.js";
import { openTablet } from "./store.js";

async function forget() {
  const tablet = await openTablet();
  await tablet.forget();
  even();
  const waiting = await tablet.facts.all();
  if (!waiting.length) return;
  const names = [...new Set(waiting.map((one) => one.userName || "a colleague"))].join(", ");
  byId("kept-here").replaceChildren(h("div", { class: "notice" }, h("p", null, h("b", null, `${waiting.length} ${waiting.length === 1 ? "entry waits" : "entries wait"} on this tablet`), ` for the server, charted by ${names}. They go out as soon as that person signs in here.`)));
}

void forget();
