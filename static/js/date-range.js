// The calendar buttons and the quick ranges of a date range.
(function () {
  "use strict";

  // The native picker belongs to a date input, whose text browsers show in their own language. So the text
  // field stays what is read and sent, and an unnamed date input lends only its calendar.
  function lender(button, field) {
    var picker = button.parentNode.querySelector("input[type=date]");
    if (!picker) {
      picker = document.createElement("input");
      picker.type = "date";
      picker.className = "picker-lender";
      picker.tabIndex = -1;
      picker.setAttribute("aria-hidden", "true");
      picker.addEventListener("change", function () {
        if (picker.value) {
          field.value = picker.value;
          field.focus();
        }
      });
      button.parentNode.appendChild(picker);
    }
    return picker;
  }

  function reveal(root) {
    if (!("showPicker" in HTMLInputElement.prototype)) {
      return;
    }
    root.querySelectorAll("[data-picker]").forEach(function (button) {
      button.hidden = false;
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-picker]");
    if (button) {
      var field = document.getElementById(button.dataset.picker);
      var picker = lender(button, field);
      picker.value = /^\d{4}-\d{2}-\d{2}$/.test(field.value) ? field.value : "";
      picker.showPicker();
      return;
    }
    var quick = event.target.closest("a[data-from]");
    if (!quick || event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    // With a script the quick range keeps whatever else is typed in the form.
    var range = quick.closest("[data-date-range]");
    event.preventDefault();
    range.querySelector("[name=from]").value = quick.dataset.from;
    range.querySelector("[name=to]").value = quick.dataset.to;
    quick.closest("form").requestSubmit();
  });

  reveal(document);
  document.addEventListener("htmx:load", function (event) {
    reveal(event.detail.elt);
  });
})();
