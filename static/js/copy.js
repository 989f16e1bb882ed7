// Copy buttons and the print button. Both are hidden until this file has run.
(function () {
  "use strict";

  function reveal(root) {
    var useful = navigator.clipboard ? "[data-copy], [data-print]" : "[data-print]";
    root.querySelectorAll(useful).forEach(function (button) {
      button.hidden = false;
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy], [data-print]");
    if (!button) {
      return;
    }
    if ("print" in button.dataset) {
      window.print();
      return;
    }
    navigator.clipboard.writeText(button.dataset.copy).then(function () {
      button.classList.add("copied");
      button.setAttribute("aria-label", "已複製");
      window.setTimeout(function () {
        button.classList.remove("copied");
        button.setAttribute("aria-label", button.title);
      }, 1600);
    });
  });

  reveal(document);
})();
