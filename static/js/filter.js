// Which rows of the board are shown, as the address says: ?mine=1 and ?niveau=akut. The address can be kept and shared.

const body = document.body;

function wish() {
  const query = new URLSearchParams(location.search);
  return { mine: query.get("mine") === "1", level: query.get("niveau") || "" };
}

function shown(row, { mine, level }) {
  // A row somebody is writing in here stays, whatever the filter.
  if (row.querySelector(".cell-edit, .conflict")) return true;
  // An admitted resident who is akut stands among the akut, and is found as admitted all the same.
  const admitted = level === "indlagt" && row.querySelector("[data-admitted]");
  if (level && row.dataset.level !== level && !admitted) return false;
  return !mine || (row.querySelector("[data-people]")?.dataset.people || "").split(" ").includes(body.dataset.user);
}

function draw() {
  const now = wish();
  let hidden = 0;
  for (const row of document.querySelectorAll(".board tbody tr")) {
    row.hidden = !shown(row, now);
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
  draw();
});

body.addEventListener("board-drawn", draw);
draw();
