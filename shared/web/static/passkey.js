/* Asks the device for a passkey, and sends its answer with the form. Nothing is fetched. */
(() => {
  "use strict";
  const able =
    window.PublicKeyCredential &&
    PublicKeyCredential.parseCreationOptionsFromJSON &&
    PublicKeyCredential.parseRequestOptionsFromJSON;
  const forms = document.querySelectorAll("form[data-passkey]");
  if (!able || !forms.length) return;
  for (const none of document.querySelectorAll("[data-passkey-none]")) none.hidden = true;

  const ask = (form) => {
    const options = JSON.parse(form.dataset.options);
    return form.dataset.passkey === "create"
      ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  };

  for (const form of forms) {
    form.hidden = false;
    const failed = form.querySelector("[data-passkey-failed]");
    form.addEventListener("submit", async (event) => {
      const name = form.elements.name;
      /* Without a name the server says so, and nothing is made that nobody keeps. */
      if (name instanceof HTMLInputElement && !name.value.trim()) return;
      event.preventDefault();
      failed.hidden = true;
      try {
        form.elements.credential.value = JSON.stringify((await ask(form)).toJSON());
      } catch {
        failed.hidden = false;
        return;
      }
      form.submit();
    });
  }
})();
