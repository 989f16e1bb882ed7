// Keeps a part of the page up to date: the element with data-poll, whose value is the pause in seconds, is
// fetched again and replaced when it has changed. A page that nobody looks at does not ask.
(function () {
  "use strict";

  var part = document.querySelector("[data-poll]");
  if (!part) {
    return;
  }
  var pause = Number(part.dataset.poll) * 1000;

  function next() {
    window.setTimeout(look, pause);
  }

  function look() {
    if (document.hidden) {
      next();
      return;
    }
    fetch(window.location.href, { cache: "no-store" })
      .then(function (answer) {
        return answer.ok ? answer.text() : Promise.reject(answer.status);
      })
      .then(function (text) {
        var fresh = new DOMParser().parseFromString(text, "text/html").getElementById(part.id);
        if (fresh && !fresh.isEqualNode(part)) {
          part.replaceChildren.apply(part, Array.from(fresh.childNodes));
        }
      })
      .catch(function () {}) // the server is away: the next look may find it
      .then(next);
  }

  next();
})();
