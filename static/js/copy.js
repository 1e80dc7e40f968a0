// Taking text out of a page: on paper, or to one's own record.

import { tell } from "./page.js";

const body = document.body;

body.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });

// Text for one's own record. Without the clipboard the text is marked, so that one key copies it.
body.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const field = button && document.getElementById(button.dataset.copy);
  if (!field) return;
  try {
    await navigator.clipboard.writeText(field.value);
    body.dispatchEvent(new Event("close-dialog"));
    tell("Kopieret");
  } catch {
    field.focus();
    field.select();
    document.getElementById("copy-answer").textContent = "Teksten er markeret. Kopiér den med Ctrl+C.";
  }
});
