// What every page has: the line of messages, asking the server, presses, dialogs and keys. One file, since each is a request
// of its own at the first load of a board, which has no more to give (docs/architecture.md).

const body = document.body;
const dialog = document.getElementById("dialog");
const inside = document.getElementById("dialog-body");
let opener = null;

// --- telling the person ------------------------------------------------------------------------------------------------

export function tell(text, seconds = 6) {
  const line = document.getElementById("message");
  line.textContent = text;
  clearTimeout(tell.timer);
  if (seconds) tell.timer = setTimeout(() => { line.textContent = ""; }, seconds * 1000);
}

let hours = null; // making one takes some twenty milliseconds

export function clock(moment = Date.now()) {
  hours ??= new Intl.DateTimeFormat("da-DK", { hour: "numeric", minute: "2-digit", timeZone: "Europe/Copenhagen" });
  return hours.format(moment).replace(":", ".");
}

// --- asking the server ---------------------------------------------------------------------------------------------------

body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = body.dataset.csrf;
});

// A form htmx has not taken over yet must never be sent by the browser itself: the text would end in the address.
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-hx-post]")) event.preventDefault();
});

// Says that it is a script of ours which asks: an address then answers a fragment, and 401 where a page would be led away.
export const ASKS = { "X-Requested-With": "board" };

// Posts what a script has to say; values are an object or a FormData. Rejects where there is no answer.
export function post(address, values = {}, options = {}) {
  let data = values;
  if (!(values instanceof FormData)) {
    data = new FormData();
    for (const [name, value] of Object.entries(values)) data.set(name, value);
  }
  const headers = { "X-CSRFToken": body.dataset.csrf, ...ASKS, ...options.headers };
  return fetch(address, { method: "POST", body: data, signal: AbortSignal.timeout(15000), ...options, headers })
    .then((answer) => { if (answer.status === 401) clear("Du er logget ud.", true); return answer; });
}

// What takes long to be saved is said. Without any answer htmx gives up, and a form with a key is sent again (edit.js).
const SLOW = "Det er ikke gemt endnu. Vi venter på svar.";
body.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.requestConfig.verb === "post") detail.xhr.slow = setTimeout(() => tell(SLOW, 0), 5000);
});
body.addEventListener("htmx:afterRequest", ({ detail }) => {
  clearTimeout(detail.xhr?.slow);
  if (document.getElementById("message").textContent === SLOW) tell("");
});

// A session that ended and began again brings a new token. True when the same person is signed in; another person gets a
// fresh page, so that nothing is sent in their name.
export async function renew() {
  if (!body.dataset.tokenUrl) return false;
  try {
    const answer = await fetch(body.dataset.tokenUrl, { headers: ASKS });
    if (!answer.ok) return false;
    const now = await answer.json();
    if (String(now.user) !== body.dataset.user) { body.dataset.cleared = "other"; anew(); return false; }
    body.dataset.csrf = now.csrf;
    for (const token of document.querySelectorAll("[name=csrfmiddlewaretoken]")) token.value = now.csrf;
    return true;
  } catch {
    return false;
  }
}

// --- fetching the page anew ------------------------------------------------------------------------------------------------

// A page that is being left is not fetched anew: that would call back the person who pressed a link a moment before. Where
// they are still here a little later, it was a file or they stayed, and then it is.
let leftAt = -Infinity;
window.addEventListener("beforeunload", () => { leftAt = performance.now(); });

export function anew(go = () => location.reload()) {
  if (performance.now() - leftAt > 5000) { go(); return; }
  empty();
  document.getElementById("content").replaceChildren();
  setTimeout(anew, 1000, go);
}

// --- a session or an access that has ended -------------------------------------------------------------------------------

// The screen is cleared. What stood unsaved is kept in the page and becomes a draft when the same person is back. Whose
// access has ended is shown what they wrote where nothing stood, and nothing that says about whom.
export function clear(words, mayReturn = false) {
  if (!body.dataset.user || body.dataset.cleared) return;
  body.dataset.cleared = mayReturn ? "ended" : "denied";
  const left = taken();
  if (mayReturn && !body.dataset.streamUrl && !left.again.length) { anew(); return; }
  empty();
  if (!mayReturn) { showEnd(words, left.words.length ? [ownWords(left.words)] : []); return; }
  const kept = "Det, du var ved at skrive, er gemt i denne fane. Log ind igen i en ny fane, så er det her, når du kommer tilbage.";
  showEnd(words, left.again.length ? [line("p", kept)] : [], "_blank");
  sendWhenBack(left);
}

function empty() {
  for (const id of ["dialog-body", "search-results", "panel", "agenda"]) document.getElementById(id)?.replaceChildren();
  close();
  document.getElementById("board-foot")?.remove();
}

