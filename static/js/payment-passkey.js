// Passkeys in a payment. [data-payment-passkey] says what is to be done: "spc" (Secure Payment Confirmation,
// else the relying party's own page, else a plain passkey), "get" (a plain passkey), "create" (a new one). The
// form beside it always leads on without: nothing here may stand in the way of paying. The relying party decides
// everything again by itself.
(function () {
  "use strict";

  var box = document.querySelector("[data-payment-passkey]");
  if (!box) {
    return;
  }
  var kind = box.dataset.paymentPasskey;
  var parent = box.dataset.parent || "";
  var start = box.querySelector("[data-passkey-start]");
  var state = box.querySelector("[data-passkey-state]");
  var other = box.querySelector("[data-passkey-other]");
  var createMax = 60 * 1000; // of our own: a device that does not answer must not hold the payment up
  var busy = false;
  var answered = null; // the passkey that answered last
  var giveUpAt = Infinity; // when a plain passkey's time is over, on the clock of performance.now

  function bytes(text) {
    return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
  }

  function encoded(buffer) {
    var binary = "";
    new Uint8Array(buffer).forEach((byte) => (binary += String.fromCharCode(byte)));
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  }

  // Goes on where the payment goes on: on this page, or on the page around the frame.
  function go(result) {
    forget(result);
    if (parent && window.parent !== window) {
      window.parent.postMessage({ type: "memberzone-passkey", result: result.status || "over" }, parent);
      if (!result.next) {
        return;
      }
    }
    window.location.replace(result.next || box.dataset.next);
  }

  async function ask(address, body) {
    // Plain text needs no preflight, and the relying party reads JSON whatever it is called.
    var answer = await fetch(address, { method: "POST", body: JSON.stringify(body), credentials: "omit" });
    var result = await answer.json();
    if (!answer.ok) {
      throw Object.assign(new Error(result.code || "status " + answer.status), { name: "RefusedError", result: result });
    }
    return result;
  }

  // Some browsers leave extension outputs out of toJSON, and older ones have no toJSON.
  function written(credential) {
    var response = {};
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (part) {
      if (credential.response[part]) {
        response[part] = encoded(credential.response[part]);
      }
    });
    if (credential.response.getTransports) {
      response.transports = credential.response.getTransports();
    }
    var outputs = credential.getClientExtensionResults();
    var extensions = {};
    if (outputs.credProps) {
      extensions.credProps = outputs.credProps;
    }
    var bound = outputs.payment && outputs.payment.browserBoundSignature;
    if (bound && bound.signature) {
      extensions.payment = { browserBoundSignature: { signature: encoded(bound.signature) } };
    }
    return {
      id: credential.id, rawId: encoded(credential.rawId), type: credential.type, response: response,
      authenticatorAttachment: credential.authenticatorAttachment || undefined, clientExtensionResults: extensions,
    };
  }

  function withBytes(options) {
    var read = Object.assign({}, options, { challenge: bytes(options.challenge) });
    if (options.user) {
      read.user = Object.assign({}, options.user, { id: bytes(options.user.id) });
    }
    ["allowCredentials", "excludeCredentials"].forEach(function (list) {
      if (options[list]) {
        read[list] = options[list].map((entry) => Object.assign({}, entry, { id: bytes(entry.id) }));
      }
    });
    return read;
  }

  function device() {
    return { spc: "PaymentRequest" in window, webauthn: "PublicKeyCredential" in window };
  }

  // canMakePayment answers for browsers that cannot tell the reason yet.
  async function canConfirm() {
    if (!window.PaymentRequest) {
      return false;
    }
    if (PaymentRequest.securePaymentConfirmationAvailability) {
      return (await PaymentRequest.securePaymentConfirmationAvailability()) === "available";
    }
    try {
      var trial = new PaymentRequest([{ supportedMethods: "secure-payment-confirmation", data: {
        challenge: new Uint8Array(32), rpId: location.hostname, credentialIds: [new Uint8Array(32)], payeeName: "trial",
        instrument: { displayName: "trial", icon: location.origin + "/static/trial.png" },
      } }], { total: { label: "trial", amount: { currency: "TWD", value: "1" } } });
      return await trial.canMakePayment();
    } catch (error) {
      return false;
    }
  }

  async function confirmPayment() {
    var ceremony = await ask(box.dataset.begin, { kind: "spc", device: device() });
    var data = Object.assign({}, ceremony.spc.data);
    data.challenge = bytes(data.challenge);
    data.credentialIds = data.credentialIds.map(bytes);
    var request = new PaymentRequest([{ supportedMethods: "secure-payment-confirmation", data: data }],
      { total: ceremony.spc.total });
    var answer = await request.show();
    answered = { rpId: ceremony.spc.data.rpId, credentialId: answer.details.id };
    try {
      var result = await ask(box.dataset.finish, { token: ceremony.token, response: written(answer.details) });
      await answer.complete(result.status === "done" ? "success" : "fail");
      return result;
    } catch (error) {
      await answer.complete("fail");
      throw error;
    }
  }

  async function assert() {
    var ceremony = await ask(box.dataset.begin, { kind: "webauthn", device: device() });
    giveUpAt = performance.now() + ceremony.webauthn.timeout;
    var credential = await navigator.credentials.get({ publicKey: withBytes(ceremony.webauthn) });
    answered = { rpId: ceremony.webauthn.rpId, credentialId: credential.id };
    return ask(box.dataset.finish, { token: ceremony.token, response: written(credential) });
  }

  async function create() {
    var ceremony = await ask(box.dataset.begin, { kind: "create", device: device() });
    var stop = new AbortController();
    var timer = 0;
    // Chromium does not end an aborted request as long as the device is silent.
    var slow = new Promise(function (resolve, reject) {
      timer = window.setTimeout(function () {
        reject(new DOMException("slow", "TimeoutError"));
        stop.abort();
      }, createMax);
    });
    var request = { publicKey: withBytes(ceremony.options), signal: stop.signal };
    try {
      var credential = await Promise.race([navigator.credentials.create(request), slow]);
      return await ask(box.dataset.finish, { token: ceremony.token, response: written(credential) });
    } finally {
      window.clearTimeout(timer);
    }
  }

  function say(text) {
    state.textContent = text;
  }

  // Leads on by code, with the reason that the merchant sees.
  function giveUp(why) {
    other.querySelector("[name=why]").value = why;
    other.querySelector("button").click();
  }

  // Where Secure Payment Confirmation is not to be had, the relying party's own page asks for the passkey.
  function elsewhere() {
    if (box.dataset.page) {
      window.location.replace(box.dataset.page);
      return;
    }
    kind = "get";
    window.setTimeout(run, 0); // once this run has ended
  }

  // The device may forget a passkey that the relying party does not know any more.
  function forget(result) {
    if (result.gone && answered && PublicKeyCredential.signalUnknownCredential) {
      PublicKeyCredential.signalUnknownCredential(answered).catch(() => {});
    }
  }

  function failed(error) {
    var name = error.name;
    if (name === "RefusedError") {
      if (error.result.next) {
        go(error.result);
        return;
      }
      if (kind !== "create") {
        giveUp("failed");
        return;
      }
    } else if (kind === "spc") {
      if (name === "NotAllowedError" || name === "NotSupportedError") {
        elsewhere();
        return;
      }
      if (name === "OptOutError") {
        giveUp("opted_out");
        return;
      }
      if (name === "SecurityError" || name === "TypeError" || name === "RangeError") {
        giveUp("failed");
        return;
      }
      if (name === "AbortError" && !/user closed/i.test(error.message)) {
        giveUp("timed_out"); // the device failed or did not answer: never the cardholder's will
        return;
      }
    }
    say(box.dataset.failed);
    var why = "cancelled";
    if (name === "TimeoutError" || (kind === "get" && performance.now() >= giveUpAt)) {
      why = "timed_out";
    } else if (kind === "get" && name === "NotAllowedError") {
      why = "no_credential"; // or the cardholder does not want: browsers tell nobody which
    }
    other.querySelector("[name=why]").value = why;
  }

  async function run() {
    if (busy) {
      return;
    }
    busy = true;
    start.disabled = true;
    say(box.dataset.waiting);
    try {
      if (kind === "spc" && !(await canConfirm())) {
        elsewhere();
        return;
      }
      go(await { spc: confirmPayment, get: assert, create: create }[kind]());
      return;
    } catch (error) {
      failed(error);
    } finally {
      busy = false;
      start.disabled = false;
    }
  }

  if (kind === "over") {
    if (parent && window.parent !== window) {
      window.parent.postMessage({ type: "memberzone-passkey", result: "over" }, parent);
    }
    return;
  }
  if (!window.PublicKeyCredential || !navigator.credentials) {
    giveUp("unsupported");
    return;
  }
  start.hidden = false;
  start.addEventListener("click", run);
  if ("autoStart" in box.dataset) {
    run();
  }
})();
