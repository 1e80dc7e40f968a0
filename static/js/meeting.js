// The meeting: all screens follow the chair's spotlight, unless one leafs alone or is in the middle of a text.

import { editing, keepDraft, unsaved } from "./edit.js";
import { listed, withdrawn } from "./fragments.js";
import { fetchChanges, putAllOf } from "./live.js";
import { ASKS, afterPress, anew, midWord, post, renew, tell, typing } from "./page.js";

const body = document.body;
const me = Number(body.dataset.user);
const centre = document.getElementById("item");
const panel = document.getElementById("panel");
const follow = document.getElementById("follow");
// Read once and taken out: it names everybody on the agenda, also when a resident comes into the room later.
const first = document.getElementById("meeting-now");
let state = JSON.parse(first.textContent);
first.remove();
let received = Date.now();
let alone = false;
let shown = null; // what stands in the middle
let coming = null; // what has been asked for
let onlyThem = state.resident_present;

const chairs = () => state.chair === me;

function draw() {
  document.getElementById("chair-name").textContent = state.chair_name;
  document.getElementById("referent-name").textContent = state.referent_name;
  body.toggleAttribute("data-is-chair", chairs());
  body.toggleAttribute("data-is-referent", state.referent === me);
  if (chairs()) alone = false;
  if (state.resident_present) alone = false;
  follow.hidden = state.resident_present;
  body.toggleAttribute("data-resident-present", state.resident_present);
  document.getElementById("resident-present").hidden = !state.resident_present;
  document.getElementById("resident-left").hidden = !(chairs() && state.resident_present);
  document.getElementById("resident-came").hidden = !(chairs() && !state.resident_present && state.item);
  document.getElementById("joining").hidden = state.there.includes(me);
  document.getElementById("undo-start").hidden = !(chairs() && state.may_undo_start);
  follow.textContent = alone ? "Følg mødet" : "Bladr selv";
  follow.setAttribute("aria-pressed", String(alone));
  step("previous", state.previous, "‹ ");
  step("next", state.next || (state.item && !state.resident_present ? { recap: true, name: "Opsamling" } : null), "", " ›");
}

function step(id, target, before, after = "") {
  const button = document.getElementById(id);
  button.hidden = !target || !chairs();
  delete button.dataset.to;
  button.textContent = "";
  if (target) {
    button.textContent = `${before}${target.name}${after}`;
    button.dataset.to = target.recap ? "recap" : target.item;
  }
}

function drawAgenda(before) {
  // The same agenda is left standing, so that a key on its way to a button is not lost.
  if (before === state.agenda) return;
  const box = document.getElementById("agenda");
  const focused = box.contains(document.activeElement) ? [...box.querySelectorAll("button")].indexOf(document.activeElement) : -1;
  box.innerHTML = state.agenda;
  if (focused >= 0) box.querySelectorAll("button")[focused]?.focus();
}

// --- following -----------------------------------------------------------------------------------------------------

// Somebody writes in the middle: a text, or a form of its own there.
function busyHere() {
  return editing(centre) !== null || [...centre.querySelectorAll("form:has([data-draft])")].some(holds);
}

function show(target, address) {
  if (String(target) === String(coming?.target ?? shown)) { hideBehind(); return; }
  if (busyHere()) { behind(); return; }
  hideBehind();
  if (coming) window.htmx.trigger(centre, "htmx:abort");
  const call = coming = { target, stopped: false };
  // Asked for by the middle itself: what the page asks for otherwise would stand in a queue, and cannot be stopped.
  window.htmx.ajax("GET", address, { source: centre, target: centre, swap: "innerHTML" }).catch(() => {}).then(() => {
    if (coming !== call) return;
    coming = null;
    if (call.stopped) catchUp();
  });
}

// While an item was on its way somebody began to write, or it is no longer to be seen here: it does not come in.
body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== centre || !event.detail.shouldSwap || !coming) return;
  const { target } = coming;
  const unseen = state.closed.map(String).includes(String(target))
    || (state.resident_present && String(target) !== String(state.item));
  if (busyHere() || unseen) {
    event.detail.shouldSwap = false;
    coming.stopped = true;
  } else shown = target;
});

// The resident is in the room: what stands of anybody else goes from the screen at once. Half a text becomes a draft,
// and half an intervention comes back when the resident has left.
let setAside = null;
function clearOthers() {
  if (!state.resident_present) {
    if (setAside) { panel.replaceChildren(setAside); panel.dataset.behind = "1"; }
    setAside = null;
    onlyThem = false;
    return;
  }
  const elsewhere = String(shown) !== String(state.item);
  if (onlyThem && !elsewhere) return;
  onlyThem = true;
  body.dispatchEvent(new Event("close-dialog"));
  for (const id of ["dialog-body", "search-results"]) document.getElementById(id)?.replaceChildren();
  if ((elsewhere || panel.dataset.behind) && panel.querySelector("textarea")?.value.trim()) {
    setAside = document.createDocumentFragment();
    setAside.append(...panel.childNodes);
  }
  delete panel.dataset.behind;
  if (elsewhere) {
    Promise.allSettled(unsaved().map(keepDraft));
    centre.replaceChildren();
    shown = null;
  }
  panel.replaceChildren();
  fillPanel();
}

