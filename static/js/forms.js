// What is typed in a form that changes something is kept as a draft until it is sent, at the address of the form itself
// (core/forms.py). Without a connection it waits here in the page, and is kept once there is one again.

import { NOT_SENT, NOT_YET, NO_ACCESS, clear, later, post, renew, savesBehind, tell, untilKept } from "./page.js";

const body = document.body;
// What is not kept yet, by its place: two forms of one address differ in the state they lead to.
const unsent = new Map();

function keeper(element) {
  const form = element?.closest?.("form");
  return form?.querySelector("[data-draft]") ? form : null;
}

// A dialog's form is sent by htmx, a page's by the browser itself.
function addressOf(form) {
  return form.dataset.hxPost || form.getAttribute("action") || location.href;
}

function entryOf(form) {
  const [address, data] = [addressOf(form), new FormData(form)];
  return [JSON.stringify([address, data.get("state")]), { address, data, sending: false }];
}

function typed() {
  return [...document.querySelectorAll("[data-draft]")].map((mark) => mark.form).filter((form) => form.typed);
}

async function send(address, data, asked = "keep") {
  // A file is chosen again; what is kept is what is typed.
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  // A page's own form carries a token too, which is read before the header's: it may be of the session before.
  data.delete("csrfmiddlewaretoken");
  const options = { headers: { "X-Draft": asked }, keepalive: true };
  const answer = await post(address, data, { ...options, signal: AbortSignal.timeout(10000) });
  // The session ended and began again in another tab: once more with its token.
  if (!answer.headers.has("X-Token") || !await renew()) return answer;
  return post(address, data, { ...options, signal: AbortSignal.timeout(10000) });
}

function written(field) {
  return field.matches?.("textarea, input[type=text]") && field.value.trim() && !field.defaultValue;
}

// A screen that must be cleared: what stands typed is sent once the same person is back.
body.addEventListener("clearing", (event) => {
  const words = typed().flatMap((form) => [...form.elements]).filter(written).map((field) => field.value);
  for (const form of typed()) unsent.set(...entryOf(form));
  const taken = [...unsent.values()];
  for (const form of typed()) { clearTimeout(form.timer); form.typed = false; }
  unsent.clear();
  event.detail.again.push(...taken.map(({ address, data }) => () => send(address, data)));
  event.detail.words.push(...words);
});

// Sends what waits under the place. It waits there until an answer is final. Resolves to the answer, or to null.
async function sendFrom(place) {
  const entry = unsent.get(place);
  entry.sending = true;
  const answer = await send(entry.address, entry.data).catch(() => null);
  entry.sending = false;
  if (!later(answer) && unsent.get(place) === entry) unsent.delete(place);
  return answer;
}

// Keeps what is typed now. Resolves to the answer, or to null.
async function answerTo(form) {
  clearTimeout(form.timer);
  form.typedSince = null;
  const edits = form.edits;
  const [place, entry] = entryOf(form);
  unsent.set(place, entry);
  const answer = await sendFrom(place);
  if (answer?.ok && form.edits === edits) form.unkept = false;
  return answer;
}

// Resolves to whether it is kept.
async function keep(form) {
  return Boolean((await answerTo(form))?.ok);
}

const waits = (form) => unsent.has(entryOf(form)[0]);

async function keepAndSay(form) {
  if (await keep(form)) tell("Det blev ikke gemt. Det, du skrev, er din kladde og står her, når du åbner igen.", 8);
  else if (!waits(form)) tell("Det, du skrev, kunne ikke gemmes, heller ikke som kladde.", 0);
  else tell("Ingen forbindelse. Luk ikke fanen; det, du skrev, gemmes som kladde, når den er tilbage.", 0);
}

function keepSoon(form) {
  form.typed = true;
  form.unkept = true;
  form.edits = (form.edits ?? 0) + 1;
  clearTimeout(form.timer);
  form.timer = setTimeout(() => keep(form), untilKept(form));
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const form = keeper(event.target);
    if (form) keepSoon(form);
  });
}
// This module is fetched with the first dialog, and somebody may have typed in it already.
for (const { form } of document.querySelectorAll("[data-draft]")) {
  if ([...form.elements].some((field) => field.matches("textarea, input[type=text]") && field.value !== field.defaultValue)) keepSoon(form);
}

