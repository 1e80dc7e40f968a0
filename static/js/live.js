// The live board: one stream per tab, changes put in around what is being typed.
// The server answers changed fragments by id and the ids of all rows in order (boards/live/snapshots.py).

import { ASKS, afterPress, clock, post, renew, tell } from "./page.js";
import { editing, keepDraft, saveWaiting, unsaved } from "./edit.js";
import { keepTyped, takeTyped } from "./forms.js";

const body = document.body;
export const tab = crypto.randomUUID();
const stateLine = document.getElementById("live");
let version = Number(body.dataset.version);
let day = body.dataset.dag;
let source = null;
let pause = 250;
let failures = 0;
let watchdog = null;
let writing = {};

function query() {
  return `since=${version}&dag=${day}&fane=${tab}`;
}

function say(state, words, time = "") {
  if (!stateLine) return;
  stateLine.dataset.tilstand = state;
  document.getElementById("live-ord").textContent = words;
  document.getElementById("live-tid").textContent = time;
}

// --- the stream ------------------------------------------------------------------------------------------------------

function connect() {
  clearTimeout(watchdog);
  source?.close();
  source = new EventSource(`${body.dataset.stroem}?${query()}`);
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(silent, 7000);
  };
  source.addEventListener("puls", () => {
    alive();
    if (failures || stateLine?.dataset.tilstand !== "forbundet") {
      failures = 0;
      pause = 250;
      say("forbundet", "Forbundet", `opdateret kl. ${clock()}`);
    }
    // A text can fail to go out although the stream itself never broke.
    saveWaiting();
    body.dispatchEvent(new Event("puls"));
  });
  source.addEventListener("aendring", (event) => { alive(); arrived(JSON.parse(event.data)); });
  source.addEventListener("her", (event) => { alive(); showHere(JSON.parse(event.data)); });
  source.addEventListener("moede", (event) => {
    alive();
    body.dispatchEvent(new CustomEvent("moede", { detail: JSON.parse(event.data) }));
  });
  source.addEventListener("ud", () => { source.close(); clearTimeout(watchdog); again(); });
  source.onerror = lost;
  alive();
}

// Nothing at all for so long: it is said at once. A stream that ends comes back at once when only a server restarted.
function silent() {
  failures += 1;
  lost();
}

function lost() {
  clearTimeout(watchdog);
  source?.close();
  failures += 1;
  if (failures > 1) say("afbrudt", "Forbinder igen …", "det gemte er i behold");
  setTimeout(again, pause * (0.75 + Math.random() / 2));
  pause = Math.min(2000, pause * 2);
}

// A stream cannot tell why it failed, so we ask the ordinary way: it is also the way through a proxy that stops streams.
async function again() {
  if (!(await fetchChanges())) return;
  connect();
}

export async function fetchChanges() {
  try {
    // A network may be gone without a word: then nothing would ever answer, and nobody would ask again.
    const answer = await fetch(`${body.dataset.aendringer}?${query()}`, { headers: ASKS, signal: AbortSignal.timeout(7000) });
    if (answer.status === 200) {
      const found = await answer.json();
      if (found.felter) arrived(found);
      if (found.moede) body.dispatchEvent(new CustomEvent("moede", { detail: found.moede }));
    }
    if (answer.status === 423) { body.dispatchEvent(new Event("laast")); return false; }
    if (answer.status === 401) { gone("Du er logget ud.", true); return false; }
    if (answer.status === 403 || answer.status === 404) { gone("Du har ikke længere adgang hertil."); return false; }
  } catch { /* still no network; connect tries again */ }
  return true;
}

