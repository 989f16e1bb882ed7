// A dialog that arrives open is made modal: focus stays inside, Escape closes it, and the page behind waits.
(function () {
  "use strict";

  document.querySelectorAll("dialog[data-dialog][open]").forEach(function (dialog) {
    dialog.removeAttribute("open");
    dialog.showModal();
  });
})();
