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

  // An inline formula breaks as text does; one that cannot, and is wider than its line, may scroll.
  function markWide() {
    const found = [];
    for (const box of document.querySelectorAll("article span.math")) {
      const line = box.closest("p, li, td, th, dd, dt, figcaption, h1, h2, h3, h4, div");
      const room = line ? line.clientWidth : 0;
      const bases = box.querySelectorAll(".katex-html > .katex-base");
      found.push([box, room > 0 && [...bases].some((base) => base.offsetWidth > room)]);
    }
    for (const [box, wide] of found) box.classList.toggle("fc-wide", wide);
  }

  // The words of a cell: a formula holds its text three times, once to be seen.
  function said(cell) {
    const copy = cell.cloneNode(true);
    for (const hidden of copy.querySelectorAll(".katex-mathml, math")) hidden.remove();
    return copy.textContent.trim();
  }

  // On a phone a table of words, too wide or of tall narrow columns, is read line by line; numbers stay in columns.
  const phone = window.matchMedia("(max-width: 640px)");
  function stackTables() {
    for (const table of document.querySelectorAll("article table:not(.fc-ledger, .fc-stack)")) {
      const head = table.tHead?.rows[0];
      const cells = [...table.querySelectorAll("tbody td")];
      if (!head || head.cells.length < 3 || !cells.length) continue;
      const wide = table.scrollWidth > table.parentElement.clientWidth + 1;
      const signs = cells.reduce((sum, cell) => sum + cell.textContent.length, 0) / cells.length;
      if (signs < (wide ? 12 : 40)) continue;
      for (const cell of cells) {
        cell.dataset.label = head.cells[cell.cellIndex] ? said(head.cells[cell.cellIndex]) : "";
        if (!cell.textContent.trim()) cell.dataset.fcEmpty = "";
      }
      table.classList.add("fc-stack");
    }
  }

  // In a window a table that is a little too wide is set closer.
  function tightenTables() {
    const wide = [...document.querySelectorAll("article table")].filter(
      (table) => table.scrollWidth > table.parentElement.clientWidth + 1,
    );
    for (const table of wide) table.classList.add("fc-tight");
  }

  const BOXES =
    ".fc-display, .fc-wide, .fc-picture, .cell_output, .cell_output .output, .pst-scrollable-table-container, .fc-scroll, article pre";

  // What scrolls by itself must be reachable without a mouse; what fits must not be a stop on the way.
  // All is measured before anything is changed: each change would have the page laid out anew.
  function reachable() {
    if (phone.matches) stackTables();
    else tightenTables();
    markWide();
    const measured = [...document.querySelectorAll(BOXES)].map((box) => [
      box,
      box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible",
    ]);
    for (const [box, needed] of measured) {
      if (needed && box.getAttribute("tabindex") !== "0") {
        box.setAttribute("tabindex", "0");
        box.dataset.fcReach = "";
      } else if (!needed && "fcReach" in box.dataset) {
        box.removeAttribute("tabindex");
        delete box.dataset.fcReach;
      }
    }
  }

  // A formula is copied as its TeX.
  function copyTex(event) {
    const selection = window.getSelection();
    if (selection.isCollapsed) return;
    const part = selection.getRangeAt(0).cloneContents();
    const formulas = part.querySelectorAll(".katex");
    if (!formulas.length) return;
    for (const formula of formulas) {
      const tex = formula.querySelector("annotation");
      const mark = formula.closest(".katex-display") ? "$$" : "$";
      if (tex) formula.replaceWith(mark + tex.textContent + mark);
    }
    event.clipboardData.setData("text/plain", part.textContent);
    event.preventDefault();
  }

  function start() {
    nameRegions();
    document.addEventListener("copy", copyTex);
    const later = window.requestIdleCallback || window.setTimeout;
    later(reachable);
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
