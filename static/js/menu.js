// The checkbox menu: its line names the selection, and it closes on Escape or a click elsewhere.
(function () {
  "use strict";

  function menuOf(element) {
    return element.closest ? element.closest("[data-check-menu]") : null;
  }

  function name(menu) {
    var boxes = Array.from(menu.querySelectorAll("input"));
    var taken = boxes.filter(function (box) {
      return box.checked;
    });
    if (taken.length === 0 || taken.length === boxes.length) {
      return menu.dataset.all;
    }
    if (taken.length > 1) {
      return "已選 " + taken.length + " 項";
    }
    return taken[0].closest("label").querySelector("span").firstChild.textContent.trim();
  }

  document.addEventListener("change", function (event) {
    var menu = menuOf(event.target);
    if (!menu) {
      return;
    }
    var summary = menu.querySelector("summary");
    var label = menu.closest("fieldset").querySelector("legend").textContent.trim();
    menu.querySelector("[data-summary]").textContent = name(menu);
    summary.setAttribute("aria-label", label + "：" + name(menu));
  });

  function closeOthers(kept) {
    document.querySelectorAll("[data-check-menu][open]").forEach(function (menu) {
      if (menu !== kept) {
        menu.open = false;
      }
    });
  }

  document.addEventListener("click", function (event) {
    closeOthers(menuOf(event.target));
  });

  document.addEventListener("keydown", function (event) {
    var menu = event.key === "Escape" ? menuOf(event.target) : null;
    if (menu && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
})();
