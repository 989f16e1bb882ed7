// The boxes of the list: one box in the head ticks all, Shift ticks a range, and the bar counts what is ticked.
// Without this file the boxes are ticked one by one and the buttons are always there.
(function () {
  "use strict";

  var last = null;

  function boxes(form) {
    return Array.from(form.querySelectorAll("input[name=trade_no]"));
  }

  function show(form) {
    var all = boxes(form);
    var ticked = all.filter(function (box) { return box.checked; }).length;
    form.querySelector("[data-pick-count]").textContent = ticked ? "已選 " + ticked + " 筆：" : "勾選交易後可以：";
    form.querySelectorAll("[data-pick]").forEach(function (button) { button.disabled = ticked === 0; });
    var head = form.querySelector("[data-pick-all]");
    if (head) {
      head.checked = ticked > 0 && ticked === all.length;
      head.indeterminate = ticked > 0 && ticked < all.length;
    }
  }

  function start() {
    var form = document.getElementById("picking");
    if (!form) {
      return;
    }
    var head = form.querySelector("thead th");
    if (!head.querySelector("input")) {
      var label = document.createElement("label");
      var box = document.createElement("input");
      box.type = "checkbox";
      box.setAttribute("data-pick-all", "");
      box.setAttribute("aria-label", "選取本頁全部交易");
      label.append(box);
      head.replaceChildren(label);
    }
    last = null;
    show(form);
  }

  document.addEventListener("click", function (event) {
    var box = event.target;
    if (!box.matches || !box.matches("#picking input[name=trade_no], #picking [data-pick-all]")) {
      return;
    }
    var form = box.closest("form");
    var all = boxes(form);
    if (box.hasAttribute("data-pick-all")) {
      all.forEach(function (one) { one.checked = box.checked; });
    } else {
      var from = all.indexOf(last);
      var to = all.indexOf(box);
      if (event.shiftKey && from >= 0) {
        all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach(function (one) { one.checked = box.checked; });
      }
      last = box;
    }
    show(form);
  });

  document.addEventListener("htmx:afterSwap", start);
  window.addEventListener("pageshow", start); // the boxes that the browser brings back
})();
