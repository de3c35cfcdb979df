// Makes the ledger's tables sortable by a click on a heading, and filters them as one types.
// Without this script they are plain tables in the register's order.
(() => {
  "use strict";

  const ORDER = ["proved", "proved up to", "proved on", "refuted", "stands", "fails", "undecided", "invalid", "unsettled",
    "exact", "enclosed", "series", "ladder", "rate", "law", "sampled"];
  // A badge may go on with sizes: "proved up to N, C = 6".
  const rank = (word) => ORDER.indexOf(ORDER.filter((known) => word === known || word.startsWith(`${known} `)).pop());
  const text = (row, column) => row.cells[column].textContent.trim();

  // A power of ten sorts by its exponent, "any" before all, verdicts and grades by strength, the rest as text.
  function value(cell) {
    const word = cell.textContent.trim();
    const power = cell.querySelector("sup");
    if (power) return Number(power.textContent.replace("\u2212", "-"));
    if (word === "any") return -Infinity;
    if (word === "") return Infinity;
    const strength = rank(word);
    if (strength >= 0) return strength;
    const number = Number.parseFloat(word);
    return Number.isNaN(number) ? word.toLowerCase() : number;
  }

  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a === b ? 0 : a - b;
    return String(a).localeCompare(String(b));
  }

  function prepare(table) {
    const head = table.tHead && table.tHead.rows[0];
    const body = table.tBodies[0];
    if (!head || !body) return;
    const rows = [...body.rows];
    rows.forEach((row, index) => {
      row.dataset.fcOrder = index;
      [...row.cells].forEach((cell, column) => {
        cell.dataset.label = text(head, column);
        cell.dataset.fcValue = cell.textContent;
        if (!cell.textContent.trim()) cell.dataset.fcEmpty = "";
      });
    });
    [...head.cells].forEach((cell, column) => {
      const name = cell.textContent.trim();
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.title = `Sort by ${name}`;
      cell.replaceChildren(button);
      button.addEventListener("click", () => {
        const now = cell.getAttribute("aria-sort");
        const next = now === "ascending" ? "descending" : now === "descending" ? null : "ascending";
        for (const other of head.cells) other.removeAttribute("aria-sort");
        if (next) cell.setAttribute("aria-sort", next);
        const sign = next === "descending" ? -1 : 1;
        const keyed = rows.map((row) => [value(row.cells[column]), Number(row.dataset.fcOrder), row]);
        keyed.sort((a, b) => (next && sign * compare(a[0], b[0])) || a[1] - b[1]);
        body.append(...keyed.map((entry) => entry[2]));
        table.dispatchEvent(new Event("fc-sorted"));
      });
    });
    if (rows.length > 5 && !table.closest(".fc-maps")) addFilter(table, rows);
  }

  // What a list can be narrowed down to: a name, and the values that a row has of it.
  const columnOf = (table, name) => [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent.trim() === name);
  const all = (row, selector) => [...row.querySelectorAll(selector)].map((e) => e.textContent.trim());
  const firstWord = (said) => ORDER.filter((known) => said === known || said.startsWith(`${known} `)).pop() || said;
  const NARROW = [
    ["source", (row) => all(row, ".fc-work")],
    ["place", (row, chosen) => [...row.querySelectorAll(".fc-src")]
      .filter((src) => !chosen.source || src.querySelector(".fc-work").textContent === chosen.source)
      .flatMap((src) => all(src, ".fc-place"))],
    ["as printed", (row, _, at) => (at < 0 ? [] : all(row.cells[at], ".fc-verdict").map(firstWord))],
    ["verdict", (row, _, at) => (at < 0 ? [] : all(row.cells[at], ".fc-verdict").map(firstWord))],
    ["scope", (row) => all(row, ".fc-extent")],
    ["chapter", (row, _, at) => (at < 0 ? [] : [row.cells[at].textContent.trim()])],
  ];
  const FEW = 40; // rows of a long list that are shown at first

  function addFilter(table, rows) {
    const bar = document.createElement("div");
    bar.className = "fc-filter";
    const chosen = {};
    const choices = [];
    const matches = (row, but) =>
      choices.every(({ name, values, at }) => name === but || !chosen[name] || values(row, chosen, at).includes(chosen[name]));
    const offer = ({ name, values, at, select }) => {
      const found = new Set(rows.filter((row) => matches(row, name)).flatMap((row) => values(row, chosen, at)));
      if (chosen[name] && !found.has(chosen[name])) chosen[name] = "";
      const sorted = [...found].filter(Boolean).sort((a, b) => (rank(a) - rank(b)) || a.localeCompare(b, "en", { numeric: true }));
      select.replaceChildren(new Option("all", ""), ...sorted.map((value) => new Option(value, value)));
      select.value = chosen[name] || "";
    };
    for (const [name, values] of NARROW) {
      const at = columnOf(table, name);
      if (!rows.some((row) => values(row, {}, at).length)) continue;
      const select = document.createElement("select");
      const named = document.createElement("label");
      named.append(`${name} `, select);
      choices.push({ name, values, at, select });
      select.addEventListener("change", () => {
        chosen[name] = select.value;
        choices.forEach(offer);
        show();
      });
      bar.append(named);
    }
    const label = document.createElement("label");
    label.textContent = "Show only lines with ";
    const input = document.createElement("input");
    input.type = "search";
    input.placeholder = "softmax, refuted, stands …";
    label.append(input);
    const count = document.createElement("span");
    count.setAttribute("role", "status");
    const more = document.createElement("button");
    more.type = "button";
    more.className = "fc-more";
    let everything = false;
    const show = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let seen = 0;
      for (const row of table.tBodies[0].rows) {
        const content = [...row.cells].map((cell) => cell.dataset.fcValue).join(" ").toLowerCase();
        row.hidden = !words.every((word) => content.includes(word)) || !matches(row);
        seen += row.hidden ? 0 : 1;
        if (!everything && seen > FEW) row.hidden = true;
      }
      count.textContent = `${seen} of ${rows.length}`;
      more.hidden = everything || seen <= FEW;
      more.textContent = `Show all ${seen}`;
    };
    more.addEventListener("click", () => {
      everything = true;
      show();
    });
    table.addEventListener("fc-sorted", show);
    input.addEventListener("input", show);
    bar.append(label, count);
    const box = table.closest(".fc-scroll") || table;
    box.before(bar);
    box.after(more);
    choices.forEach(offer);
    show();
  }

  // Pointing at a headline on the map, or reaching it by keyboard, brings out its chain in both directions.
  function prepareMap(map) {
    const claims = [...map.querySelectorAll("svg .fc-map-claim")];
    const arrows = [...map.querySelectorAll(".fc-map-arrow")];
    const needs = new Map(claims.map((claim) => [claim.dataset.claim, claim.dataset.needs.split(" ").filter(Boolean)]));
    const needed = new Map([...needs.keys()].map((id) => [id, [...needs].filter((entry) => entry[1].includes(id)).map((entry) => entry[0])]));
    const chain = (start, next) => {
      const seen = new Set([start]);
      for (const id of seen) (next.get(id) || []).forEach((other) => seen.add(other)); // a set grows as it is read
      return seen;
    };
    const graph = map.querySelector(".fc-map-graph");
    const show = (claim) => {
      const below = chain(claim.dataset.claim, needs);
      const above = chain(claim.dataset.claim, needed);
      graph.classList.add("fc-busy");
      for (const other of claims) other.classList.toggle("fc-on", below.has(other.dataset.claim) || above.has(other.dataset.claim));
      for (const arrow of arrows) {
        const ends = [arrow.dataset.from, arrow.dataset.to];
        arrow.classList.toggle("fc-on", ends.every((id) => below.has(id)) || ends.every((id) => above.has(id)));
      }
    };
    const clear = () => graph.classList.remove("fc-busy");
    for (const claim of claims) {
      claim.addEventListener("pointerenter", () => show(claim));
      claim.addEventListener("focus", () => show(claim));
      claim.addEventListener("pointerleave", clear);
      claim.addEventListener("blur", clear);
    }
    addMapFilters(map);
  }

  // By source, chapter and verdict: what does not match fades in the picture and the tree, and leaves the table.
  function addMapFilters(map) {
    const items = [...map.querySelectorAll("[data-claim]")];
    const bar = document.createElement("div");
    bar.className = "fc-filter";
    const count = document.createElement("span");
    count.setAttribute("role", "status");
    const choices = ["source", "chapter", "verdict"].map((what) => {
      const values = new Set(items.flatMap((item) => item.dataset[what].split(",")));
      const label = document.createElement("label");
      label.textContent = `${what} `;
      const select = document.createElement("select");
      select.append(new Option("all", ""));
      for (const value of [...values].sort()) select.append(new Option(value.replaceAll("_", " "), value));
      select.addEventListener("change", show);
      label.append(select);
      bar.append(label);
      return [what, select];
    });
    function show() {
      const fits = (item) => choices.every(([what, select]) => !select.value || item.dataset[what].split(",").includes(select.value));
      for (const item of items) {
        const off = !fits(item);
        item.classList.toggle("fc-off", off);
        if (item.matches("tr")) item.hidden = off;
      }
      const shown = new Set(items.filter(fits).map((item) => item.dataset.claim));
      count.textContent = `${shown.size} of ${new Set(items.map((item) => item.dataset.claim)).size}`;
    }
    bar.append(count);
    map.prepend(bar);
    show();
  }

  // A link to a card opens what is folded around it.
  function openTarget() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let box = target && target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  }

  // Buttons that copy a command: shown only here, since without a script they do nothing.
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // No clipboard, as from disk in some browsers: the old way.
      const box = document.createElement("textarea");
      box.value = text;
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
  }

  function prepareCopies() {
    for (const button of document.querySelectorAll("button.fc-copy")) {
      const label = button.innerHTML;
      button.hidden = false;
      button.addEventListener("click", async () => {
        await copy(button.dataset.copy);
        button.textContent = "copied";
        setTimeout(() => (button.innerHTML = label), 1500);
      });
    }
  }

  function start() {
    prepareCopies();
    document.querySelectorAll("table.fc-ledger").forEach(prepare);
    document.querySelectorAll(".fc-maps").forEach(prepareMap);
    openTarget();
    window.addEventListener("hashchange", openTarget);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
