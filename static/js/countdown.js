// Counts down to the deadline by the server's clock, whatever the device's clock says.
(function () {
  "use strict";

  var line = document.querySelector("[data-deadline]");
  if (!line) {
    return;
  }
  var out = line.querySelector("[data-countdown]");
  var left = Date.parse(line.dataset.deadline) - Date.parse(line.dataset.now);
  var started = performance.now();
  var timer = 0;

  function two(number) {
    return String(number).padStart(2, "0");
  }

  function expire() {
    window.clearInterval(timer);
    line.classList.add("deadline-over");
    out.setAttribute("role", "alert");
    out.textContent = line.dataset.over;
    document.querySelectorAll("[data-pay]").forEach(function (button) {
      button.disabled = true;
    });
  }

  function tick() {
    var seconds = Math.ceil((left - (performance.now() - started)) / 1000);
    if (!(seconds > 0)) {
      expire();
      return;
    }
    line.classList.toggle("deadline-soon", seconds <= 60);
    out.textContent = line.dataset.left.replace("{t}", Math.floor(seconds / 60) + ":" + two(seconds % 60));
  }

  timer = window.setInterval(tick, 1000);
  tick();
})();
