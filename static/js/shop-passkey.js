// A merchant's own page (the demonstration shop): it asks for the card's passkey by Secure Payment Confirmation with
// what the gateway's answer holds, or frames the relying party's page. Whatever fails goes on by code: the form beside
// it leads there without scripts as well.
(function () {
  "use strict";

  function bytes(text) {
    return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
  }

  function encoded(buffer) {
    var binary = "";
    new Uint8Array(buffer).forEach((byte) => (binary += String.fromCharCode(byte)));
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  }

  var frame = document.getElementById("relying-party");
  if (frame) {
    window.addEventListener("message", function (event) {
      if (event.origin !== frame.dataset.origin || event.source !== frame.contentWindow ||
          !event.data || event.data.type !== "memberzone-passkey") {
        return;
      }
      window.location.replace(event.data.result === "done" ? frame.dataset.done : frame.dataset.other);
    });
    return;
  }

  var box = document.querySelector("[data-shop-passkey]");
  if (!box) {
    return;
  }
  var offer = JSON.parse(box.dataset.shopPasskey);
  var start = box.querySelector("[data-start]");
  var state = box.querySelector("[data-state]");
  var other = box.querySelector("[data-other]");

  // What the gateway counts, by what the browser says (SPC, outcomes of show).
  function reasonOf(error) {
    switch (error.name) {
      case "OptOutError":
        return "opted_out";
      case "AbortError":
        return /user closed/i.test(error.message) ? "cancelled" : "timed_out";
      default:
        return "failed";
    }
  }

  function giveUp(why) {
    other.querySelector("[name=why]").value = why;
    other.submit();
  }

  function requested() {
    var data = {
      challenge: bytes(offer.Challenge), rpId: offer.RpId, credentialIds: offer.CredentialIds.map(bytes),
      payeeName: offer.PayeeName, instrument: offer.Instrument, timeout: offer.Timeout,
    };
    if (offer.PayeeOrigin) {
      data.payeeOrigin = offer.PayeeOrigin;
    }
    return new PaymentRequest([{ supportedMethods: "secure-payment-confirmation", data: data }],
      { total: { label: "付款金額", amount: offer.Total } });
  }

  function written(credential) {
    var response = {};
    ["clientDataJSON", "authenticatorData", "signature", "userHandle"].forEach(function (part) {
      if (credential.response[part]) {
        response[part] = encoded(credential.response[part]);
      }
    });
    var extensions = {};
    var outputs = credential.getClientExtensionResults().payment;
    if (outputs && outputs.browserBoundSignature) {
      extensions.payment = { browserBoundSignature: { signature: encoded(outputs.browserBoundSignature.signature) } };
    }
    return {
      id: credential.id, rawId: encoded(credential.rawId), type: credential.type, response: response,
      clientExtensionResults: extensions,
    };
  }

  async function confirmPayment() {
    start.disabled = true;
    state.textContent = "請在裝置上確認付款。";
    try {
      var answer = await requested().show();
      var reply = await fetch(other.action, {
        method: "POST", headers: { Accept: "application/json" },
        body: new URLSearchParams({ assertion: JSON.stringify(written(answer.details)) }),
      });
      var result = await reply.json();
      await answer.complete(result.paid ? "success" : "fail");
      window.location.replace(result.next);
    } catch (error) {
      if (error.name === "NotSupportedError" || error.name === "NotAllowedError") {
        window.location.replace(box.dataset.frame); // the passkey may still be had without payment confirmation
        return;
      }
      giveUp(reasonOf(error));
    }
  }

  if (!window.PaymentRequest || !window.PublicKeyCredential) {
    giveUp("unsupported");
    return;
  }
  start.hidden = false;
  start.addEventListener("click", confirmPayment);
})();
