// Runs before anything of a page's own, whatever the policy says: it notes what ran, and can look at what stands there.
(() => {
  window.__ran = [];
  window.__policy = [];
  window.pwn = (number) => { window.__ran.push(`pwn(${number})`); };
  for (const name of ["alert", "confirm", "prompt", "print"]) {
    window[name] = (...said) => { window.__ran.push(`${name}(${said})`); };
  }
  for (const name of ["eval", "Function"]) {
    // The browser's driver evaluates too; a text of ours that is evaluated says so by its number.
    const noted = (said) => { if (`${said}`.includes("pwn")) window.__ran.push(`${name}(${said})`); };
    window[name] = new Proxy(window[name], {
      apply(target, self, said) { noted(said); return Reflect.apply(target, self, said); },
      construct(target, said) { noted(said); return Reflect.construct(target, said); },
    });
  }
  document.addEventListener("securitypolicyviolation",
    (event) => window.__policy.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`), true);

  // Elements no template of ours makes anywhere.
  const NEVER = new Set(["iframe", "frame", "object", "embed", "applet", "img", "image", "video", "audio", "source",
    "math", "mtext", "mglyph", "noscript", "base", "style", "marquee", "u", "portal", "animate", "set"]);
  // Attributes that hold words for the eye or for the form.
  const WORDS = new Set(["value", "aria-label", "placeholder", "data-original", "label", "title",
    "data-title", "data-writing"]);
  const NUMBER = /pwn\W{0,2}(\d{4})/g;
  const at = (address) => new URL(address, location);
  const own = (address) => Boolean(address) && at(address).origin === location.origin && at(address).pathname.startsWith("/static/");

  function strangeElement(element) {
    const tag = element.localName;
    if (NEVER.has(tag)) return "element";
    if (tag === "script") return element.type === "application/json" || own(element.getAttribute("src")) ? "" : "script";
    if (tag === "svg") return element.matches(".icon") && element.children.length === 1 ? "" : "svg";
    if (tag === "meta") return element.closest("head") && !element.httpEquiv ? "" : "meta";
    if (tag === "link") return element.closest("head") && own(element.getAttribute("href")) ? "" : "link";
    if (tag === "form") return at(element.getAttribute("action") || "").origin === location.origin ? "" : "form to elsewhere";
    if (tag === "a" && element.hasAttribute("href")) {
      const to = at(element.getAttribute("href"));
      return ["tel:", "mailto:"].includes(to.protocol) || to.origin === location.origin ? "" : "link to elsewhere";
    }
    return "";
  }

  function strangeAttribute({ name, value }) {
    if (name.startsWith("on") || name.startsWith("hx-") || name.includes("hx-on")) return true;
    if (name === "srcdoc" || name === "style" || /pwn|[^a-z0-9:_-]/i.test(name)) return true;
    if (WORDS.has(name) || !value.match(NUMBER)) return false;
    // What a button sends along is JSON, and may hold a text; anything else that is not words must not.
    return name !== "data-hx-vals" || typeof JSON.parse(value) !== "object";
  }

  function strange(element) {
    try {
      const found = [...element.attributes].find(strangeAttribute);
      return strangeElement(element) || (found ? `attribute ${found.name}` : "");
    } catch (fault) {
      return String(fault);
    }
  }

  // What is wrong under the root, and the numbers of the texts that stand there as text.
  window.__look = (root) => {
    const wrong = [], seen = new Set();
    const read = (words) => { for (const [, number] of (words || "").matchAll(NUMBER)) seen.add(number); };
    const walk = (from) => {
      for (const element of from.querySelectorAll("*")) {
        const what = strange(element);
        if (what) wrong.push(`${what}: ${element.outerHTML.slice(0, 160)}`);
        for (const name of WORDS) read(element.getAttribute(name));
        if (element.matches("input, textarea, select")) read(element.value);
        if (element.localName === "template") walk(element.content);
      }
      read((from.documentElement || from).textContent);
    };
    walk(root);
    return { wrong, seen: [...seen], ran: window.__ran.splice(0), policy: window.__policy.splice(0) };
  };

  // Asks for each address as a press on the page would, into the dialog, and looks at what came.
  window.__ask = async ([method, asked]) => {
    const box = document.getElementById("dialog-body"), found = [];
    let status = 0;
    const told = (event) => { status = event.detail.xhr.status; };
    document.body.addEventListener("htmx:afterRequest", told);
    for (const [url, values] of asked) {
      try {
        await window.htmx.ajax(method, url, { target: "#dialog-body", swap: "innerHTML", values });
      } catch { /* the status says it */ }
      await new Promise((done) => setTimeout(done, 0));
      found.push([url, status, window.__look(box)]);
    }
    document.body.removeEventListener("htmx:afterRequest", told);
    // Emptied first: a dialog closed over a text saves it.
    box.replaceChildren();
    document.getElementById("dialog").close();
    return found;
  };

  // Sends forms in the background as the page's own client does, a few at a time.
  window.__send = async (asked) => {
    const headers = { "X-CSRFToken": document.body.dataset.csrf, "HX-Request": "true" }, statuses = [];
    const one = async ([url, values]) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(values)) form.set(name, value);
      statuses.push((await fetch(url, { method: "POST", body: form, headers })).status);
    };
    while (asked.length) await Promise.all(asked.splice(0, 4).map(one));
    return statuses;
  };

  // Fills a page's own form with the texts and sends it, whatever the browser thinks of them.
  window.__submit = ([texts, fixed]) => {
    const boxes = "input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), textarea";
    const form = [...document.querySelectorAll("main form")].find((one) => one.method === "post" && one.querySelector(boxes));
    let turn = 0;
    for (const box of form.querySelectorAll(boxes)) {
      if (box.localName === "input") box.type = "text";
      box.removeAttribute("maxlength");
      box.value = fixed[box.name] ?? texts[turn++ % texts.length];
    }
    HTMLFormElement.prototype.submit.call(form);
  };
})();
