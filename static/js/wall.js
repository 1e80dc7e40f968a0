// The screen on the wall: any key puts it out and lights it again, and without an answer nothing is left standing.

const body = document.body;
let answered = Date.now();

document.addEventListener("keydown", () => body.toggleAttribute("data-blank"));
body.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) answered = Date.now(); });
setInterval(() => body.toggleAttribute("data-no-answer", Date.now() - answered > 7000), 1000);
