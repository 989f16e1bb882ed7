// Passkeys: form[data-passkey=create|get|sign-in] runs a WebAuthn ceremony and sends its answer. The options
// stand in data-options, or come from a POST to data-begin. What needs a passkey is hidden until this has run;
// whatever is decided here is decided again by the server.
(function () {
  "use strict";

  var known = window.PublicKeyCredential;
  if (!known || !navigator.credentials) {
    return;
  }

  var problems = {
    AbortError: "Passkey 驗證已中止，請再試一次。",
    InvalidStateError: "此裝置已註冊這個帳號的 Passkey，不需要再註冊。",
    NotAllowedError: "沒有完成 Passkey 驗證，可能已取消、逾時，或此裝置沒有可用的 Passkey。請再試一次，或改用其他方式。",
    SecurityError: "這個網址不能使用 Passkey，請確認網址，或改用其他方式。",
  };
  var otherProblem = "目前無法使用 Passkey，請再試一次，或改用其他方式。";

  // A challenge is good for five minutes; one that waits behind a field is renewed before.
  var renewAfter = 4 * 60 * 1000;
  var waiting = null; // stops the request that waits behind the field
  var renewal = 0;

  function bytes(text) {
    return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
  }

  function encoded(buffer) {
    var binary = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  }

  // Older browsers have neither the parsers nor toJSON.
  function parsed(kind, options) {
    var parse = kind === "create" ? known.parseCreationOptionsFromJSON : known.parseRequestOptionsFromJSON;
    if (parse) {
      return parse.call(known, options);
    }
    var withBytes = (entry) => Object.assign({}, entry, { id: bytes(entry.id) });
    var read = Object.assign({}, options, { challenge: bytes(options.challenge) });
    if (options.user) {
      read.user = withBytes(options.user);
    }
    ["allowCredentials", "excludeCredentials"].forEach(function (list) {
      read[list] = (options[list] || []).map(withBytes);
    });
    return read;
  }

  function written(credential) {
    if (credential.toJSON) {
      return credential.toJSON();
    }
    var response = {};
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (part) {
      if (credential.response[part]) {
        response[part] = encoded(credential.response[part]);
      }
    });
    return { id: credential.id, rawId: encoded(credential.rawId), type: credential.type, response: response,
      clientExtensionResults: credential.getClientExtensionResults() };
  }

  async function begin(form) {
    if (!form.dataset.begin) {
      return { options: JSON.parse(form.dataset.options) };
    }
    var answer = await fetch(form.dataset.begin, { method: "POST", credentials: "same-origin" });
    if (!answer.ok) {
      throw new Error("status " + answer.status);
    }
    return answer.json();
  }

  async function run(form, how) {
    var kind = form.dataset.passkey;
    var ceremony = await begin(form);
    how.publicKey = parsed(kind, ceremony.options);
    var credential = await (kind === "create" ? navigator.credentials.create(how) : navigator.credentials.get(how));
    if (ceremony.token) {
      form.querySelector("[data-passkey-ceremony]").value = ceremony.token;
    }
    form.querySelector("[data-passkey-response]").value = JSON.stringify(written(credential));
    form.noValidate = true; // a password that may be given instead is not missing
    form.requestSubmit();
  }

  function tell(form, text) {
    var line = form.querySelector("[data-passkey-problem]");
    line.textContent = text;
    line.hidden = text === "";
  }

  // Offers passkeys among the suggestions of the account's field, until stop is called.
  function suggest(form) {
    stop();
    waiting = new AbortController();
    run(form, { mediation: "conditional", signal: waiting.signal }).catch(() => {}); // the button still works
    renewal = window.setTimeout(function () {
      if (document.hidden) {
        document.addEventListener("visibilitychange", () => suggest(form), { once: true });
      } else {
        suggest(form);
      }
    }, renewAfter);
  }

  function stop() {
    window.clearTimeout(renewal);
    if (waiting) {
      waiting.abort();
    }
  }

  function reveal(root) {
    root.querySelectorAll("[data-passkey-start], [data-passkey-only]").forEach(function (element) {
      element.hidden = false;
    });
  }

  document.addEventListener("click", async function (event) {
    var button = event.target.closest("[data-passkey-start]");
    var form = button && button.closest("form[data-passkey]");
    if (!form || (form.dataset.passkey === "create" && !form.reportValidity())) {
      return;
    }
    event.preventDefault();
    stop(); // a browser answers one request at a time
    tell(form, "");
    button.disabled = true;
    try {
      await run(form, {});
    } catch (error) {
      tell(form, problems[error.name] || otherProblem);
      if (waiting) {
        suggest(form);
      }
    }
    button.disabled = false;
  });

  reveal(document);
  document.addEventListener("htmx:load", (event) => reveal(event.detail.elt));

  var signIn = document.querySelector("form[data-passkey=sign-in]");
  if (signIn && document.querySelector("input[autocomplete~=webauthn]") && known.isConditionalMediationAvailable) {
    known.isConditionalMediationAvailable().then((can) => can && suggest(signIn));
  }
})();