function behind() {
  const line = document.getElementById("behind");
  line.textContent = "Mødet er gået videre. Gem eller fortryd det, du skriver, så følger skærmen med.";
  line.hidden = false;
}

function hideBehind() {
  document.getElementById("behind").hidden = true;
}

function catchUp() {
  clearOthers();
  if (state.closed.map(String).includes(String(shown))) {
    // No longer shared: it goes from every screen at once, also from the one that leafs alone.
    centre.replaceChildren();
    panel.replaceChildren();
    shown = null;
  }
  if (state.closed.includes(state.item)) {
    centre.textContent = "Beboeren deles ikke længere. Gå videre på dagsordenen.";
    return;
  }
  if (!alone) show(state.item ?? "recap", state.url);
}

// A part of what is known of the resident is no longer shared: what stands of it here is fetched anew without it.
body.addEventListener("board-updated", (event) => {
  const about = centre.querySelector("[data-resident]")?.dataset.resident;
  if (!about || !withdrawn(event.detail).has(about)) return;
  Promise.allSettled(unsaved().map(keepDraft));
  centre.replaceChildren();
  shown = null;
  catchUp();
});

// A resident who is not on the board, as one whose turn it is, has no part in what the stream sends: what stands of them
// here is fetched, and asked for again at the next heartbeat when it did not come.
let missed = null;
async function renewItem(item) {
  missed = item;
  try {
    const address = item.querySelector("#since").dataset.hxGet.replace(/siden\/$/, "");
    const answer = await fetch(address, { headers: ASKS, signal: AbortSignal.timeout(7000) });
    if (answer.status >= 500) return;
    missed = null;
    if (!answer.ok) return;
    const html = await answer.text();
    afterPress(() => { if (item.isConnected) putAllOf(item.dataset.resident, html); });
  } catch { /* the next heartbeat asks again */ }
}
body.addEventListener("board-updated", (event) => {
  const item = centre.querySelector("[data-resident]");
  if (item && !listed(event.detail).has(item.dataset.resident)) renewItem(item);
});
body.addEventListener("pulse", () => { if (missed?.isConnected) renewItem(missed); });

// What could not be fetched while the connection was away is fetched at the next heartbeat.
body.addEventListener("pulse", catchUp);

// To the minutes, once: the one who closes hears it both as the answer and from the stream. Who is in the middle of
// something finishes it; the minutes say to whom it came after the close.
let leaving = false;
let over = false;
function leave() {
  if (leaving) return;
  leaving = true;
  // What is typed in a form nobody can see now is a draft first.
  const kept = [];
  body.dispatchEvent(new CustomEvent("locking", { detail: kept }));
  Promise.allSettled(kept).then(() => anew(() => location.assign(body.dataset.minutesUrl)));
}
// Something typed, or what was refused and is being read.
function holds(form) {
  const written = [...form.querySelectorAll("textarea, input[type=text]")].some((field) => field.value.trim());
  return form.querySelector(".error") !== null || (form.typed && written);
}
const FINISH = "Mødet er afsluttet. Skriv færdig: Det, du gemmer nu, står på tavlen og ikke i referatet.";
function leaveWhenFinished() {
  const forms = [...document.querySelectorAll("form:has([data-draft])")];
  // A dialog may say whom to ring. A form that is hidden keeps its draft.
  const busy = document.querySelector("dialog[open], .conflict, form.htmx-request") || unsaved().length
    || forms.some((form) => form.checkVisibility({ visibilityProperty: true }) && holds(form));
  if (!busy) { leave(); return; }
  const attendance = document.querySelector("#dialog[open] .attendance");
  if (!over) tell(attendance ? "Mødet er afsluttet. Fremmødet kan rettes, når mødet åbnes igen." : FINISH, 0);
  over = true;
}
body.addEventListener("meeting-closed", leave);
body.addEventListener("pulse", () => { if (over) leaveWhenFinished(); });
// Begun by mistake: everybody is back before the meeting. Its agenda is gone, and nothing of it is asked for on the way.
function back() {
  if (leaving) return;
  leaving = true;
  anew();
}
body.addEventListener("meeting-unstarted", back);
body.addEventListener("htmx:beforeRequest", (event) => { if (leaving) event.preventDefault(); });

body.addEventListener("meeting", (event) => {
  if (event.detail.state === "closed") { leaveWhenFinished(); return; }
  if (event.detail.state !== "running") { back(); return; }
  // Opened again.
  if (over) { over = false; tell(""); }
  const before = state.agenda;
  state = event.detail;
  if (wish && (state.item !== wish.from || !chairs())) wish = null;
  received = Date.now();
  drawAgenda(before);
  draw();
  tick();
  catchUp();
});

body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === centre) {
    fillPanel();
    // Only a focus that was in what went away is moved; nobody working elsewhere is disturbed.
    const at = document.activeElement;
    if (!at || at === body || centre.contains(at)) document.getElementById("item-name")?.focus({ preventScroll: true });
    document.querySelector(".meeting-centre").scrollTop = 0;
  }
  if (!busyHere() && !alone && String(shown) !== String(state.item ?? "recap")) setTimeout(catchUp, 0);
});

