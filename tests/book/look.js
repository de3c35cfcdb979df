// What the browser test asks a page. Each function returns plain data; nothing here judges.
window.look = {
  // Every formula has one picture, and none of them is MathJax's red error or TeX left in the open.
  formulas() {
    const found = [...document.querySelectorAll(".math")].filter((e) => !e.closest("mjx-container"));
    const drawn = found.filter((e) => e.querySelectorAll("mjx-container").length === 1);
    const broken = (e) => e.querySelector("[data-mjx-error], mjx-merror, [data-mml-node='merror']");
    const bad = found.filter((e) => !drawn.includes(e) || broken(e)).map((e) => e.textContent);
    const raw = /\\\(|\\\[|\\begin\{|\$[^$]*[\\^_{][^$]*\$/;
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const home = walk.currentNode.parentElement;
      if (home.closest("pre, code, script, style, noscript, mjx-container, .math")) continue;
      if (raw.test(walk.currentNode.data)) bad.push(walk.currentNode.data.trim());
    }
    return { found: found.length, drawn: drawn.length, bad: bad.map((text) => text.slice(0, 80)) };
  },

  // The strokes of the formulas, most of a page's nodes, say nothing to the checks that follow; their
  // boxes and their texts for screen readers stay. Accessibility is then checked in seconds.
  emptyFormulas() {
    document.querySelectorAll("mjx-container > svg").forEach((svg) => svg.replaceChildren());
  },

  blankImages() {
    return [...document.images].filter((i) => !i.complete || i.naturalWidth === 0).map((i) => i.src);
  },

  // By night a drawing is turned over unless it asks to be kept.
  notTurned() {
    const drawings = [...document.querySelectorAll("article img")];
    return drawings
      .filter((i) => !i.closest(".fc-keep, .tag_keep-colours"))
      .filter((i) => !getComputedStyle(i).filter.includes("invert"))
      .map((i) => i.src);
  },

  // The page is wider than the window: name the first elements that stick out.
  sticksOut() {
    const root = document.documentElement;
    const window_ = root.clientWidth;
    if (Math.max(root.scrollWidth, document.body.scrollWidth) <= window_) return [];
    const out = [...document.body.querySelectorAll("*")].filter(
      (e) => e.getBoundingClientRect().right > window_ + 1,
    );
    return ["page"].concat(out.map((e) => `${e.tagName}.${e.className}`).slice(0, 3));
  },

  // All rules, or the one that a change of colours can break.
  async accessibility(onlyColours) {
    const options = { preload: false, resultTypes: ["violations"] };
    if (onlyColours) options.runOnly = ["color-contrast", "link-in-text-block"];
    const result = await axe.run(document, options);
    const found = [];
    for (const { id, nodes } of result.violations) {
      // axe does not read the MathML beside a formula, so to it a heading that is a formula is empty.
      const isFormula = (node) =>
        id === "empty-table-header" &&
        document.querySelector(node.target[0])?.querySelector("mjx-assistive-mml math");
      const bad = nodes.filter((node) => !isFormula(node));
      if (bad.length) found.push(`${id}: ${bad[0].html.slice(0, 160)}`);
    }
    return found;
  },

  // Each folded card: its height in lines of the book's text, and its formulas that stick out of it.
  cards() {
    const line = parseFloat(getComputedStyle(document.querySelector("article.bd-article")).lineHeight);
    return [...document.querySelectorAll(".fc-card")].filter((card) => card.offsetParent).map((card) => {
      const box = card.getBoundingClientRect();
      const shown = [...card.querySelectorAll("mjx-container")].filter((e) => e.checkVisibility() && !e.closest(".fc-fold, .fc-row"));
      const wide = (e) => e.querySelector("svg").getBoundingClientRect();
      const cut = shown.filter((e) => wide(e).right > box.right + 1 || wide(e).width > e.clientWidth + 2);
      return { id: card.id, row: card.matches("details"), lines: box.height / line, cut: cut.length };
    });
  },

  title() {
    const heading = document.querySelector("article h1").cloneNode(true);
    heading.querySelectorAll(".math, .headerlink, .section-number").forEach((e) => e.remove());
    return heading.textContent.trim().replace(/\s+/g, " ");
  },

  searchIsDone() {
    const box = document.querySelector("#search-results");
    return box !== null && /Search Results|did not match|finished/.test(box.textContent);
  },

  searchResults() {
    return [...document.querySelectorAll("#search-results li a")].map((a) => a.href);
  },
};
