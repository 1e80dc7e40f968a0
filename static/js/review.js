// The day a resident is discussed again follows the chosen criteria until somebody sets it by hand. Fetched by page.js
// when a dialog has such a day.

const inside = document.getElementById("dialog-body");
const day = () => inside.querySelector("input[name=review_by]");

// A dialog has opened.
export function begin() {
  const field = day();
  // Somebody may have been quicker than the fetching of this.
  if (field && field.value !== field.defaultValue) field.dataset.byHand = "1";
  propose();
}

function say(words) {
  const note = inside.querySelector("[data-proposed]");
  if (note) note.textContent = words;
}

function propose() {
  const field = day();
  if (!field || field.dataset.byHand) return;
  const days = [...inside.querySelectorAll("input[name=criteria]:checked")].map(termOf).filter(Boolean).sort();
  if (!days.length) return;
  field.value = days[0];
  say("foreslået");
}

// A term with lead time counts back from the deadline; from that day on it counts forward, never past the deadline.
function termOf(box) {
  const { deadline, lead } = box.dataset;
  if (!lead) return deadline;
  const typed = inside.querySelector("input[name=deadline]");
  if (!typed?.value) return "";
  const begins = new Date(`${typed.value}T12:00:00Z`);
  begins.setUTCDate(begins.getUTCDate() - Number(lead));
  const first = begins.toISOString().slice(0, 10);
  const today = typed.dataset.today;
  if (first > today) return first;
  return typed.value > today && typed.value < deadline ? typed.value : deadline;
}

inside.addEventListener("change", ({ target }) => {
  if (target.name === "criteria" || target.name === "deadline") propose();
  if (target.name !== "review_by") return;
  target.dataset.byHand = "1";
  say("");
});
