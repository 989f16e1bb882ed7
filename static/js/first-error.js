// A form that was refused arrives with the focus on the first field that is wrong; of a group, on what can take it.
(function () {
  "use strict";

  var wrong = '[aria-invalid="true"]:not(fieldset), fieldset[aria-invalid="true"] :is(input, summary)';
  window.addEventListener("load", function () { // when the other scripts have shown and disabled what they do
    Array.from(document.querySelectorAll(wrong)).some(function (control) {
      control.focus();
      return document.activeElement === control;
    });
  });
})();
