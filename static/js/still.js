// A page that stands still asks every few seconds whether it may still show what it shows: sharing may have been withdrawn,
// a role or the session may have ended (docs/decisions/0043). The live board hears it on its stream (live.js).

import { ASKS, clear, clock, fresh, tell } from "./page.js";

const body = document.body;
const EVERY = 4000;
let right = clock(); // when it was last known that the page may show what it shows
let timer = null;
let silent = 0;

async function ask() {
  clearTimeout(timer);
  // Where the page has said its last words they are shown; else it is on its way out, and stays covered.
  if (body.dataset.cleared) { if ("over" in body.dataset) uncover(); return; }
  try {
    const headers = { ...ASKS, "X-Still": body.dataset.still };
    const answer = await fetch(body.dataset.stillUrl, { headers, cache: "no-store", signal: AbortSignal.timeout(EVERY) });
    if (answer.status === 401) { clear("Du er logget ud.", true); return; }
    if (answer.status === 409) { fresh(); return; }
    if (answer.status === 423) body.dispatchEvent(new Event("locked"));
    if (answer.ok) body.dataset.still = await answer.text();
    known(answer.status < 500);
  } catch {
    known(false);
  }
  uncover();
  if (!document.hidden) timer = setTimeout(ask, EVERY);
}

// Without an answer the page stands as it was until the screen locks: whoever is out of reach still needs it. It is said,
// and at once where the page comes back to sight.
function known(answered) {
  if (answered) {
    if (silent) tell("");
    silent = 0;
    right = clock();
    return;
  }
  silent += 1;
  if (silent > 1 || body.hasAttribute("data-asking")) tell(`Ingen forbindelse. Det, du ser, er fra kl. ${right} og kan være ændret.`, 0);
}

// Put on as the page goes out of sight, so that it lies there from the first moment it is painted again.
const cover = () => { clearTimeout(timer); body.setAttribute("data-asking", ""); };
const uncover = () => { if (!document.hidden) body.removeAttribute("data-asking"); };

document.addEventListener("visibilitychange", () => { if (document.hidden) cover(); else ask(); });
window.addEventListener("pagehide", cover);
window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
window.addEventListener("online", ask);
timer = setTimeout(ask, EVERY);
