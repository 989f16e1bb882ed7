// The page that asks before money moves: the amount in figures and words follows what is typed, and the time
// to the daily close runs by the server's clock, whatever the device's clock says.
(function () {
  "use strict";

  var capitals = "零壹貳參肆伍陸柒捌玖";
  var places = ["", "拾", "佰", "仟"];
  var groups = ["", "萬", "億"];

  function groupWords(digits) {
    var words = "";
    var gap = false;
    for (var i = 0; i < digits.length; i++) {
      var digit = Number(digits[i]);
      if (digit === 0) {
        gap = words !== "";
        continue;
      }
      words += (gap ? capitals[0] : "") + capitals[digit] + places[digits.length - 1 - i];
      gap = false;
    }
    return words;
  }

  // As the server writes them.
  function inWords(digits) {
    var words = "";
    var gap = false;
    for (var group = 0; digits !== ""; group++) {
      var part = digits.slice(-4);
      digits = digits.slice(0, -4);
      if (Number(part) === 0) {
        gap = words !== "";
        continue;
      }
      words = groupWords(part) + groups[group] + (gap ? capitals[0] : "") + words;
      gap = Number(part) < 1000;
    }
    return (words || capitals[0]) + "元整";
  }

  // The digits of a whole amount, "" for anything else.
  function amountOf(text) {
    var plain = text.normalize("NFKC").trim().replace(/,/g, "");
    var match = /^0*([0-9]{1,10})(?:\.0+)?$/.exec(plain);
    return match ? match[1] : "";
  }

  var field = document.querySelector("#action-form [name=amount]");
  var figures = document.querySelector("[data-amount-figures]");
  var words = document.querySelector("[data-amount-words]");
  if (field && figures && words) {
    field.addEventListener("input", function () {
      var digits = amountOf(field.value);
      figures.textContent = digits ? "NT$" + digits.replace(/\B(?=(\d{3})+$)/g, ",") : "—";
      words.textContent = digits ? inWords(digits) : "—";
    });
  }

  var line = document.querySelector("[data-close]");
  if (!line) {
    return;
  }
  var out = line.querySelector("[data-close-left]");
  var left = Date.parse(line.dataset.close) - Date.parse(line.dataset.now);
  var started = performance.now();

  function tick() {
    var seconds = Math.ceil((left - (performance.now() - started)) / 1000);
    if (!(seconds > 0)) {
      window.clearInterval(timer);
      line.classList.add("money-over");
      out.setAttribute("role", "alert");
      out.textContent = line.dataset.over;
      return;
    }
    var hours = Math.floor(seconds / 3600);
    var minutes = Math.floor(seconds / 60) % 60;
    out.textContent = "還有 " + hours + " 小時 " + minutes + " 分 " + (seconds % 60) + " 秒";
  }

  var timer = window.setInterval(tick, 1000);
  tick();
})();
