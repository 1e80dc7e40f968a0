// The locked screen: six digits open it at the sixth, a passkey by its button. Works as plain forms without this.

import { ASKS, post } from "./page.js";

export function ready(root, { before = async () => {}, after } = {}) {
  for (const field of root.querySelectorAll(".code")) {
    field.addEventListener("input", () => { if (/^\d{6}$/.test(field.value)) field.form.requestSubmit(); });
  }
  for (const part of root.querySelectorAll("details")) {
    part.addEventListener("toggle", () => { if (part.open) part.querySelector(".code, [type=password]")?.focus(); });
  }
  if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    for (const button of root.querySelectorAll("[data-passkey-unlock]")) {
      button.hidden = false;
      button.addEventListener("click", () => byPasskey(button, before, after));
    }
  }
  root.querySelector("details[open] .code, details[open] [type=password]")?.focus();
  if (!after) return;
  for (const form of root.querySelectorAll("[data-unlock]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      await before(form.dataset.unlock);
      const answer = await post(form.action, new FormData(form)).catch(() => null);
      if (answer?.ok) after((await answer.json()).user);
      else { say(form, answer ? await answer.text() : "Ingen forbindelse. Prøv igen."); form.querySelector("[type=password]").value = ""; }
    });
  }
}

function say(form, words) {
  let line = form.querySelector(".error");
  if (!line) {
    line = document.createElement("p");
    line.className = "error";
    line.setAttribute("role", "alert");
    form.querySelector("button").before(line);
  }
  line.textContent = words;
}

async function byPasskey(button, before, after) {
  const who = button.dataset.passkeyUnlock;
  const form = button.closest(".locked").querySelector("form");
  await before(who);
  try {
    const asked = await fetch(`${button.dataset.url}?hvem=${who}`, { headers: ASKS });
    if (!asked.ok) { say(form, await asked.text()); return; }
    const options = PublicKeyCredential.parseRequestOptionsFromJSON((await asked.json()).publicKey);
    const credential = await navigator.credentials.get({ publicKey: options });
    const data = new FormData();
    data.set("who", who);
    data.set("credential", JSON.stringify(credential));
    data.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    const answer = await post(button.dataset.url, data);
    if (!answer.ok) { say(form, await answer.text()); return; }
    if (after) after((await answer.json()).user);
    else location.assign(button.dataset.next);
  } catch {
    say(form, "Nøglen blev ikke brugt. Prøv igen, eller brug koden.");
  }
}

const page = document.querySelector("main [data-locked]");
if (page) ready(page);
