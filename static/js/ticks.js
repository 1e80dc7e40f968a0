// "Udført" without a network: the tick waits here until there is one, and the screen is open, and is sent once.
// What is kept is a number, a version, a time and whose tick it is; no word of anybody.

import { post, tell } from "./page.js";

const body = document.body;
const KEY = "ticks";
let sending = false;

function waiting() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) || [];
  } catch {
    return [];
  }
}

function keep(ticks) {
  try {
    if (ticks.length) localStorage.setItem(KEY, JSON.stringify(ticks));
    else localStorage.removeItem(KEY);
    return true;
  } catch {
    return false;
  }
}

const mine = () => waiting().filter((tick) => tick.user === body.dataset.user);

function show() {
  const ticks = mine();
  const line = document.getElementById("waiting");
  if (line) {
    line.hidden = !ticks.length;
    line.textContent = ticks.length ? `${ticks.length} venter på at blive sendt. De sendes, når der er forbindelse.` : "";
  }
  for (const button of document.querySelectorAll("[data-tick]")) {
    const waits = ticks.some((tick) => tick.id === button.dataset.tick);
    button.textContent = waits ? "✓ Udført · venter" : "✓ Udført";
    button.setAttribute("aria-pressed", String(waits));
  }
}

body.addEventListener("htmx:sendError", (event) => {
  const button = event.detail.elt;
  if (!button.matches?.("[data-tick]")) return;
  const id = button.dataset.tick;
  const others = waiting().filter((tick) => tick.id !== id);
  const tick = { id, seen: button.dataset.seen, at: Math.floor(Date.now() / 1000), user: body.dataset.user };
  if (keep([...others, tick])) tell("Ingen forbindelse. Fluebenet er gemt her og sendes, når der er.", 8);
  show();
});

async function send() {
  if (sending || !mine().length || body.hasAttribute("data-hidden")) return;
  sending = true;
  let sent = 0;
  try {
    for (const tick of mine()) {
      const answer = await post(body.dataset.tickUrl, { intervention: tick.id, seen: tick.seen, at: tick.at });
      // Locked, signed out, an old token or a server that is down: it waits. Anything else is an answer.
      if ([401, 423].includes(answer.status) || answer.status >= 500 || answer.headers.get("X-Token")) break;
      keep(waiting().filter((other) => other.id !== tick.id || other.at !== tick.at));
      if (answer.ok) sent += 1;
      else tell(answer.status === 404 ? "En indsats, du satte flueben ved, kan ikke længere ses af dig." : await answer.text(), 0);
    }
  } catch { /* still no network */ }
  sending = false;
  show();
  if (sent) body.dispatchEvent(new Event("board-changed"));
}

window.addEventListener("online", send);
body.addEventListener("unlocked", send);
body.addEventListener("htmx:afterSettle", show);
setInterval(send, 5000);
show();
send();
