// What a word of the verdicts means, shown while its badge or its link is pointed at or has the focus. Escape closes it.
(() => {
  "use strict";

  const tips = () => window.termTips || {};

  // A badge says "as printed: refuted" or "proved up to N, C = 6"; a link names the entry of the glossary.
  function meaning(place) {
    const known = Object.entries(tips());
    if (place.matches("a")) {
      const id = place.hash.slice(1);
      return known.find(([, tip]) => tip.id === id);
    }
    const text = place.textContent.split(": ").pop().trim().toLowerCase();
    return known
      .filter(([word]) => text === word || text.startsWith(`${word} `))
      .sort((a, b) => b[0].length - a[0].length)[0];
  }

  const PLACES = ".fc-verdict, .fc-grade, a.fc-term";
  let box = null;
  let owner = null;

  function hide() {
    if (owner) owner.removeAttribute("aria-describedby");
    if (box) box.hidden = true;
    owner = null;
  }

  function show(place) {
    const found = meaning(place);
    if (!found) return;
    if (!box) {
      box = document.createElement("div");
      box.id = "fc-tip";
      box.className = "fc-tip";
      box.setAttribute("role", "tooltip");
      document.body.append(box);
    }
    hide();
    box.textContent = found[1].says;
    box.hidden = false;
    const at = place.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8));
    const below = at.bottom + 6 + box.offsetHeight < innerHeight;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${(below ? at.bottom + 6 : at.top - box.offsetHeight - 6) + scrollY}px`;
    owner = place.closest("a, [tabindex]") || place;
    owner.setAttribute("aria-describedby", "fc-tip");
  }

  const placeOf = (target) => target.closest(PLACES) || (target.matches("a") && target.querySelector(".fc-verdict")) || null;

  document.addEventListener("pointerover", (event) => {
    const place = placeOf(event.target);
    if (place) show(place);
    else if (box && !box.contains(event.target)) hide();
  });
  document.addEventListener("focusin", (event) => {
    const place = placeOf(event.target);
    if (place) show(place);
    else hide();
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());

  // A card's badges can be reached; the hundreds of a table are explained by their links.
  for (const badge of document.querySelectorAll(".fc-card .fc-head :is(.fc-verdict, .fc-grade)")) {
    if (!badge.closest("a")) badge.tabIndex = 0;
  }
})();
