// 支援主控台 by keyboard: j and k walk the rows of a list, Enter opens the one that has the focus (it is a link),
// and / goes to the search box. Everything works without this file; it only saves hand movements.
(function () {
  "use strict";

  function isTyping() {
    var element = document.activeElement;
    return Boolean(element && element.closest("input, textarea, select, [contenteditable], dialog[open]"));
  }

  function links() {
    return Array.from(document.querySelectorAll("[data-rows] [data-row] th a"));
  }

  function walk(by) {
    var all = links();
    if (all.length === 0) {
      return;
    }
    var row = document.activeElement ? document.activeElement.closest("[data-row]") : null;
    var at = row ? all.indexOf(row.querySelector("th a")) : -1;
    var to = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    all[to].focus();
    all[to].scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", function (event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || isTyping()) {
      return;
    }
    var box = document.querySelector("[data-find]");
    if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      walk(event.key === "j" ? 1 : -1);
    } else if (event.key === "/" && box) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });

  // The small forms beside the queue are shut by Escape and by a click elsewhere.
  function shutTools(kept) {
    document.querySelectorAll("details.tool[open]").forEach(function (tool) {
      if (tool !== kept) {
        tool.open = false;
      }
    });
  }
  document.addEventListener("click", function (event) {
    shutTools(event.target.closest ? event.target.closest("details.tool") : null);
  });
  document.addEventListener("keydown", function (event) {
    var tool = event.key === "Escape" && event.target.closest ? event.target.closest("details.tool[open]") : null;
    if (tool) {
      tool.open = false;
      tool.querySelector("summary").focus();
    }
  });
})();
