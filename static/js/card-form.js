// The card form: groups the number as it stands on the card, names the brand, and takes digits only. The
// server reads the number with or without spaces; nothing is checked here that it does not check itself.
(function () {
  "use strict";

  var number = document.querySelector("[data-card-number]");
  if (!number) {
    return;
  }
  var cvc = document.querySelector("[data-card-cvc]");
  var brandLine = document.querySelector("[data-card-brand]");

  var brands = [
    { name: "American Express", start: /^3[47]/, groups: [4, 6, 5], cvc: 4 },
    { name: "JCB", start: /^35(2[89]|[3-8])/, groups: [4, 4, 4, 4], cvc: 3 },
    { name: "Visa", start: /^4/, groups: [4, 4, 4, 4], cvc: 3 },
    { name: "Mastercard", start: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, groups: [4, 4, 4, 4], cvc: 3 },
    { name: "UnionPay", start: /^62/, groups: [4, 4, 4, 4, 3], cvc: 3 },
  ];
  var unknown = { name: "", groups: [4, 4, 4, 4, 3], cvc: 4 };

  function digitsOf(text) {
    // Full-width digits come from Chinese and Japanese keyboards.
    return text.replace(/[０-９]/g, function (digit) {
      return String.fromCharCode(digit.charCodeAt(0) - 0xfee0);
    }).replace(/\D/g, "");
  }

  function brandOf(digits) {
    return brands.find(function (brand) {
      return brand.start.test(digits);
    }) || unknown;
  }

  function grouped(digits, groups) {
    var parts = [];
    var at = 0;
    groups.forEach(function (size) {
      if (at < digits.length) {
        parts.push(digits.slice(at, at + size));
        at += size;
      }
    });
    return parts.join(" ");
  }

  // Where the caret stands is counted in digits, so that the spaces may move.
  function caretAfter(text, count) {
    var at = 0;
    while (count > 0 && at < text.length) {
      if (/\d/.test(text[at])) {
        count -= 1;
      }
      at += 1;
    }
    return at;
  }

  function group() {
    var before = digitsOf(number.value.slice(0, number.selectionStart)).length;
    var digits = digitsOf(number.value);
    var brand = brandOf(digits);
    var text = grouped(digits, brand.groups);
    if (text !== number.value) {
      number.value = text;
      var caret = caretAfter(text, before);
      number.setSelectionRange(caret, caret);
    }
    brandLine.textContent = brand.name;
    cvc.maxLength = brand.cvc;
  }

  number.addEventListener("input", function (event) {
    if (!event.isComposing) {
      group();
    }
  });
  number.addEventListener("change", group);

  document.querySelectorAll("[data-next]").forEach(function (field) {
    field.addEventListener("input", function (event) {
      var full = field.value.length === field.maxLength && event.inputType === "insertText";
      if (full) {
        document.getElementById("f-" + field.dataset.next).focus();
      }
    });
  });

  group();
})();
