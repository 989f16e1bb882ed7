// The form for a code by text message: a code that the browser reads from the message (WebOTP) is filled in,
// six digits send the form, and a countdown opens the button for a new code by the server's clock.
(function () {
  "use strict";

  var field = document.querySelector("[data-otp-field]");
  if (!field) {
    return;
  }
  var form = field.form;

  function send() {
    if (!form.dataset.sent) {
      form.requestSubmit();
    }
  }

  field.addEventListener("input", function (event) {
    if (event.isComposing) {
      return;
    }
    // Full-width digits come from Chinese and Japanese keyboards.
    var digits = field.value.replace(/[０-９]/g, function (digit) {
      return String.fromCharCode(digit.charCodeAt(0) - 0xfee0);
    }).replace(/\D/g, "");
    if (digits.length === 6) {
      field.value = digits;
      send();
    }
  });
  field.focus();

  if ("OTPCredential" in window) {
    var waiting = new AbortController();
    form.addEventListener("submit", () => waiting.abort());
    navigator.credentials.get({ otp: { transport: ["sms"] }, signal: waiting.signal }).then(function (otp) {
      field.value = otp.code;
      send();
    }, function () {
      // The code is typed instead.
    });
  }

  var line = document.querySelector("[data-resend-at]");
  if (!line) {
    return;
  }
  var button = document.querySelector("[data-resend]");
  var left = Date.parse(line.dataset.resendAt) - Date.parse(line.dataset.now);
  var started = performance.now();

  function tick() {
    var seconds = Math.ceil((left - (performance.now() - started)) / 1000);
    if (seconds > 0) {
      line.textContent = line.dataset.left.replace("{t}", Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0"));
      return;
    }
    window.clearInterval(timer);
    line.hidden = true;
    button.disabled = false;
  }

  var timer = window.setInterval(tick, 1000);
  tick();
})();
