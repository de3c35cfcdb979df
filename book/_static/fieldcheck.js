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

  // What scrolls by itself must be reachable without a mouse; what fits must not be a stop on the way.
  function reachable() {
    const wide = "mjx-container, .cell_output, .cell_output .output, .pst-scrollable-table-container, .fc-scroll, article pre";
    for (const box of document.querySelectorAll(wide)) {
      const scrolls = box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible";
      if (scrolls && !box.hasAttribute("tabindex")) {
        box.setAttribute("tabindex", "0");
        box.dataset.fcReach = "";
      } else if (!scrolls && "fcReach" in box.dataset) {
        box.removeAttribute("tabindex");
        delete box.dataset.fcReach;
      }
    }
  }

  function start() {
    nameRegions();
    const ready = window.MathJax && window.MathJax.startup && window.MathJax.startup.promise;
    Promise.resolve(ready).then(reachable);
    let waiting = 0;
    window.addEventListener("resize", () => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(reachable);
    });
    document.addEventListener("toggle", reachable, true);
    document.addEventListener("click", () => requestAnimationFrame(reachable));
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