// What the page shows may be shown no longer, and is fetched anew: by its address, since a page a form answered with would
// send the form again. The form's own page is where such a one came from. What was being typed becomes a draft first.
export function fresh() {
  if (body.dataset.cleared) return;
  body.dataset.cleared = "ended";
  body.setAttribute("data-asking", "");
  const left = taken();
  const own = location.pathname + location.search;
  const go = () => location.replace(("posted" in body.dataset && document.referrer) || own);
  if (!left.again.length) { anew(go); return; }
  empty();
  showEnd("Siden hentes igen", [line("p", "Det, du var ved at skrive, gemmes først som kladde.")], null);
  body.removeAttribute("data-asking");
  sendWhenBack(left, go);
}

async function sendWhenBack({ again, words }, go) {
  let refused = false;
  for (let waiting = again; ;) {
    await new Promise((done) => { setTimeout(done, 2000); });
    if (!(await renew())) continue;
    const answers = await Promise.all(waiting.map((keep) => keep().catch(() => null)));
    refused ||= answers.some((answer) => [403, 404].includes(answer?.status));
    waiting = waiting.filter((_, place) => later(answers[place]));
    if (waiting.length) continue;
    if (refused && words.length) showEnd(NO_ACCESS, [ownWords(words)]);
    else anew(go);
    return;
  }
}

// Whether what was sent must be sent again: no answer, none that says anything of it, or not yet.
export const later = (answer) => !answer || answer.status >= 500 || [401, 423, 429].includes(answer.status);

export const NOT_YET = "Det er ikke sendt endnu. Vi venter på svar.";
export const NOT_SENT = "Ingen forbindelse. Det er ikke sendt. Det, du skrev, står her stadig.";
export const NO_ACCESS = "Du har ikke længere adgang hertil.";

function showEnd(words, parts, target = "") {
  body.dataset.over = "";
  document.title = words;
  const note = document.createElement("div");
  note.className = "nothing-here";
  note.append(line("h1", words), ...parts);
  if (target !== null) {
    const link = line("a", "Log ind igen");
    link.href = location.pathname;
    link.target = target;
    note.append(link);
  }
  document.getElementById("content").replaceChildren(note);
}

// What each script of the page has that is not sent: how to send it, and the words of it that may be shown.
function taken() {
  const left = { again: [], words: [] };
  body.dispatchEvent(new CustomEvent("clearing", { detail: left }));
  return left;
}

function line(kind, text) {
  const element = document.createElement(kind);
  element.textContent = text;
  return element;
}

function ownWords(words) {
  const box = document.createElement("section");
  box.className = "box";
  box.append(
    line("h2", "Det nåede du ikke at gemme"),
    line("p", "Her er dine ord, til du lukker siden. Det, der nåede at blive gemt som kladde, kan din leder tage videre."),
    ...words.map((text) => { const block = line("p", text); block.className = "text-block"; return block; }),
  );
  return box;
}

// A tab that shows the sign-in or the locked screen lets the others ask how things stand (lock.js).
export const channel = new BroadcastChannel("session"); // another than the streams' (live.js)
if (!body.dataset.touchUrl) channel.postMessage(body.dataset.user ? "locked" : "ended");

// --- answers that are not a picture of anything -----------------------------------------------------------------------

body.addEventListener("htmx:beforeSwap", (event) => {
  const type = event.detail.xhr.getResponseHeader("Content-Type") || "";
  if (event.detail.xhr.status >= 400 && type.startsWith("text/plain")) event.detail.shouldSwap = false;
});
body.addEventListener("htmx:afterRequest", (event) => {
  const xhr = event.detail.xhr;
  if (!xhr || xhr.status < 400) return;
  const type = xhr.getResponseHeader("Content-Type") || "";
  if (xhr.getResponseHeader("X-Token")) renew().then((same) => { if (same) body.dispatchEvent(new Event("pulse")); });
  if (xhr.status === 401) clear("Du er logget ud.", true);
  else if (type.startsWith("text/plain") && xhr.responseText.length < 300) tell(xhr.responseText, 8);
  else if ((xhr.status === 409 || xhr.status === 422) && event.detail.requestConfig?.elt.getAttribute("data-hx-swap") === "none") tell("En anden har ændret det imens. Luk, og se efter.");
  else if (xhr.status === 403) tell("Det har du ikke adgang til.");
  else if (xhr.status === 404) tell("Det findes ikke længere.");
  else if (xhr.status >= 500) tell("Det gik ikke igennem hos os. Prøv igen om lidt; det, du har skrevet, står her stadig.", 10);
});
// A list that draws itself anew waits while somebody types in it.
body.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.detail.elt.matches("[data-refresh]")) return;
  const field = event.detail.elt.querySelector("input:focus, textarea:focus");
  if (field && field.value) event.preventDefault();
});
for (const kind of ["htmx:sendError", "htmx:timeout"]) body.addEventListener(kind, () => {
  tell("Ingen forbindelse. Det, du har skrevet, står her stadig og er ikke gemt endnu.", 10);
});