// The screen is cleared. What stood unsaved is kept in the page and becomes a draft when the same person is back.
function gone(words, mayReturn = false) {
  const typed = mayReturn ? takeTyped() : [];
  for (const id of ["dialog-indhold", "fundet", "panel", "dagsorden"]) document.getElementById(id)?.replaceChildren();
  body.dispatchEvent(new Event("luk-dialog"));
  const kept = mayReturn ? unsaved() : [];
  if (mayReturn) {
    const waiting = setInterval(async () => {
      if (!(await renew())) return;
      clearInterval(waiting);
      await Promise.allSettled([...kept.map(keepDraft), ...typed.map(keepTyped)]);
      location.reload();
    }, 2000);
  }
  const main = document.getElementById("indhold");
  main.replaceChildren();
  document.getElementById("tavle-fod")?.remove();
  const note = document.createElement("div");
  note.className = "tomt";
  const title = document.createElement("h1");
  title.textContent = words;
  const link = document.createElement("a");
  link.href = location.pathname;
  link.textContent = "Log ind igen";
  link.target = mayReturn ? "_blank" : "";
  note.append(title);
  if (kept.length || typed.length) {
    const line = document.createElement("p");
    line.textContent = "Det, du var ved at skrive, er gemt i denne fane. Log ind igen i en ny fane, så er det her, når du kommer tilbage.";
    note.append(line);
  }
  note.append(link);
  main.append(note);
}

// --- putting changes in -----------------------------------------------------------------------------------------------

function parts(html) {
  const shell = document.createElement("template");
  shell.innerHTML = html.trim();
  return shell.content;
}

function parse(html) {
  return parts(html).firstElementChild;
}

// What is asked for into a piece that is redrawn before the answer has come is asked for again: no press is lost.
function replace(old, fresh) {
  const pressed = [...old.querySelectorAll(".htmx-request[data-hx-get][data-hx-target]")]
    .find((button) => old.matches(button.dataset.hxTarget) || old.querySelector(button.dataset.hxTarget));
  const focused = old.contains(document.activeElement)
    ? [...old.querySelectorAll("button, a")].indexOf(document.activeElement) : -1;
  old.replaceWith(fresh);
  window.htmx.process(fresh);
  if (focused >= 0) (fresh.querySelectorAll("button, a")[focused] || fresh.querySelector("button, a"))?.focus();
  if (pressed) fresh.querySelector(`[data-hx-get="${pressed.dataset.hxGet}"]`)?.click();
}

// A fragment in the place of the one that stands there, where one does.
function put(id, fresh) {
  const old = document.getElementById(id);
  if (old && old !== fresh) replace(old, fresh);
}

// The same for each fragment of a resident's in a piece of a page.
export function putAllOf(resident, html) {
  for (const part of parts(html).querySelectorAll(`[id^="f${resident}-"]`)) put(part.id, part);
}

function arrived(answer) {
  afterPress(() => apply(answer));
}

function apply(answer) {
  if (answer.fra !== version && answer.til <= version && answer.dag === day) return;
  takeAway(answer);
  for (const [id, html] of Object.entries(answer.felter)) put(id, parse(html));
  if (document.querySelector(".tavle")) placeRows(answer);
  version = answer.til;
  day = answer.dag;
  body.dataset.version = version;
  markWriting();
  say("forbundet", "Forbundet", `opdateret kl. ${clock()}`);
  body.dispatchEvent(new CustomEvent("tavle-opdateret", { detail: answer }));
}

// What is no longer shared goes at once from cells, fields, conflict panels and dialogs; a text under way is a draft.
function takeAway(answer) {
  const gone = new Set(answer.vaek);
  if (answer.alt) {
    const listed = new Set(answer.grupper.flatMap(([, ids]) => ids.map(String)));
    for (const part of document.querySelectorAll("[id^='f'][id*='-'], .ret, .konflikt")) {
      const id = part.id.replace(/^ret-/, "f");
      if (/^f\d+-/.test(id) && listed.has(id.slice(1).split("-")[0]) && !(id in answer.felter)) gone.add(id);
    }
  }
  const stays = new Set();
  for (const id of gone) {
    document.getElementById(id)?.remove();
    const field = document.getElementById(`ret-${id.slice(1)}`);
    if (field) {
      for (const draft of unsaved()) if (draft.felt === field.dataset.ret) keepDraft(draft).catch(() => {});
      field.remove();
      tell("Oplysningerne deles ikke længere. Det, du skrev, er gemt som din kladde.", 10);
    }
    if (id.endsWith("-niveau")) stays.add(id.slice(1).split("-")[0]);
  }
  // A part of the board that is no longer shared: an open dialog may hold words of it.
  for (const id of Object.keys(answer.felter)) if (/^f\d+-udelt-/.test(id)) stays.add(id.slice(1).split("-")[0]);
  const about = document.querySelector("#dialog-indhold [data-beboer]");
  if (about && stays.has(about.dataset.beboer)) body.dispatchEvent(new Event("luk-dialog"));
}