// An act that draws the dialog anew takes the other forms in it along: what is typed there is kept first.
body.addEventListener("htmx:confirm", (event) => {
  const { elt, target } = event.detail;
  const others = typed().filter((form) => form !== elt && target?.contains(form));
  if (!others.length) return;
  // The middle of a meeting asks for itself: it does not come in over what is typed, and cannot wait.
  if (elt === target) { others.forEach(keep); return; }
  event.preventDefault();
  Promise.all(others.map(keep)).then((kept) => {
    const safe = others.map((form, place) => kept[place] || waits(form));
    others.forEach((form, place) => { if (safe[place]) form.typed = false; });
    // Not as if it were confirmed: what asks before it acts still asks.
    if (safe.every(Boolean)) event.detail.issueRequest();
    else tell("Det andet, du har skrevet her, kunne ikke gemmes som kladde. Gem det først, eller prøv igen.", 0);
  });
});

// A page's form goes with its page, and its answer may be to sign in, or none at all: what is typed is kept first.
// Back brings it again as it was typed; what is refused comes back in the answer.
document.addEventListener("submit", (event) => {
  const form = keeper(event.target);
  if (!form || form.dataset.hxPost) return;
  clearTimeout(form.timer);
  if (!form.unkept) { form.typed = false; return; }
  event.preventDefault();
  if (!form.held) keepAndSend(form, event.submitter);
});

async function keepAndSend(form, button) {
  form.held = true;
  const slow = setTimeout(() => tell(NOT_YET, 0), 2000);
  const answer = await answerTo(form);
  clearTimeout(slow);
  form.held = false;
  if (body.dataset.cleared) return;
  if ([403, 404].includes(answer?.status) && !answer.headers.has("X-Token")) { clear(NO_ACCESS); return; }
  if (!answer || [401, 423].includes(answer.status)) { tell(NOT_SENT, 0); return; }
  tell("");
  form.unkept = false;
  form.requestSubmit(button);
}

body.addEventListener("htmx:beforeRequest", (event) => {
  const form = keeper(event.detail.elt);
  if (form !== event.detail.elt) return;
  clearTimeout(form.timer);
  form.sending = true;
});
// Before the answer closes the dialog: what was done is no draft. What was refused is kept by the server itself.
body.addEventListener("htmx:beforeOnLoad", (event) => {
  const form = event.detail.requestConfig?.elt;
  const { status } = event.detail.xhr;
  if (form?.sending && (status < 300 || status === 409 || status === 422)) form.typed = false;
});
body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig?.elt;
  if (form?.sending) form.sending = false;
});

// Esc over a form where something is typed asks first.
const dialog = document.getElementById("dialog");
const leave = document.getElementById("leave");
dialog.addEventListener("cancel", (event) => {
  if (event.target !== dialog || !typed().length) return;
  event.preventDefault();
  leave.returnValue = "";
  leave.showModal();
});
leave.addEventListener("close", () => { if (leave.returnValue === "leave") dialog.close(); });

// A dialog closed over a form: it is kept. One that is just being sent is kept if that does not succeed.
dialog.addEventListener("close", () => {
  for (const form of typed()) {
    clearTimeout(form.timer);
    if (!form.sending) { savesBehind(keepAndSay(form)); continue; }
    savesBehind(new Promise((answered) => {
      form.addEventListener("htmx:afterRequest", () => answered(form.typed ? keepAndSay(form) : null));
    }));
  }
}, true);

document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-begin-again]")) return;
  const form = keeper(event.target);
  form.typed = false;
  clearTimeout(form.timer);
  await send(addressOf(form), new FormData(form), "drop").catch(() => null);
  if (!form.dataset.hxPost) { location.assign(location.pathname + location.search); return; }
  const panel = form.dataset.hxTarget === "this";
  const place = panel ? { target: form, swap: "outerHTML" } : { target: "#dialog-body", swap: "innerHTML" };
  window.htmx.ajax("GET", addressOf(form), place);
});

// Before the screen locks, what is typed becomes a draft, which only the person who wrote it gets back.
body.addEventListener("locking", (event) => {
  event.detail.push(...typed().map((form) => keep(form).then((ok) => ({ ok }))));
});
function sendAgain() {
  for (const [place, { sending }] of unsent) {
    if (sending) continue;
    sendFrom(place).then((answer) => {
      if (answer?.ok) tell("Det, du skrev, er nu gemt som din kladde.", 6);
      else if (!later(answer)) tell("Det, du skrev, kunne ikke gemmes, heller ikke som kladde.", 0);
    });
  }
}
body.addEventListener("pulse", sendAgain);
// A page without a stream has no pulse.
if (!body.dataset.streamUrl) setInterval(sendAgain, 5000);
window.addEventListener("pagehide", () => typed().forEach(keep));
window.addEventListener("beforeunload", (event) => { if ([...unsent.values()].some(({ sending }) => !sending)) event.preventDefault(); });
