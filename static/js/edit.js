// Writing in a cell: Enter saves, Shift+Enter breaks the line, Esc keeps a draft, leaving the field saves.
// What is typed is kept as a draft on the server, and in the page while there is no connection.

import { editorOf, textAt } from "./fragments.js";
import { post, savesBehind, tell, untilKept } from "./page.js";

const body = document.body;
let joining = null;

export function editing(within = document) {
  return within.querySelector(".cell-edit, .conflict");
}

function original(form) {
  return form.querySelector("textarea").dataset.original;
}

function dirty(form) {
  return form.querySelector("textarea").value.trim() !== original(form).trim();
}

// What stands unsaved in open fields, for a screen that must be cleared.
export function unsaved() {
  return [...document.querySelectorAll(".cell-edit")].filter(dirty).map(draftOf);
}

function draftOf(form) {
  return { url: form.dataset.draftUrl, field: form.dataset.edit, text: form.querySelector("textarea").value, seen: form.querySelector("[name=seen]").value };
}

export function keepDraft({ url, ...draft }) {
  // A network may be gone without a word; who types is told, and drafts do not pile up behind one another.
  return post(url, draft, { keepalive: true, signal: AbortSignal.timeout(10000) });
}

body.addEventListener("clearing", ({ detail }) => {
  const left = unsaved();
  detail.again.push(...left.map((draft) => () => keepDraft(draft)));
  detail.words.push(...left.filter(({ seen }) => seen === "0").map(({ text }) => text));
});

// Before the screen locks, what stands unsaved becomes a draft, which only the person who wrote it gets back.
body.addEventListener("locking", (event) => event.detail.push(...unsaved().map(keepDraft)));

function announce(field) {
  body.dispatchEvent(new CustomEvent("writing", { detail: field }));
}

body.addEventListener("htmx:afterSwap", (event) => {
  const form = event.detail.elt?.matches?.(".cell-edit, .conflict") ? event.detail.elt : null;
  const found = form || editorOf(event.detail.target?.id);
  if (found?.matches(".conflict")) { found.focus(); return; }
  const shown = found?.matches(".cell-edit") ? found : document.querySelector(".cell-edit:not([data-ready])");
  if (!shown || shown.dataset.ready) return;
  ready(shown);
});

function ready(form) {
  form.dataset.ready = "1";
  window.htmx.process(form);
  const area = form.querySelector("textarea");
  if (joining && joining.field === form.dataset.edit) {
    area.value = joining.text;
    form.querySelector("[name=seen]").value = joining.seen;
    joining = null;
    keepSoon(form);
  }
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  announce(form.dataset.edit);
}

// The field closes; `address` is what is asked for, and with it whether the draft goes.
function close(form, address) {
  clearTimeout(form.timer);
  form.dataset.closing = "1";
  const id = form.id;
  window.htmx.ajax("GET", address, { target: `#${id}`, swap: "outerHTML" })
    .then(() => backTo(form.dataset.edit)).catch(() => { delete form.dataset.closing; });
  announce("");
}

const giveUp = (form) => close(form, form.dataset.giveUpUrl);

// Esc leaves the field, and what was typed is a draft. Without a connection the field stays as it is.
async function leave(form) {
  if (!dirty(form)) { giveUp(form); return; }
  clearTimeout(form.timer);
  form.dataset.closing = "1";
  const kept = await keepDraft(draftOf(form)).catch(() => null);
  delete form.dataset.closing;
  if (!kept?.ok) { tell("Det kunne ikke gemmes som kladde og står her endnu.", 8); return; }
  close(form, form.dataset.hxPost);
  tell("Det, du skrev, er din kladde. Det står i feltet, når du åbner det igen.", 8);
}

function backTo(field) {
  if (document.activeElement && document.activeElement !== body) return;
  textAt(field)?.querySelector(".cell-text")?.focus();
}

function save(form) {
  clearTimeout(form.timer);
  if (form.dataset.sending) return;
  if (!dirty(form)) { giveUp(form); return; }
  form.requestSubmit();
}

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".cell-edit");
  if (!form) {
    const clash = event.target.closest?.(".conflict");
    if (clash && event.key === "Escape") clash.querySelector("button").click();
    return;
  }
  if (event.key === "Enter" && !event.shiftKey && event.target.matches("textarea") && !event.isComposing) {
    event.preventDefault();
    save(form);
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    leave(form);
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-cancel]")) giveUp(event.target.closest(".cell-edit"));
  const join = event.target.closest("[data-join]");
  if (join) {
    const panel = join.closest(".conflict");
    joining = { field: join.dataset.field, seen: join.dataset.seen, text: panel.querySelector("template").content.textContent };
    window.htmx.ajax("GET", join.dataset.editUrl, { target: `#${panel.id}`, swap: "outerHTML" }).catch(() => { joining = null; });
  }
});