// --- pressing --------------------------------------------------------------------------------------------------------

// A button redrawn between the press and the release would lose the click. What others change therefore waits until
// the press is over: a tenth of a second, and never more than a second.
const waiting = [];
let pressing = 0;
let pressed = null;

export function afterPress(action) {
  if (pressing) waiting.push(action);
  else action();
}

function letGo() {
  clearTimeout(pressing);
  pressing = 0;
  while (waiting.length && !pressing) waiting.shift()();
}

function letGoIn(milliseconds) {
  clearTimeout(pressing);
  pressing = setTimeout(letGo, milliseconds);
}

window.addEventListener("pointerdown", (event) => {
  pressed = event.target.closest?.("button, a, label, summary, select, input");
  if (pressed) letGoIn(1000);
}, true);
// What a part of the page asked for by itself and got in the middle of a press is asked for again after it.
body.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  if (!pressing || requestConfig?.verb !== "get" || !target.contains(pressed)) return;
  event.detail.shouldSwap = false;
  const { elt, path } = requestConfig;
  afterPress(() => { if (elt.isConnected) window.htmx.ajax("GET", path, { source: elt }).catch(() => {}); });
});
for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => { if (pressing) letGoIn(100); }, true);
window.addEventListener("click", () => { if (pressing) letGoIn(0); });

// A list drawn anew after one's own press: the second tap of a double tap must not hit the neighbour of what was pressed.
body.addEventListener("htmx:afterSwap", (event) => {
  const list = event.detail.target;
  if (list.matches?.("[data-refresh]") && performance.now() - list.pressedAt < 2000) list.drawnAt = performance.now();
});
window.addEventListener("click", (event) => {
  const list = event.target.closest?.("[data-refresh]");
  if (!list) return;
  if (performance.now() - list.drawnAt < 700) { event.preventDefault(); event.stopImmediatePropagation(); }
  else list.pressedAt = performance.now();
}, true);

// --- dialogs -------------------------------------------------------------------------------------------------------

// The board may redraw a button meanwhile, so it is found again by where it stood.
function placeOf(element) {
  const root = element?.parentElement.closest("[id]");
  return root ? { root: root.id, place: [...root.querySelectorAll("button, a")].indexOf(element) } : null;
}
function at(place) {
  const root = place && document.getElementById(place.root);
  return root?.querySelectorAll("button, a")[Math.max(0, place.place)];
}

// A piece drawn anew with the focus in it gives it to what stands in the same place. Several are drawn at once, and which
// one settles first is chance: none of them forgets what another one holds.
let focused = null;
body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const active = document.activeElement;
  if (detail.shouldSwap && active?.matches("button, a") && detail.target.contains(active)) focused = placeOf(active);
});
body.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement === body) at(focused)?.focus();
  focused = null;
});

// What such a button asks for comes in the dialog.
body.addEventListener("htmx:beforeProcessNode", ({ target }) => {
  if (target.matches("[data-dialog]")) {
    target.dataset.hxTarget = "#dialog-body";
    // Whatever the piece around it does with its own answers.
    target.dataset.hxSwap = "innerHTML";
  }
  // And of this one in its own piece's place: said once here, not in each cell.
  if (target.matches("[data-here]")) {
    target.dataset.hxTarget = `#${target.closest("[id]").id}`;
    target.dataset.hxSwap = "outerHTML";
  }
});

body.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.matches("[data-dialog]")) opener = placeOf(event.detail.elt);
});

// What a closed dialog is still saving must stand in the next one: it is opened once the answer has come.
const saving = new Set();

export function savesBehind(answer) {
  saving.add(answer);
  answer.finally(() => saving.delete(answer));
}

body.addEventListener("htmx:confirm", (event) => {
  if (!saving.size || !event.detail.elt.matches("[data-dialog]")) return;
  event.preventDefault();
  const place = placeOf(event.detail.elt);
  Promise.all(saving).then(() => at(place)?.click());
});

body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== inside || !inside.firstElementChild) return;
  if (!dialog.open) dialog.showModal();
  const wrong = inside.querySelector("[aria-invalid='true'], .error");
  const first = inside.querySelector("[autofocus]") || inside.querySelector("input:not([type=hidden]), textarea, select, button:not([data-last])");
  if (wrong) (wrong.matches("input, textarea, select") ? wrong : first)?.focus(); else first?.focus();
  dialog.scrollTop = 0;
  // By its address: two modules that import each other cannot both be named by their content.
  if (inside.querySelector("[data-field]")) import(body.dataset.editUrl).catch(() => {});
  if (inside.querySelector("[data-draft]")) fetchForms();
  if (inside.querySelector("[name=review_by]")) import("./review.js").then(({ begin }) => begin()).catch(() => {});
});

