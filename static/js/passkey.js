// Adding and using a passkey. The page's form carries what the browser is to be asked (data-options names a block of
// JSON, without it the server is asked), and gets the browser's answer in its hidden field.

const STOPPED = "Det blev ikke til noget. Prøv igen, eller brug en anden måde.";
const UNKNOWN = "Browseren kan ikke bruge adgangsnøgler her. Brug en anden måde.";

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function words(buffer) {
  if (!buffer) return null;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function asked({ publicKey }) {
  const key = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (key.user) key.user = { ...key.user, id: bytes(key.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (key[list]) key[list] = key[list].map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return key;
}

function answered(credential) {
  const { response } = credential;
  const parts = response.attestationObject
    ? { attestationObject: words(response.attestationObject), transports: response.getTransports?.() ?? [] }
    : { authenticatorData: words(response.authenticatorData), signature: words(response.signature), userHandle: words(response.userHandle) };
  return {
    type: credential.type,
    id: credential.id,
    rawId: words(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { clientDataJSON: words(response.clientDataJSON), ...parts },
  };
}

async function ask(form) {
  if (form.dataset.passkey === "create") {
    const options = JSON.parse(document.getElementById(form.dataset.options).textContent).creation_options;
    const publicKey = asked(options);
    // One that can sign in by itself: kept where the person is recognised, and only after they were.
    publicKey.authenticatorSelection = {
      ...publicKey.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required",
    };
    return navigator.credentials.create({ publicKey });
  }
  let options;
  if (form.dataset.options) {
    options = JSON.parse(document.getElementById(form.dataset.options).textContent).request_options;
  } else {
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    options = (await answer.json()).request_options;
  }
  return navigator.credentials.get({ publicKey: asked(options) });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const line = form.querySelector("[data-passkey-error]");
    line.textContent = "";
    if (!window.PublicKeyCredential) { line.textContent = UNKNOWN; return; }
    try {
      form.elements.credential.value = JSON.stringify(answered(await ask(form)));
    } catch {
      line.textContent = STOPPED;
      return;
    }
    form.submit();
  });
}
