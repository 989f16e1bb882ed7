// 信用卡交易專用查詢 and the search box of the home page: the key "/", paste anywhere, Enter to search,
// an address without empty parameters, whole card numbers posted, and 進階查詢 as it was left. Everything works
// without this file; it only saves key presses.
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

  // A whole card number must not stand in an address: it is posted instead, with the other conditions.
  function cardIn(text) {
    var digits = text.trim().replace(/[\uff10-\uff19]/g, function (digit) {
      return String.fromCharCode(digit.charCodeAt(0) - 0xfee0);
    });
    digits = digits.replace(/[\s\u3000-]/g, "");
    if (!/^[0-9]{13,19}$/.test(digits)) {
      return "";
    }
    var sum = 0;
    for (var i = 0; i < digits.length; i++) {
      var digit = Number(digits[digits.length - 1 - i]);
      digit = i % 2 === 1 ? digit * 2 : digit;
      sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 === 0 ? digits : "";
  }

  function conditions(form, left) {
    var query = new URLSearchParams();
    new FormData(form).forEach(function (value, name) {
      if (value !== "" && left.indexOf(name) === -1) {
        query.append(name, value);
      }
    });
    return query.toString();
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    var lookup = document.querySelector("[data-card-lookup] form");
    if (!lookup || !form.matches("[data-filter]")) {
      return;
    }
    var by = form.elements.by.value;
    var card = by === "order_no" || by === "trade_no" || by === "mandate_no" ? "" : cardIn(form.elements.q.value);
    if (card === "" || (by === "any" && card.length === 17)) {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    lookup.elements.card.value = card;
    lookup.elements.filter.value = conditions(form, ["q", "by", "card_key"]);
    lookup.requestSubmit();
  }, true);

  // 進階查詢 stays as it was left. What the page opens itself, because a condition is set there, stays open.
  function remember(fold) {
    return "fold:" + fold.dataset.remember;
  }

  function openFolds() {
    document.querySelectorAll("details[data-remember]").forEach(function (fold) {
      try {
        if (localStorage.getItem(remember(fold)) === "open") {
          fold.open = true;
        }
      } catch (error) {
        // Storage may be forbidden: nothing is remembered then.
      }
    });
  }

  document.addEventListener("click", function (event) {
    var summary = event.target.closest ? event.target.closest("details[data-remember] > summary") : null;
    if (summary) {
      try {
        localStorage.setItem(remember(summary.parentElement), summary.parentElement.open ? "shut" : "open");
      } catch (error) {
        // Storage may be forbidden: nothing is remembered then.
      }
    }
  });
  document.addEventListener("htmx:afterSwap", openFolds);
  openFolds();

  // The small forms beside the list are shut by Escape and by a click elsewhere.
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

  // A session that has ended answers with the sign-in page, which has no place inside this one.
  document.addEventListener("htmx:beforeSwap", function (event) {
    var answer = event.detail.xhr;
    var id = event.detail.target.id;
    if ((id !== "query" && id !== "totals") || answer.responseText.indexOf('id="' + id + '"') !== -1) {
      return;
    }
    event.detail.shouldSwap = false;
    window.location.assign(answer.responseURL || window.location.href);
  });
})();
