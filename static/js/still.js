// A page that stands still asks every few seconds whether it may still show what it shows: sharing may have been withdrawn,
// a role or the session may have ended (docs/decisions/0043). The live board hears it on its stream (live.js).

import { ASKS, clear, clock, fresh, tell } from "./page.js";

const body = document.body;
const EVERY = 4000;
const drawn = clock();
let timer = null;
let silent = 0;

async function ask() {
  clearTimeout(timer);
  if (body.dataset.cleared) return;
  try {
    const headers = { ...ASKS, "X-Still": body.dataset.still };
    const answer = await fetch(body.dataset.stillUrl, { headers, cache: "no-store", signal: AbortSignal.timeout(EVERY) });
    if (answer.status === 401) { clear("Du er logget ud.", true); return; }
    if (answer.status === 409) { fresh(); return; }
    if (answer.status === 423) body.dispatchEvent(new Event("locked"));
    silent = answer.status >= 500 ? silent + 1 : 0;
  } catch {
    silent += 1;
  }
  // Without an answer the page stands as it was until the screen locks: whoever is out of reach still needs it.
  if (silent === 2) tell(`Ingen forbindelse. Det, du ser, er fra kl. ${drawn} og kan være ændret.`, 10);
  uncover();
  if (!document.hidden) timer = setTimeout(ask, EVERY);
}

// Put on as the page goes out of sight, so that it lies there from the first moment it is painted again.
const cover = () => { clearTimeout(timer); body.setAttribute("data-asking", ""); };
const uncover = () => { if (!document.hidden) body.removeAttribute("data-asking"); };

document.addEventListener("visibilitychange", () => { if (document.hidden) cover(); else ask(); });
window.addEventListener("pagehide", cover);
window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
window.addEventListener("online", ask);
timer = setTimeout(ask, EVERY);