function placeRows(answer) {
  const wanted = new Set();
  let moved = 0;
  for (const [group, ids] of answer.grupper) {
    const place = document.getElementById(`g-${group}`);
    let next = place.firstElementChild;
    for (const id of ids) {
      wanted.add(`r${id}`);
      let row = document.getElementById(`r${id}`);
      if (row && answer.raekker[id] && !editing(row)) {
        const fresh = parse(answer.raekker[id]);
        if (row === next) next = fresh;
        replace(row, fresh);
        row = fresh;
      }
      if (!row && answer.raekker[id]) {
        row = parse(answer.raekker[id]);
        place.insertBefore(row, next);
        window.htmx.process(row);
        moved += 1;
        continue;
      }
      if (!row) continue;
      if (row === next) { next = next.nextElementSibling; continue; }
      if (row.parentElement !== place) moved += 1;
      moveRow(place, row, next);
      row.dataset.niveau = group;
    }
  }
  for (const row of document.querySelectorAll(".tavle tbody > tr")) {
    if (wanted.has(row.id)) continue;
    if (editing(row)) tell("Rækken er gået af tavlen. Det, du skrev, er gemt som din kladde.", 10);
    row.remove();
  }
  document.getElementById("tavle-tom").hidden = wanted.size > 0;
  body.dispatchEvent(new Event("tavle-tegnet"));
  if (moved) tell("Tavlen har fået en ny rækkefølge.", 4);
}

// moveBefore keeps focus and the caret; where it is missing, the field is given both back.
function moveRow(place, row, next) {
  if (place.moveBefore) { place.moveBefore(row, next); return; }
  const active = row.contains(document.activeElement) ? document.activeElement : null;
  const [from, to] = active?.matches("textarea") ? [active.selectionStart, active.selectionEnd] : [0, 0];
  body.dataset.flytter = "1";
  place.insertBefore(row, next);
  active?.focus();
  if (active?.matches("textarea")) active.setSelectionRange(from, to);
  delete body.dataset.flytter;
}

// --- who is here ------------------------------------------------------------------------------------------------------

function showHere(now) {
  const names = now.navne;
  const line = document.getElementById("her");
  if (line) {
    line.textContent = names.length
      ? `Her nu: ${names.length > 1 ? `${names.slice(0, -1).join(", ")} og ${names.at(-1)}` : names[0]}` : "";
  }
  writing = now.skriver;
  markWriting();
}

function markWriting() {
  for (const cell of document.querySelectorAll("[data-felt]")) {
    const who = writing[cell.dataset.felt];
    if (who && who[0] !== tab) cell.dataset.skriver = `${who[1]} skriver`;
    else delete cell.dataset.skriver;
  }
  for (const button of document.querySelectorAll("[data-set-af]")) {
    button.hidden = button.dataset.setAf.split("|").includes(body.dataset.mig);
  }
}

export function writes(field) {
  post(body.dataset.her, { fane: tab, felt: field }).catch(() => {});
}

body.addEventListener("tavle-aendret", fetchChanges);
body.addEventListener("laast-op", () => { pause = 250; again(); });
body.addEventListener("skriver", (event) => writes(event.detail));
window.addEventListener("online", () => { fetchChanges(); saveWaiting(); });
window.addEventListener("pageshow", (event) => { if (event.persisted) fetchChanges(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) fetchChanges(); });
connect();
