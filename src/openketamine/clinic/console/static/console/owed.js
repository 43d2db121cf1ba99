// On every page of who is signed in: a sign-out that was asked for without a link is made good before anything else.

const OWED = "openketamine-sign-out-owed";
const AGAIN_MS = 5000;

/** Somebody signed out and the server could not be told. */
export const owe = () => localStorage.setItem(OWED, "1");
/** It was told, or nobody is signed in. */
export const even = () => localStorage.removeItem(OWED);
export const isOwed = () => localStorage.getItem(OWED) !== null;

/** Tell the server. @returns {Promise<boolean>} whether it heard */
export async function payDebt() {
  const token = /(?:^|; )(?:__Host-)?openketamine_csrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";
  try {
    const answer = await fetch("/account/logout/", { method: "POST", headers: { "X-CSRFToken": token }, signal: AbortSignal.timeout(AGAIN_MS) });
    if (!answer.ok) return false;
  } catch {
    return false;
  }
  even();
  location.assign("/account/login/");
  return true;
}

async function payUntilHeard() {
  while (isOwed() && !(await payDebt())) await new Promise((again) => setTimeout(again, AGAIN_MS));
}

if (isOwed()) void payUntilHeard();
