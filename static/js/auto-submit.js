// Sends the form that carries a result or a request on to the next site. Its button does the same by hand.
(function () {
  "use strict";

  var form = document.querySelector("form[data-auto-submit]");
  if (form) {
    form.submit();
  }
})();
