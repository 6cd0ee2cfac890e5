// Passkeys: the only thing here that needs a script. A form with `data-passkey` asks the server for options, the
// device for an answer, and sends that answer as any other form. Without passkeys the form stays hidden.
const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

async function ask(kind, options) {
  options.challenge = toBytes(options.challenge);
  for (const known of [...(options.excludeCredentials || []), ...(options.allowCredentials || [])]) known.id = toBytes(known.id);
  if (options.user) options.user.id = toBytes(options.user.id);
  const given = await navigator.credentials[kind]({ publicKey: options });
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (given.response[name]) response[name] = toText(given.response[name]);
  }
  return JSON.stringify({ id: given.id, rawId: toText(given.rawId), type: given.type, response });
}

async function send(form) {
  const said = form.querySelector(".problem");
  said.hidden = true;
  try {
    const body = new URLSearchParams({ csrf: form.elements.csrf.value });
    const answer = await fetch(form.dataset.options, { method: "POST", body });
    if (!answer.ok) throw new Error(answer.status);
    form.elements.answer.value = await ask(form.dataset.passkey, await answer.json());
    form.submit();
  } catch {
    said.hidden = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}