// The form for a new intervention stays with its resident as long as something is typed in it.
function fillPanel() {
  const fresh = centre.querySelector("#panel-new");
  if (!fresh) return;
  const form = panel.querySelector("form");
  if (form && form.querySelector("textarea")?.value.trim()) {
    panel.dataset.behind = "1";
    // It is not also listed among what is begun.
    centre.querySelector(`[data-begun="${form.dataset.resident}"]`)?.setAttribute("hidden", "");
    if (centre.querySelector(".recap")) tell("Du er ikke færdig med en indsats. Tilføj den, eller slet teksten.", 10);
    return;
  }
  setPanel(fresh);
}
panel.addEventListener("focusout", ({ relatedTarget }) => {
  if (panel.dataset.behind && !panel.contains(relatedTarget)) fillPanel();
});

function setPanel(fresh) {
  delete panel.dataset.behind;
  panel.replaceChildren(fresh.content.cloneNode(true));
  window.htmx.process(panel);
}

body.addEventListener("intervention-added", (event) => {
  if (event.target.id !== "new-intervention") return;
  const fresh = centre.querySelector("#panel-new");
  if (!fresh) return;
  if (fresh.content.querySelector("[data-begin-again]")) {
    // The panel came with a draft, which is now an intervention.
    window.htmx.ajax("GET", event.target.dataset.hxPost, { target: "#new-intervention", swap: "outerHTML" });
    return;
  }
  setPanel(fresh);
  // The next intervention is another act: it needs a key of its own.
  const key = panel.querySelector("[name=key]");
  if (key) key.value = crypto.randomUUID().replaceAll("-", "");
  panel.querySelector("textarea")?.focus();
});

// --- steering ------------------------------------------------------------------------------------------------------

// Where the chair wants the meeting to be. What did not get through is sent again at the next heartbeat, unless the
// meeting has gone on meanwhile: to go to an item twice is to go there once.
let wish = null;

function go(target) {
  wish = { target, from: state.item };
  send(wish);
}

async function send(call) {
  const recap = call.target === "recap";
  const [address, values] = recap ? [body.dataset.toRecapUrl, {}] : [body.dataset.goUrl, { item: call.target }];
  call.sending = true;
  const answer = await post(address, values, { signal: AbortSignal.timeout(7000) }).catch(() => null);
  call.sending = false;
  if (answer?.headers.get("X-Token")) await renew();
  else if (answer && answer.status < 500) {
    if (wish === call) wish = null;
    const words = (answer.headers.get("Content-Type") || "").startsWith("text/plain") ? await answer.text() : "";
    if (answer.status >= 400) tell(words || "Det gik ikke igennem. Prøv igen.", 8);
    else {
      if (call.waited) tell("Mødet er gået videre.", 4);
      fetchChanges();
    }
    return;
  }
  if (wish !== call) return;
  call.waited = true;
  tell(answer ? "Det gik ikke igennem. Mødet går videre om et øjeblik." : "Ingen forbindelse. Mødet går videre, så snart den er tilbage.", 8);
}

body.addEventListener("pulse", () => { if (wish && !wish.sending) send(wish); });

for (const id of ["previous", "next"]) {
  document.getElementById(id).addEventListener("click", (event) => go(event.currentTarget.dataset.to));
}

document.getElementById("agenda").addEventListener("click", (event) => {
  const button = event.target.closest("[data-item], [data-recap-button]");
  if (!button) return;
  const target = button.dataset.item || "recap";
  if (chairs()) { go(target); return; }
  alone = true;
  draw();
  show(target, button.dataset.url || body.dataset.recapUrl);
});

follow.addEventListener("click", () => {
  alone = !alone;
  draw();
  catchUp();
});

document.addEventListener("keydown", (event) => {
  if (typing(event.target) || midWord(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  if (/^[1-5]$/.test(event.key)) {
    const place = document.getElementById(`question-${event.key}`);
    place?.scrollIntoView({ block: "nearest" });
    place?.querySelector("button")?.focus();
  } else if (event.key === "i") {
    event.preventDefault();
    panel.querySelector("textarea")?.focus();
  }
});

// --- the quiet timer -------------------------------------------------------------------------------------------------

function tick() {
  const box = document.getElementById("timer");
  if (!box) return; // the screen has been cleared: the session or the right has ended
  document.getElementById("time-used").hidden = !state.ends || Date.now() / 1000 < state.ends;
  box.hidden = !state.item;
  if (!state.item) return;
  const used = state.seconds + Math.floor((Date.now() - received) / 1000);
  const bar = document.getElementById("timer-bar");
  bar.max = state.budget;
  bar.value = Math.min(used, state.budget);
  document.getElementById("timer-used").textContent = `${Math.floor(used / 60)}.${String(used % 60).padStart(2, "0")}`;
  document.getElementById("timer-of").textContent = `${state.budget / 60} min`;
  box.toggleAttribute("data-over", used > state.budget);
}

draw();
catchUp();
tick();
setInterval(tick, 1000);
