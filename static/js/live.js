// The live board: one stream per tab, changes put in around what is being typed.
// The server answers changed fragments by id and all rows in order (docs/fragments.md).

import { editing, keepDraft, saveWaiting, unsaved } from "./edit.js";
import { editorOf, groupAt, isRowOf, isSameBoard, listed, piecesOf, read, rowOf, standing, withdrawn } from "./fragments.js";
import { ASKS, NO_ACCESS, afterPress, clear, clock, fresh, post, tell } from "./page.js";

const body = document.body;
export const tab = crypto.randomUUID();
const stateLine = document.getElementById("live");
let version = body.dataset.version;
let source = null;
let pause = 250;
let failures = 0;
let watchdog = null;
let writing = {};
// How many answers have been put in: marks have no order.
let applied = 0;
// Whether the last question got no answer.
let away = false;

function query() {
  return `since=${version}&fane=${tab}`;
}

function say(state, words, time = "") {
  if (!stateLine) return;
  stateLine.dataset.state = state;
  document.getElementById("live-words").textContent = words;
  document.getElementById("live-time").textContent = time;
}

// --- the stream ------------------------------------------------------------------------------------------------------

function connect() {
  stop();
  // A tab nobody sees holds no connection.
  if (document.hidden) return;
  source = new EventSource(`${body.dataset.streamUrl}?${query()}`);
  if (narrow) { count(); setTimeout(() => { if (source && crowded()) poll(); }, 300); }
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(silent, 7000);
  };
  source.addEventListener("pulse", () => {
    alive();
    if (failures || stateLine?.dataset.state !== "connected") {
      failures = 0;
      pause = 250;
      say("connected", "Forbundet", `opdateret kl. ${clock()}`);
    }
    // A text can fail to go out although the stream itself never broke.
    saveWaiting();
    body.dispatchEvent(new Event("pulse"));
  });
  source.addEventListener("change", (event) => { alive(); arrived(JSON.parse(event.data)); });
  source.addEventListener("present", (event) => { alive(); showHere(JSON.parse(event.data)); });
  source.addEventListener("meeting", (event) => {
    alive();
    body.dispatchEvent(new CustomEvent("meeting", { detail: JSON.parse(event.data) }));
  });
  source.addEventListener("ended", () => { source.close(); clearTimeout(watchdog); again(); });
  source.onerror = lost;
  alive();
}

function stop() {
  clearTimeout(watchdog);
  clearTimeout(polling);
  source?.close();
  if (source) channel.postMessage(-me);
  source = null;
}

// --- several tabs ------------------------------------------------------------------------------------------------------

// Over HTTP/1.1 a browser has six connections to a site (docs/decisions/0036). Between tabs goes a number alone: of a tab
// that streams, with a minus when it no longer does, and nought to ask which do.
const narrow = performance.getEntriesByType("navigation")[0]?.nextHopProtocol === "http/1.1";
const channel = new BroadcastChannel("streams");
const me = Math.round(performance.timeOrigin * 1000); // the newest tab has the highest
const others = new Set();
let polling = null;
channel.onmessage = ({ data }) => {
  if (data === 0 && source) channel.postMessage(me);
  else if (data > 0) others.add(data);
  else others.delete(-data);
};

function count() {
  others.clear();
  channel.postMessage(0);
}
const crowded = () => [...others].filter((other) => other < me).length >= 5;

function poll() {
  stop();
  if (away) say("lost", "Forbinder igen …", "det gemte er i behold");
  else say("waiting", "Mange tavler er åbne", "opdateres hvert 5. sekund");
  polling = setTimeout(async () => {
    count();
    await new Promise((done) => { setTimeout(done, 300); });
    if (document.hidden || !crowded()) { connect(); return; }
    if (!(await fetchChanges())) return;
    saveWaiting();
    body.dispatchEvent(new Event("pulse"));
    poll();
  }, 5000);
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
  if (failures > 1) say("lost", "Forbinder igen …", "det gemte er i behold");
  setTimeout(again, pause * (0.75 + Math.random() / 2));
  pause = Math.min(2000, pause * 2);
}

// A stream cannot tell why it failed, so we ask the ordinary way: it is also the way through a proxy that stops streams.
async function again() {
  if (document.hidden || !(await fetchChanges())) return;
  connect();
}

