// The permission matrix: a radio button in the head sets its whole column, and shows when all rows agree; a row
// that is 不可瀏覽 has no date to end. 全選 sets all stores.
(function () {
  "use strict";

  function rowsOf(table) {
    return Array.from(table.querySelectorAll("tbody tr[data-unit]"));
  }

  function levelOf(row) {
    var taken = row.querySelector("input[type=radio]:checked");
    return taken ? taken.value : "";
  }

  function show(table) {
    var levels = rowsOf(table).map(function (row) {
      var level = levelOf(row);
      row.querySelector("[data-date]").disabled = level === "none";
      row.querySelector("[data-picker]").disabled = level === "none";
      return level;
    });
    table.querySelectorAll("[data-matrix-column]").forEach(function (head) {
      head.checked = levels.every(function (level) {
        return level === head.value;
      });
    });
  }

  function setColumn(table, head) {
    var rows = rowsOf(table);
    rows.forEach(function (row) {
      row.querySelector('input[type=radio][value="' + head.value + '"]').checked = true;
    });
    var status = document.querySelector("[data-matrix-status]");
    status.textContent = rows.length + " 項功能" + head.getAttribute("aria-label").replace("全部", "已全部");
  }

  document.querySelectorAll("[data-matrix]").forEach(function (table) {
    table.querySelectorAll("[data-matrix-column]").forEach(function (head) {
      head.hidden = false;
    });
    table.addEventListener("change", function (event) {
      if (event.target.matches("[data-matrix-column]")) {
        setColumn(table, event.target);
      }
      show(table);
    });
    show(table);
    // A browser that restores a form after the back button does so after this script.
    window.addEventListener("pageshow", function () {
      show(table);
    });
  });

  document.querySelectorAll("[data-check-all]").forEach(function (group) {
    var label = group.querySelector("[data-check-all-box]");
    var all = label.querySelector("input");
    var boxes = Array.from(group.querySelectorAll("input[type=checkbox]")).filter(function (box) {
      return box !== all;
    });
    function showAll() {
      var taken = boxes.filter(function (box) {
        return box.checked;
      });
      all.checked = taken.length === boxes.length;
      all.indeterminate = taken.length > 0 && !all.checked;
    }
    label.hidden = boxes.length < 2;
    group.addEventListener("change", function (event) {
      if (event.target === all) {
        boxes.forEach(function (box) {
          box.checked = all.checked;
        });
      }
      showAll();
    });
    showAll();
  });
})();
