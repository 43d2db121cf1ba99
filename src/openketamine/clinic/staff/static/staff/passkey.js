// A passkey in the place of a typed secret: a button beside each field that asks for one, in a form
// of a page and in a dialogue of the console. What comes for a touch is a word that is good once.
// @ts-check

const token = () => /(?:^|; )(?:__Host-)?openketamine_csrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";

/** @param {string} path @param {object} body @returns {Promise<any>} */
async function post(path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token() };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

/** `witness_password` is the secret of whoever stands in `witness`, `password` one's own.
 * @param {HTMLInputElement} field @returns {string | null} null: of somebody who is not named yet */
function whose(field) {
  const name = field.name.replace(/_?password$/, "");
  const other = name ? field.form?.elements.namedItem(name) : null;
  const named = other instanceof HTMLInputElement || other instanceof HTMLSelectElement;
  return named ? other.value.trim() || null : "";
}

/** @param {HTMLInputElement} field */
async function word(field) {
  const username = whose(field);
  if (username === null) throw new Error("First the name.");
  const options = await post("/staff/passkey/ask", { username });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey);
  const credential = /** @type {any} */ (await navigator.credentials.get({ publicKey }));
  return (await post("/staff/passkey/word", { username, credential: credential.toJSON() })).word;
}

/** @param {HTMLInputElement} field */
function offer(field) {
  field.dataset.passkey = "offered";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet";
  button.textContent = "Use a passkey";
  button.addEventListener("click", async () => {
    try {
      field.value = await word(field);
      field.dispatchEvent(new Event("input", { bubbles: true }));
      button.textContent = "Passkey read";
    } catch (error) {
      button.textContent = error instanceof Error ? error.message : "No passkey was read";
    }
  });
  field.insertAdjacentElement("afterend", button);
}

document.addEventListener("focusin", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || field.type !== "password") return;
  // Pages of the account take a password for a password, and a key by a door of their own.
  if (location.pathname.startsWith("/account/")) return;
  if (field.dataset.passkey || field.autocomplete === "new-password") return;
  if ("parseRequestOptionsFromJSON" in (window.PublicKeyCredential ?? {})) offer(field);
});