document.addEventListener("focusout", (event) => {
  const form = event.target.closest?.(".cell-edit");
  if (!form || body.dataset.moving) return;
  setTimeout(() => {
    // A screen that locks takes the focus away; nobody left the field, and half a text is not saved as a whole one.
    if (!form.isConnected || form.dataset.closing || form.dataset.sending || body.hasAttribute("data-hidden")) return;
    if (!document.hasFocus() || form.contains(document.activeElement)) return;
    // What stands under an open dialog waits; what stands in it is saved as anywhere.
    if (document.querySelector("dialog[open]")?.contains(form) === false) return;
    if (form.querySelector(".error")) return;
    save(form);
  }, 0);
});

// A dialog closed over a text saves it, as leaving the field does anywhere. What cannot be saved becomes a draft; the form
// itself hears how it went, since it is no longer on the page.
document.getElementById("dialog").addEventListener("close", (event) => {
  for (const form of event.target.querySelectorAll(".cell-edit")) {
    clearTimeout(form.timer);
    if (!dirty(form)) continue;
    savesBehind(new Promise((answered) => {
      form.addEventListener("htmx:afterRequest", (done) => {
        announce("");
        answered(done.detail.xhr.status === 200 ? null : keepAndSay(draftOf(form)));
      });
    }));
    if (!form.dataset.sending) form.requestSubmit();
  }
  for (const button of event.target.querySelectorAll(".conflict [data-join]")) {
    const text = button.closest(".conflict").querySelector(".mine .text-block").textContent;
    keepAndSay({ url: button.dataset.draftUrl, field: button.dataset.field, text, seen: button.dataset.seen });
  }
}, true);

function keepAndSay(draft) {
  return keepDraft(draft).then((answer) => answer.ok, () => false).then((kept) => {
    if (kept) tell("Det blev ikke gemt. Det, du skrev, er din kladde og står i feltet, når du åbner det igen.", 10);
    else tell(`Det blev ikke gemt. Du skrev: »${draft.text}«`, 0);
  });
}

// --- sending, and waiting for a connection -----------------------------------------------------------------------------

// A text by its version and a form by its key: sent twice they are kept once.
const SENT_AGAIN = ".cell-edit, [data-hx-post]:has([name=key])";

body.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (!form.matches(SENT_AGAIN)) return;
  form.dataset.sending = "1";
  form.changed = false;
  form.pressed = event.detail.requestConfig.triggeringEvent?.submitter;
});
body.addEventListener("htmx:afterRequest", (event) => {
  // Once swapped out, the form is no longer the event's element, but it is still the request's.
  const form = event.detail.requestConfig?.elt;
  if (!form?.matches?.(SENT_AGAIN)) return;
  delete form.dataset.sending;
  const status = event.detail.xhr?.status || 0;
  // What was said of the connection is no longer so.
  if ([200, 204].includes(status) && form.classList.contains("waiting")) tell("Nu er det gemt.", 4);
  // Who wrote on meanwhile has not said that it is finished.
  const unanswered = status === 0 || status >= 500 || status === 401 || status === 423
    || Boolean(event.detail.xhr?.getResponseHeader("X-Token"));
  form.classList.toggle("waiting", unanswered && !form.changed);
  if (status === 200 && form.matches(".cell-edit")) { announce(""); setTimeout(() => backTo(form.dataset.edit), 0); }
});

export function saveWaiting() {
  for (const form of document.querySelectorAll(`:is(${SENT_AGAIN}).waiting:not([data-sending])`)) {
    form.requestSubmit(form.pressed?.isConnected && form.contains(form.pressed) ? form.pressed : null);
  }
}

// --- drafts -------------------------------------------------------------------------------------------------------------

function keepSoon(form) {
  clearTimeout(form.timer);
  form.timer = setTimeout(() => keep(form), untilKept(form));
}

function keep(form) {
  form.typedSince = null;
  const draft = draftOf(form);
  keepDraft(dirty(form) ? draft : { ...draft, text: "" })
    .then(async (answer) => { if (answer.status === 422) tell(await answer.text(), 0); })
    .catch(() => tell("Ingen forbindelse. Luk ikke fanen; det, du har skrevet, står kun her.", 10));
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.(".cell-edit");
  if (form) keepSoon(form);
  const other = event.target.closest?.("form:not(.cell-edit)");
  if (other) { other.changed = true; other.classList.remove("waiting"); }
});
window.addEventListener("pagehide", () => {
  for (const form of document.querySelectorAll(".cell-edit")) if (dirty(form)) keep(form);
});
window.addEventListener("beforeunload", (event) => {
  if (document.querySelector(`:is(${SENT_AGAIN}).waiting`)) event.preventDefault();
});
// A field that was opened before this module had come.
const early = document.querySelector(".cell-edit:not([data-ready])");
if (early) ready(early);