// What keeps drafts is fetched with the first form, again and again while there is no network: a browser remembers by
// its address that a module did not come. Who presses Esc before it has come is asked once it has.
let fetching = null;
let again = null;
let tries = 0;
// That it has come, or that what answers is no such module: then forms are sent without drafts.
let keeps = false;
let without = false;
function fetchForms() {
  if (keeps || without) return Promise.resolve();
  if (fetching) return fetching;
  const address = body.dataset.formsUrl + (tries ? `?${tries}` : "");
  const came = import(address).then(() => { keeps = true; }, async () => {
    tries += 1;
    without = await fetch(address).then(() => true, () => false);
    again ??= setTimeout(() => { again = null; if (document.querySelector("[data-draft]")) fetchForms(); }, 2000);
  });
  fetching = Promise.race([came, new Promise((late) => { setTimeout(late, 10000); })]).finally(() => { fetching = null; });
  return fetching;
}
// A page's form would go with its words.
document.addEventListener("submit", (event) => {
  const [form, button] = [event.target, event.submitter];
  if (keeps || without || form.dataset.hxPost || !form.querySelector("[data-draft]")) return;
  event.preventDefault();
  const slow = setTimeout(() => tell(NOT_YET, 0), 2000);
  fetchForms().then(() => {
    clearTimeout(slow);
    if (keeps || without) form.requestSubmit(button);
    else tell(NOT_SENT, 0);
  });
});
dialog.addEventListener("cancel", (event) => {
  if (event.target !== dialog || !fetching) return;
  event.preventDefault();
  fetching.then(() => { if (dialog.dispatchEvent(new Event("cancel", { cancelable: true }))) dialog.close(); });
});

// The same for a form that is a page of its own.
if (document.querySelector("main [data-draft]")) fetchForms();

function close() {
  if (dialog.open) dialog.close();
}

dialog.addEventListener("close", () => {
  inside.replaceChildren();
  at(opener)?.focus();
  opener = null;
});

body.addEventListener("close-dialog", close);
body.addEventListener("click", (event) => {
  const target = event.target.closest("[data-close], [data-keys], summary");
  if (target?.matches("[data-close]")) close();
  if (target?.matches("[data-keys]")) document.getElementById("keys").showModal();
  for (const open of document.querySelectorAll(".user-menu[open], .switch[open]")) if (!open.contains(event.target)) open.open = false;
  if (!event.target.closest(".find")) document.getElementById("search-results")?.replaceChildren();
});

// An act that answers nothing, but was the last there was to do in the dialog.
body.addEventListener("htmx:afterRequest", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (!xhr?.status || xhr.status >= 400 || !requestConfig?.elt.matches?.("[data-close-after]")) return;
  close();
  body.dispatchEvent(new Event("board-changed"));
});

// --- keys ------------------------------------------------------------------------------------------------------------

// How long to wait before what is typed is kept: until a pause, and never longer than three seconds.
export function untilKept(form) {
  form.typedSince ??= performance.now();
  return Math.max(0, Math.min(1200, form.typedSince + 3000 - performance.now()));
}

export function typing(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

// Somebody else's press may take the field away under a sentence: the rest of it must not become commands.
let typedAt = -Infinity;
window.addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === "Escape") typedAt = -Infinity;
  else if (typing(event.target) || midWord(event)) typedAt = event.timeStamp;
}, true);
export function midWord(event) {
  return !typing(event.target) && event.timeStamp - typedAt < 700;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || midWord(event)) return;
  if (event.key === "Escape" && event.target.id === "find") { event.target.value = ""; document.getElementById("search-results").replaceChildren(); }
  // In the meeting's panel, still empty, the arrows go on.
  const goesOn = event.key.startsWith("Arrow") && event.target.matches?.("#panel textarea") && !event.target.value;
  if ((typing(event.target) && !goesOn) || document.querySelector("dialog[open]")) {
    const panel = event.target.closest?.(".panel-form, .dialog-form");
    if (event.key === "Escape" && panel && !panel.closest("dialog")) event.target.blur();
    if (event.key === "Enter" && !event.shiftKey && panel && event.target.matches("textarea")) {
      event.preventDefault();
      panel.requestSubmit();
    }
    return;
  }
  if (event.key === "?") document.getElementById("keys").showModal();
  else if (event.key === "/") { event.preventDefault(); document.getElementById("find")?.focus(); }
  else if (event.key === "g") document.activeElement?.closest(".cell")?.querySelector("[data-confirm]")?.click();
  else document.querySelector(`[data-key="${CSS.escape(event.key)}"]:not([hidden])`)?.click();
});
