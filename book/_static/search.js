// The search page. An exact id or title comes first, then titles, then text; each result has a line of context, and a
// statement that the ledger refutes is marked as refuted. Results follow as one types. Entries: finding.py.
(() => {
  "use strict";

  const MOST = 50;
  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/[‐-―]/g, "-");

  // What is searched of an entry, made once: folding takes longer than looking.
  const folded = new Map();
  function parts(entry) {
    if (!folded.has(entry)) {
      const [title, text] = [fold(entry.t), fold(entry.x)];
      folded.set(entry, { title, text, all: `${entry.i || ""} ${title} ${text} ${fold(entry.p || "")}` });
    }
    return folded.get(entry);
  }

  function score(entry, query, words) {
    const id = entry.i || "";
    const { title, text, all } = parts(entry);
    if (id === query || title === query) return 1000;
    if (!words.every((word) => all.includes(word))) return 0;
    let points = entry.i ? 12 : 10;
    if (title.includes(query)) points += 300 - Math.min(title.length, 100);
    else if (text.includes(query)) points += 80;
    if (id.startsWith(query)) points += 150;
    else if (id.includes(query)) points += 60;
    for (const word of words) {
      if (title.split(/[^\p{L}\p{N}]+/u).includes(word)) points += 40;
      else if (title.includes(word)) points += 20;
      points += Math.min(text.split(word).length - 1, 5);
    }
    return points;
  }

  // The words around the first place where the query, or else its rarest word, stands.
  function context(entry, query, words) {
    const text = entry.x;
    const folded = text.toLowerCase();
    const places = [query, ...[...words].sort((a, b) => b.length - a.length)].map((word) => folded.indexOf(word));
    const at = places.find((place) => place >= 0) ?? 0;
    const from = at < 70 ? 0 : text.lastIndexOf(" ", at - 50) + 1;
    const to = text.length - from < 200 ? text.length : text.indexOf(" ", from + 170);
    return (from ? "… " : "") + text.slice(from, to < 0 ? text.length : to) + (to < text.length && to >= 0 ? " …" : "");
  }

  function marked(text, words) {
    const box = document.createElement("span");
    const folded = text.toLowerCase();
    let end = 0;
    while (end < text.length) {
      const hits = words.map((word) => [folded.indexOf(word, end), word.length]).filter((hit) => hit[0] >= 0);
      if (!hits.length) break;
      const [at, length] = hits.sort((a, b) => a[0] - b[0] || b[1] - a[1])[0];
      box.append(text.slice(end, at));
      const mark = document.createElement("mark");
      mark.textContent = text.slice(at, at + length);
      box.append(mark);
      end = at + length;
    }
    box.append(text.slice(end));
    return box;
  }

  const make = (tag, kind, ...parts) => {
    const element = document.createElement(tag);
    if (kind) element.className = kind;
    element.append(...parts);
    return element;
  };

  function shown(entry, query, all) {
    // What is marked: the words as they were typed together, or else each that is long enough to mean something.
    const together = fold(`${entry.t} ${entry.x}`).includes(query);
    const words = together ? [query] : all.filter((word) => word.length > 2);
    const link = make("a", "fc-found-title", marked(entry.t, words));
    link.href = entry.u;
    const line = make("li", null, link);
    if (entry.b) line.append(" ", make("span", "fc-verdict fc-verdict-refuted fc-certain", `as printed: ${entry.b}`));
    if (entry.v) line.append(" ", make("span", `fc-verdict fc-verdict-${entry.k} fc-numerical`, entry.b && entry.k === "holds" ? `repaired: ${entry.v}` : entry.v));
    if (entry.i) line.append(" ", make("code", null, entry.i));
    if (entry.p) line.append(" ", make("span", "fc-found-page", `in ${entry.p}`));
    const said = context(entry, query, all);
    if (said) line.append(make("p", "fc-found-line", marked(said, words)));
    return line;
  }

  function look(typed) {
    const query = fold(typed.trim());
    const words = query.split(/\s+/).filter(Boolean);
    const found = (words.length ? window.searchEntries : [])
      .map((entry, order) => [score(entry, query, words), order, entry])
      .filter((hit) => hit[0] > 0)
      .sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    const most = found.length > MOST ? `, the first ${MOST} shown` : "";
    const said = found.length ? `${found.length} found${most}` : "Nothing in the book has all of these words.";
    document.querySelector("#search-count").textContent = words.length ? said : "";
    document.querySelector("#search-results").replaceChildren(...found.slice(0, MOST).map((hit) => shown(hit[2], query, words)));
    if (words.length) document.documentElement.dataset.searched = query;
  }

  const asked = new URLSearchParams(location.search).get("q") || "";
  document.querySelectorAll("form.bd-search input").forEach((input) => (input.value = asked));
  const field = document.querySelector(".fc-search input");
  if (field) {
    field.focus();
    field.addEventListener("input", () => look(field.value));
  }
  look(asked);
})();
