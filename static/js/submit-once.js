// A form is sent once: its button says so and finds no second click. The server is safe against double
// submits by itself; this only spares the user a doubt.
(function () {
  "use strict";

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("[data-submit-once]") || event.defaultPrevented) {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    // After this turn, so that the button's own name and value are still sent.
    window.setTimeout(function () {
      form.querySelectorAll("button[data-busy]").forEach(function (button) {
        button.dataset.label = button.querySelector("span").textContent;
        button.querySelector("span").textContent = button.dataset.busy;
        button.disabled = true;
      });
    });
  });

  // Coming back by the browser's back button, a kept page is ready again.
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) {
      return;
    }
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll("button[data-label]").forEach(function (button) {
        button.querySelector("span").textContent = button.dataset.label;
        button.disabled = false;
      });
    });
  });
})();
