// @ts-check
// One tap is one answer. Without this script the server ignores a second tap on the same screen.

// A finger that taps twice would answer the next question unread: its answers stand where those of this one stood.
const SETTLE_MS = 400;

const forms = /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-once]"));
const cut = document.getElementById("cut");

/** @param {Event} event */
function send(event) {
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  // The browser's own page of a lost network would take the question away.
  if (cut) cut.hidden = navigator.onLine;
  if (!navigator.onLine || form.hasAttribute("data-sent")) return event.preventDefault();
  form.setAttribute("data-sent", "");
}

function settle() {
  for (const form of forms) {
    // Out of the browser's memory: the form may be sent again.
    form.removeAttribute("data-sent");
    form.classList.add("mine-settles");
    setTimeout(() => form.classList.remove("mine-settles"), SETTLE_MS);
  }
}

for (const form of forms) form.addEventListener("submit", send);
// A link that is opened again stands at one question: "back" must find it later, whatever is answered by then.
const place = forms[0]?.dataset.place;
if (place && !location.search) history.replaceState(null, "", place);
addEventListener("online", () => { if (cut) cut.hidden = true; });
// What is to be put right may stand far below the first line of the page.
/** @type {HTMLElement | null} */ (document.querySelector("[aria-invalid=true]"))?.focus();
addEventListener("pageshow", settle);
settle();
