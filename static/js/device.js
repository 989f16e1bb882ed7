// Says in the card form what this browser can do, so that the server offers only what works: whether it knows
// passkeys, whether the device can check who holds it, and whether payments can be confirmed by the browser.
(function () {
  "use strict";

  var field = document.querySelector("[data-device]");
  if (!field) {
    return;
  }

  async function answerOf(question) {
    try {
      return await question();
    } catch (error) {
      return undefined;
    }
  }

  async function report() {
    var known = window.PublicKeyCredential;
    var device = { webauthn: Boolean(known && navigator.credentials), uvpa: false, spc: "unknown" };
    if (device.webauthn && known.isUserVerifyingPlatformAuthenticatorAvailable) {
      device.uvpa = Boolean(await answerOf(() => known.isUserVerifyingPlatformAuthenticatorAvailable()));
    }
    if (window.PaymentRequest && PaymentRequest.securePaymentConfirmationAvailability) {
      device.spc = (await answerOf(() => PaymentRequest.securePaymentConfirmationAvailability())) || "unknown";
    }
    field.value = JSON.stringify(device);
    if ("deviceSends" in field.dataset) {
      field.form.requestSubmit();
    }
  }

  report();
})();
