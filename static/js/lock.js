// A screen left alone locks. The lock is the server's; this page tells it when somebody does something here, and takes
// itself away when nobody has. Without a network the page hides itself, keeps what was typed, and locks when it can.

import { ASKS, anew, channel, clock, post, renew, tell } from "./page.js";

const body = document.body;
const limit = Number(body.dataset.lockAfter) * 1000;
const over = Date.now() + Number(body.dataset.left) * 1000;
const cover = document.getElementById("cover");
const inside = document.getElementById("cover-body");
const WARN = Math.min(15000, limit / 4);
const TELL_EVERY = Math.min(10000, limit / 4);

let last = Date.now(); // when somebody last did something here
let told = 0; // what of it the server knows
let telling = null;
let warned = false;
let locking = false;

const send = (address, values) => post(address, values, { keepalive: true });

// --- keeping the screen open -----------------------------------------------------------------------------------------

// The session is over: the page has cleared itself, and there is nothing to lock.
const ended = () => body.dataset.cleared === "ended";

function touched() {
  if (locking || ended()) return;
  if (Date.now() - last >= limit) { lock(); return; } // a page that slept: the server says whether it may go on
  last = Date.now();
  if (warned) { warned = false; tell(""); }
  if (!telling) telling = setTimeout(tellServer, Math.max(0, told + TELL_EVERY - last));
}

async function tellServer() {
  telling = null;
  told = Date.now();
  try {
    const answer = await send(body.dataset.touchUrl, { idle: (Date.now() - last) / 1000 });
    if (answer.status === 423) lock();
  } catch { /* no network: the server's own clock runs, and this page's too */ }
}

for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
  window.addEventListener(kind, touched, { capture: true, passive: true });
}

function look() {
  if (locking || ended()) return;
  const idle = Date.now() - last;
  if (idle >= limit) lock();
  else if (idle >= limit - WARN && !warned) { warned = true; tell("Skærmen låser om et øjeblik. Rør den for at blive.", WARN / 1000); }
  if (over - Date.now() < 300000 && !look.said) {
    look.said = true;
    tell(`Du bliver logget ud kl. ${clock(over)}. Gem det, du skriver.`, 0);
  }
}
setInterval(look, 1000);
// A tablet that slept has had no clock: it looks before anything else is seen.
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// Whoever is noted as there in a running meeting listens more than they touch: the meeting keeps their screen open.
async function awake() {
  const asked = Date.now();
  try {
    const answer = await send(body.dataset.awakeUrl);
    if (answer.status === 204) last = Math.max(last, asked);
  } catch { /* no network: the page's clock decides */ }
}
if (body.dataset.awakeUrl) { awake(); setInterval(awake, Math.min(30000, limit / 4)); }

// --- locking ---------------------------------------------------------------------------------------------------------

function hide(words) {
  body.setAttribute("data-hidden", "");
  for (const part of body.children) if (part !== cover) part.inert = true;
  cover.hidden = false;
  const line = document.createElement("h1");
  line.textContent = words;
  inside.replaceChildren(line);
}

// By the button (`now`), because the server said so, or because nobody has touched this page. Somebody may still be at work
// in another tab of the same session: the server knows, and then this page only stands aside.
async function lock(now = false) {
  if (locking) return;
  locking = true;
  hide("Skærmen låser …");
  if (!now && (await openStill()) === true) { uncover(); last = Date.now() - limit + WARN; return; }
  const waits = [];
  body.dispatchEvent(new CustomEvent("locking", { detail: waits }));
  const kept = await Promise.allSettled(waits);
  if (ended()) { uncover(); return; }
  const sent = kept.every((one) => one.status === "fulfilled" && one.value.ok);
  if (sent && await lockServer()) { anew(); return; }
  hide("Skærmen er skjult. Der er ikke forbindelse; det, du har skrevet, er her stadig.");
  waitForNetwork(now);
}

// True where the session is open on the server, false where it is not, null without an answer.
async function openStill() {
  try {
    const answer = await send(body.dataset.touchUrl, { idle: (Date.now() - last) / 1000 });
    return answer.status < 500 ? answer.status === 204 : null;
  } catch {
    return null;
  }
}

async function lockServer() {
  try {
    const answer = await send(body.dataset.lockUrl);
    return answer.status !== 0 && answer.status < 500;
  } catch {
    return false;
  }
}

// One question at a time: a late second one would lock again what has been opened since.
function waitForNetwork(now) {
  setTimeout(async () => {
    const open = now ? false : await openStill();
    const locked = open === false && await lockServer();
    if (ended()) uncover();
    else if (open) goOn();
    else if (locked) showUnlock();
    else waitForNetwork(now);
  }, 2000);
}

// Text waits in this page, so the page stays and is opened where it is: by the same person, who then goes on. For anybody
// else the text is kept as the first one's draft, and the page is drawn anew.
async function showUnlock() {
  const answer = await fetch(`${body.dataset.lockUrl}?videre=${encodeURIComponent(location.pathname)}`, { headers: ASKS });
  if (answer.redirected || !answer.ok) { anew(); return; }
  inside.innerHTML = await answer.text();
  const { ready } = await import("./locked.js");
  ready(inside, { before: keepFor, after: opened });
}

async function keepFor(who) {
  if (String(who) === body.dataset.user) return;
  const waits = [];
  body.dispatchEvent(new CustomEvent("locking", { detail: waits }));
  await Promise.allSettled(waits);
}

async function opened(who) {
  if (String(who) !== body.dataset.user || !(await renew())) { anew(); return; }
  goOn();
}

function uncover() {
  cover.hidden = true;
  inside.replaceChildren();
  body.removeAttribute("data-hidden");
  for (const part of body.children) part.inert = false;
  locking = false;
}

function goOn() {
  uncover();
  last = Date.now();
  body.dispatchEvent(new Event("unlocked"));
}

body.addEventListener("locked", () => lock());
channel.onmessage = () => { if (!locking) tellServer(); };
body.addEventListener("htmx:afterRequest", (event) => { if (event.detail.xhr?.status === 423) lock(); });
body.addEventListener("click", (event) => { if (event.target.closest("[data-lock]")) lock(true); });
tellServer();

// A tick that waits for the network goes on waiting on every page (Min dag fetches the script itself).
try { if (localStorage.getItem("ticks")) import("./ticks.js"); } catch { /* a browser that keeps nothing */ }
