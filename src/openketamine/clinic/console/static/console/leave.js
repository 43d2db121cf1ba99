// Signing out: what was shown is erased from this tablet, what is unsent stays. Without a link the sign-out waits too,
// and this page, or the next one, catches up on it.

import { leaveQuietly } from "./attention.js";
import { button, h } from "./dom.js";
import { payDebt, owe } from "./owed.js";
import { sheet } from "./sheet.js";
import { disk } from "./tablet.js";
import { saveToFile } from "./unsent-file.js";

/** @typedef {import("./outbox.js").Outbox} Outbox */

/** Ask before leaving with entries that only this tablet has; without a link, leave this tablet at least.
 * @param {Outbox} outbox @param {() => boolean} linkIsUp */
export function watchSignOut(outbox, linkIsUp) {
  const form = document.querySelector('form[action$="/logout/"]');
  form?.addEventListener("submit", (event) => {
    if (!outbox.unsent.length && !outbox.problems.length && linkIsUp()) return;
    event.preventDefault();
    ask(outbox, linkIsUp, () => /** @type {HTMLFormElement} */ (form).submit());
  });
  const bare = document.getElementById("shell-leave");
  bare?.addEventListener("click", () => ask(outbox, linkIsUp, () => void signOutHere()));
  if (bare) bare.hidden = false;
}

/** @param {Outbox} outbox @param {() => boolean} linkIsUp @param {() => void} signOut */
function ask(outbox, linkIsUp, signOut) {
  const count = outbox.unsent.length + outbox.problems.length;
  const up = linkIsUp();
  sheet({
    title: "Sign out", ok: up ? "Sign out" : "Sign out of this tablet",
    lead: [
      count ? h("p", null, h("b", null, `${count} ${count === 1 ? "entry is" : "entries are"} on this tablet only.`), " They stay here and go out when you sign in on this tablet again. Nobody else can see them until then.") : "",
      up ? "" : h("p", null, "There is no link: the server hears of it when the link is back. What this tablet showed is erased now."),
      count ? button("Save to file", () => saveToFile(outbox.all)) : ""],
    send: () => {
      leaveQuietly();
      if (up) signOut();
      else void signOutHere();
    },
  });
}

/** The picture is erased and the page is left; the server is told now, or as soon as it answers. */
async function signOutHere() {
  owe();
  await (await disk()).forget();
  if (!(await payDebt())) location.assign("/account/login/");
}
