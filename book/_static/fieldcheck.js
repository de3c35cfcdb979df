// Small repairs to the page: names for its regions, and long formulas that the keyboard can reach.
(() => {
  "use strict";

  function nameRegions() {
    const side = document.querySelector(".bd-sidebar-primary");
    if (side && !side.hasAttribute("role")) {
      side.setAttribute("role", "complementary");
      side.setAttribute("aria-label", "Book");
    }
  }

  // An inline formula that is wider than its line may scroll.
  function markWide() {
    for (const box of document.querySelectorAll("article mjx-container:not([display])")) {
      const line = box.closest("p, li, td, th, dd, dt, figcaption, h1, h2, h3, h4, div");
      const drawing = box.querySelector("svg");
      if (line && drawing) {
        const room = line.clientWidth;
        box.classList.toggle("fc-wide", room > 0 && drawing.getBoundingClientRect().width > room);
      }
    }
  }

  function scrolls(box) {
    if (getComputedStyle(box).overflowX === "visible") return false;
    const drawing = box.matches("mjx-container") && box.querySelector("svg");
    const width = drawing ? drawing.getBoundingClientRect().width : box.scrollWidth;
    return width > box.clientWidth + 1;
  }

  // What scrolls by itself must be reachable without a mouse; what fits must not be a stop on the way.
  function reachable() {
    markWide();
    const boxes =
      "mjx-container, .cell_output, .cell_output .output, .pst-scrollable-table-container, .fc-scroll, article pre";
    for (const box of document.querySelectorAll(boxes)) {
      const needed = scrolls(box);
      if (needed && !box.hasAttribute("tabindex")) {
        box.setAttribute("tabindex", "0");
        box.dataset.fcReach = "";
      } else if (!needed && "fcReach" in box.dataset) {
        box.removeAttribute("tabindex");
        delete box.dataset.fcReach;
      }
    }
  }

  function start() {
    nameRegions();
    const ready = window.MathJax && window.MathJax.startup && window.MathJax.startup.promise;
    Promise.resolve(ready).then(reachable);
    // Whatever changes the width of the text: the window, its scroll bar, a panel at the side.
    const article = document.querySelector("article");
    let waiting = 0;
    if (article) {
      new ResizeObserver(() => {
        cancelAnimationFrame(waiting);
        waiting = requestAnimationFrame(reachable);
      }).observe(article);
    }
    document.addEventListener("toggle", reachable, true);
    document.addEventListener("click", () => requestAnimationFrame(reachable));
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