export async function fetchChanges() {
  const before = applied;
  try {
    // A network may be gone without a word: then nothing would ever answer, and nobody would ask again.
    const answer = await fetch(`${body.dataset.changesUrl}?${query()}`, { headers: ASKS, signal: AbortSignal.timeout(7000) });
    away = answer.status >= 500;
    if (answer.status === 200) {
      const found = await answer.json();
      if (found.fragments && applied !== before) fetchChanges(); // brought on by the stream since: it may be older
      else if (found.fragments) arrived(found);
      if (found.meeting) body.dispatchEvent(new CustomEvent("meeting", { detail: found.meeting }));
    }
    if (answer.status === 423) { body.dispatchEvent(new Event("locked")); return false; }
    if (answer.status === 400) { fresh(); return false; }
    if (answer.status === 401) { clear("Du er logget ud.", true); return false; }
    if (answer.status === 403 || answer.status === 404) { clear(NO_ACCESS); return false; }
  } catch { away = true; /* who asked tries again */ }
  return true;
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
  for (const piece of piecesOf(resident, parts(html))) put(piece.id, piece);
}

function arrived(answer) {
  afterPress(() => apply(answer));
}

function apply(answer) {
  if (isSameBoard(answer.to, version)) {
    // The board is as it was, and something beside it is not.
    if (isSameBoard(answer.from, answer.to)) { version = answer.to; body.dispatchEvent(new CustomEvent("board-updated", { detail: answer })); }
    return;
  }
  // It leads from another board than this one, which the stream or a question has brought on meanwhile: what it brings may
  // be older, so the page asks from where it stands.
  if (answer.from && !isSameBoard(answer.from, version)) { fetchChanges(); return; }
  applied += 1;
  takeAway(answer);
  for (const [id, html] of Object.entries(answer.fragments)) put(id, parse(html));
  if (document.querySelector(".board")) placeRows(answer);
  version = answer.to;
  body.dataset.version = version;
  markWriting();
  say("connected", "Forbundet", `opdateret kl. ${clock()}`);
  body.dispatchEvent(new CustomEvent("board-updated", { detail: answer }));
}

// What is no longer shared goes at once from cells, fields, conflict panels and dialogs; a text under way is a draft.
function takeAway(answer) {
  const gone = new Set(answer.gone);
  if (answer.whole) {
    const rows = listed(answer);
    for (const id of standing()) if (rows.has(read(id).stay) && !(id in answer.fragments)) gone.add(id);
  }
  // A part of the board that is no longer shared: an open dialog may hold words of it.
  const stays = withdrawn(answer);
  for (const id of gone) {
    document.getElementById(id)?.remove();
    const field = editorOf(id);
    if (field) {
      for (const draft of unsaved()) if (draft.field === field.dataset.edit) keepDraft(draft).catch(() => {});
      field.remove();
      tell("Oplysningerne deles ikke længere. Det, du skrev, er gemt som din kladde.", 10);
    }
    const of = read(id);
    if (of?.part === "level") stays.add(of.stay);
  }
  const about = document.querySelector("#dialog-body [data-resident]");
  if (about && stays.has(about.dataset.resident)) body.dispatchEvent(new Event("close-dialog"));
}

function placeRows(answer) {
  const wanted = listed(answer);
  let moved = 0;
  for (const [group, ids] of answer.groups) {
    const place = groupAt(group);
    let next = place.firstElementChild;
    for (const id of ids) {
      let row = rowOf(id);
      if (row && answer.rows[id] && !editing(row)) {
        const fresh = parse(answer.rows[id]);
        if (row === next) next = fresh;
        replace(row, fresh);
        row = fresh;
      }
      if (!row && answer.rows[id]) {
        row = parse(answer.rows[id]);
        place.insertBefore(row, next);
        window.htmx.process(row);
        moved += 1;
        continue;
      }
      if (!row) continue;
      if (row === next) { next = next.nextElementSibling; continue; }
      if (row.parentElement !== place) moved += 1;
      moveRow(place, row, next);
      row.dataset.level = group;
    }
  }
  for (const row of document.querySelectorAll(".board tbody > tr")) {
    if (isRowOf(row, wanted)) continue;
    if (editing(row)) tell("Rækken er gået af tavlen. Det, du skrev, er gemt som din kladde.", 10);
    row.remove();
  }
  document.getElementById("board-empty").hidden = wanted.size > 0;
  body.dispatchEvent(new Event("board-drawn"));
  if (moved) tell("Tavlen har fået en ny rækkefølge.", 4);
}

