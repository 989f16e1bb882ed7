// 信用卡交易專用查詢 and the search box of the home page: the key "/", paste anywhere, Enter to search,
// and an address without empty parameters. Everything works without this file; it only saves key presses.
(function () {
  "use strict";

  function searchBox() {
    return document.querySelector("[data-search]");
  }

  function isTyping() {
    var element = document.activeElement;
    return Boolean(element && element.closest("input, textarea, select, [contenteditable], dialog[open]"));
  }

  document.addEventListener("keydown", function (event) {
    var box = searchBox();
    if (!box || event.isComposing) {
      return;
    }
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping()) {
      event.preventDefault();
      box.focus();
      box.select();
      return;
    }
    // The box takes several lines when they are pasted; Enter searches, Shift+Enter makes a new line.
    if (event.key === "Enter" && !event.shiftKey && event.target === box) {
      event.preventDefault();
      box.form.requestSubmit();
    }
  });

  // A number pasted anywhere on the page goes to the search box: one paste and one key press.
  document.addEventListener("paste", function (event) {
    var box = searchBox();
    if (!box || isTyping()) {
      return;
    }
    var text = event.clipboardData ? event.clipboardData.getData("text").trim() : "";
    if (text === "") {
      return;
    }
    event.preventDefault();
    box.value = text;
    box.focus();
  });

  // What says nothing stays out of the address, so that it is short enough to hand to a colleague.
  var silent = { by: "any", method: "any", token_kind: "any", store_type: "any", funds: "any" };
  document.addEventListener("formdata", function (event) {
    var form = event.target;
    if (!form.matches("[data-filter], .quick-search")) {
      return;
    }
    Array.from(event.formData.entries()).forEach(function (entry) {
      if (entry[1] === "" || silent[entry[0]] === entry[1]) {
        event.formData.delete(entry[0]);
      }
    });
    if (event.formData.get("method") !== "token") {
      event.formData.delete("token_kind");
    }
  });

  // A session that has ended answers with the sign-in page, which has no place inside this one.
  document.addEventListener("htmx:beforeSwap", function (event) {
    var answer = event.detail.xhr;
    if (event.detail.target.id !== "query" || answer.responseText.indexOf('id="query"') !== -1) {
      return;
    }
    event.detail.shouldSwap = false;
    window.location.assign(answer.responseURL || window.location.href);
  });
})();
