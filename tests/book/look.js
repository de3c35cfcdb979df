// What the browser test asks a page. Each function returns plain data; nothing here judges.
window.look = {
  // Every formula is set, with MathML beside it, and none is KaTeX's red error or TeX left in the open.
  formulas() {
    const found = [...document.querySelectorAll("span.math, div.math")];
    const set = (e) => e.querySelector(".katex-html") && !e.querySelector(".katex:not(:has(math)):not(:has(svg))");
    const drawn = found.filter(set);
    const broken = (e) => e.querySelector(".katex-error, merror");
    const bad = found.filter((e) => !drawn.includes(e) || broken(e)).map((e) => e.textContent);
    const raw = /\\\(|\\\[|\\begin\{|\$[^$]*[\\^_{][^$]*\$/;
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const home = walk.currentNode.parentElement;
      if (home.closest("pre, code, script, style, noscript, .math")) continue;
      if (raw.test(walk.currentNode.data)) bad.push(walk.currentNode.data.trim());
    }
    return { found: found.length, drawn: drawn.length, bad: bad.map((text) => text.slice(0, 80)) };
  },

  // The signs of the formulas, most of a page's nodes, say nothing to the rules that follow; their boxes keep
  // their size, and the text for screen readers stays, in one piece. The rules then take seconds.
  emptyFormulas() {
    const glyphs = [...document.querySelectorAll(".katex-html > .katex-base")];
    const sizes = glyphs.map((e) => [e, e.offsetWidth, e.offsetHeight]);
    for (const [e, width, height] of sizes) {
      e.replaceChildren();
      if (width) e.style.cssText = `width: ${width}px; height: ${height}px; display: inline-block`;
    }
    for (const e of document.querySelectorAll(".katex-mathml math")) {
      e.textContent = e.querySelector("annotation")?.textContent ?? e.textContent;
    }
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

  // Tables of which a wide window shows a part.
  cutTables() {
    const shown = [...document.querySelectorAll("article table")].filter((table) => table.checkVisibility());
    return shown.filter((table) => table.scrollWidth > table.parentElement.clientWidth + 1).map((table) => table.innerText.slice(0, 60));
  },

  // Contrast is a matter of colours, faces and what lies behind: of what is alike in these, all the way up, the first
  // two that are seen stand for the rest, of which a page has thousands.
  markKinds() {
    const numbers = new Map();
    const kinds = new Map();
    const seen = new Map();
    for (const e of document.body.querySelectorAll("*")) {
      const { color, backgroundColor, backgroundImage, fontSize, fontWeight, opacity, filter, position } = getComputedStyle(e);
      const own = [e.tagName, e.getAttribute("class"), color, backgroundColor, backgroundImage, fontSize, fontWeight, opacity, filter, position];
      const key = `${kinds.get(e.parentElement)} ${own.join("|")}`;
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      const kind = numbers.get(key);
      kinds.set(e, kind);
      const count = seen.get(kind) || 0;
      const first = count < 2 && e.checkVisibility();
      if (first) seen.set(kind, count + 1);
      e.toggleAttribute("data-look-kind", first);
    }
  },

  // All rules, or those that a change of colours can break.
  async accessibility(onlyColours) {
    look.markKinds();
    axe.configure({ rules: [{ id: "color-contrast", selector: "[data-look-kind]" }] });
    const options = { preload: false, resultTypes: ["violations"] };
    if (onlyColours) options.runOnly = ["color-contrast", "link-in-text-block"];
    const result = await axe.run(document, options);
    const found = [];
    for (const { id, nodes } of result.violations) {
      // axe does not read the MathML beside a formula, so to it a heading or link that is one is empty.
      const isFormula = (node) =>
        ["empty-table-header", "link-name"].includes(id) &&
        document.querySelector(node.target[0])?.querySelector(".katex-mathml math");
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
      const shown = [...card.querySelectorAll(".katex")].filter((e) => e.checkVisibility() && !e.closest(".fc-fold, .fc-row"));
      const wide = (e) => e.querySelector(".katex-html").getBoundingClientRect();
      const cut = shown.filter((e) => wide(e).right > box.right + 1);
      return { id: card.id, row: card.matches("details"), lines: box.height / line, cut: cut.length };
    });
  },

  title() {
    const heading = document.querySelector("article h1").cloneNode(true);
    heading.querySelectorAll(".math, .headerlink, .section-number").forEach((e) => e.remove());
    return heading.textContent.trim().replace(/\s+/g, " ");
  },

  searchIsDone() {
    return "searched" in document.documentElement.dataset;
  },

  searchResults() {
    return [...document.querySelectorAll("#search-results li a")].map((a) => a.href);
  },

  // The text of each result: title, marks, context.
  searchSays() {
    return [...document.querySelectorAll("#search-results li")].map((e) => e.innerText);
  },

  // Everything that is folded away, opened; and shut again.
  openFolds() {
    const opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((e) => (e.open = true));
    const hidden = [...document.querySelectorAll(".toggle-hidden, .toggle-button-hidden")].map((e) => [e, e.className]);
    hidden.forEach(([e]) => e.classList.remove("toggle-hidden", "toggle-button-hidden"));
    look.closeFolds = () => {
      opened.forEach((e) => (e.open = false));
      hidden.forEach(([e, classes]) => (e.className = classes));
    };
  },

  // Display formulas that are cut: [share of the window's width, within a card, whether a shadow says so, TeX].
  cutFormulas() {
    return [...document.querySelectorAll(".fc-display")]
      .filter((e) => e.checkVisibility() && e.clientWidth && e.scrollWidth > e.clientWidth + 2)
      .map((e) => ({
        share: e.scrollWidth / window.innerWidth,
        card: Boolean(e.closest(".fc-card")),
        cue: getComputedStyle(e).backgroundImage.includes("gradient"),
        tex: e.querySelector("annotation").textContent.slice(0, 80),
      }));
  },

  // Drawings whose smallest text is smaller than it should be; its width says so (pictures.py).
  smallText() {
    return [...document.querySelectorAll("img.fc-drawing")]
      .filter((e) => e.checkVisibility())
      .map((e) => [e, Number(/fc-least-(\d+)/.exec(e.parentElement.className)[1])])
      .filter(([e, least]) => least > 340 && e.getBoundingClientRect().width < least - 1)
      .map(([e]) => e.src);
  },

  // What is touched is 24 pixels high at least; links within a sentence are what they are.
  smallTargets() {
    const targets = "article :is(summary, input, select, button), .prev-next-footer a, .fc-foot a, .fc-actions a, .bd-header button";
    return [...document.querySelectorAll(targets)]
      .filter((e) => e.checkVisibility() && e.getBoundingClientRect().width > 1)
      .filter((e) => e.getBoundingClientRect().height < 23.5)
      .map((e) => `${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 30)}`);
  },

  // Words that are seen before anything is opened; of a formula, what is read aloud.
  words() {
    let count = 0;
    const walk = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const home = walk.currentNode.parentElement;
      if (home.closest(".katex-html, annotation, script, style") || !home.checkVisibility()) continue;
      count += walk.currentNode.data.split(/\s+/).filter(Boolean).length;
    }
    return count;
  },

  // The page's drawings, each with the width at which it is shown.
  drawings() {
    const shown = [...document.querySelectorAll("img.fc-drawing")].filter((e) => e.checkVisibility());
    return shown.map((e) => [e.src, e.getBoundingClientRect().width]);
  },

  screens() {
    return document.querySelector("article").scrollHeight / window.innerHeight;
  },
};