// moveBefore keeps focus and the caret; where it is missing, the field is given both back.
function moveRow(place, row, next) {
  if (place.moveBefore) { place.moveBefore(row, next); return; }
  const active = row.contains(document.activeElement) ? document.activeElement : null;
  const [from, to] = active?.matches("textarea") ? [active.selectionStart, active.selectionEnd] : [0, 0];
  body.dataset.moving = "1";
  place.insertBefore(row, next);
  active?.focus();
  if (active?.matches("textarea")) active.setSelectionRange(from, to);
  delete body.dataset.moving;
}

// --- which rows are shown ----------------------------------------------------------------------------------------------

// As the address says: ?mine=1 and ?niveau=akut. The address can be kept and shared.
function filter() {
  const query = new URLSearchParams(location.search);
  return { mine: query.get("mine") === "1", level: query.get("niveau") || "" };
}

function passes(row, { mine, level }) {
  // A row somebody is writing in here stays, whatever the filter.
  if (row.querySelector(".cell-edit, .conflict")) return true;
  // An admitted resident who is akut stands among the akut, and is found as admitted all the same.
  const admitted = level === "indlagt" && row.querySelector("[data-admitted]");
  if (level && row.dataset.level !== level && !admitted) return false;
  return !mine || (row.querySelector("[data-people]")?.dataset.people || "").split(" ").includes(body.dataset.user);
}

function drawFilter() {
  const now = filter();
  let hidden = 0;
  for (const row of document.querySelectorAll(".board tbody tr")) {
    row.hidden = !passes(row, now);
    hidden += row.hidden;
  }
  for (const link of document.querySelectorAll("[data-filter]")) {
    const [name, value] = link.dataset.filter.split("=");
    if ((name === "mine" && now.mine) || (name === "niveau" && now.level === value)) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const line = document.getElementById("filter-line");
  line.hidden = !now.mine && !now.level;
  const words = hidden === 0 ? "Ingen rækker er skjult." : hidden === 1 ? "1 række er skjult." : `${hidden} rækker er skjult.`;
  const text = line.querySelector("span");
  if (text.textContent !== words) text.textContent = words;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-filter]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const query = new URLSearchParams(location.search);
  const [name, value] = link.dataset.filter.split("=");
  if (!name) { query.delete("mine"); query.delete("niveau"); }
  else if (query.get(name) === value) query.delete(name);
  else query.set(name, value);
  history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
  drawFilter();
});

if (document.getElementById("filter-line")) { body.addEventListener("board-drawn", drawFilter); drawFilter(); }

// --- who is here ------------------------------------------------------------------------------------------------------

function showHere(now) {
  const names = now.names;
  const line = document.getElementById("present");
  if (line) {
    line.textContent = names.length
      ? `Her nu: ${names.length > 1 ? `${names.slice(0, -1).join(", ")} og ${names.at(-1)}` : names[0]}` : "";
  }
  writing = now.writing;
  markWriting();
}

function markWriting() {
  for (const cell of document.querySelectorAll("[data-field]")) {
    const who = writing[cell.dataset.field];
    if (who && who[0] !== tab) cell.dataset.writing = `${who[1]} skriver`;
    else delete cell.dataset.writing;
  }
  for (const button of document.querySelectorAll("[data-seen-by]")) {
    button.hidden = button.dataset.seenBy.split("|").includes(body.dataset.user);
  }
}

export function writes(field) {
  post(body.dataset.presentUrl, { tab, field }).catch(() => {});
}

body.addEventListener("board-changed", fetchChanges);
body.addEventListener("unlocked", () => { pause = 250; again(); });
body.addEventListener("writing", (event) => writes(event.detail));
window.addEventListener("online", () => { fetchChanges(); saveWaiting(); });
window.addEventListener("pageshow", (event) => { if (event.persisted) back(); });
// What a tab shows when it comes forward may be of yesterday: it is covered as it goes out of sight, and until it has asked.
function covered() {
  stop();
  body.setAttribute("data-asking", "");
}
async function back() {
  await again();
  if (!document.hidden) body.removeAttribute("data-asking");
}
document.addEventListener("visibilitychange", () => { if (document.hidden) covered(); else back(); });
window.addEventListener("pagehide", covered);
connect();
