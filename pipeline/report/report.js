"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const cards = all(".card");
  const home = new Map(cards.map((card) => [card, card.parentElement]));
  const groups = all("#applicants .group");
  const inGroup = new Map(groups.map((group) => [group, all(".card", group)]));
  const entries = new Map(all("#index a").map((link) => [byId(link.hash.slice(1)), link.parentElement]));
  const words = new Map();
  for (const group of groups) {
    const head = all(":scope > h2, :scope > .head", group).map((part) => part.textContent).join(" ");
    for (const card of inGroup.get(group)) words.set(card, `${card.textContent} ${head}`.toLowerCase());
  }
  const buttons = all("nav [data-view]");
  const choices = ["outcome", "direction", "city", "check", "state"].map(byId).filter(Boolean);
  const listed = all("#overview tbody tr");
  const rows = all("#overview tbody tr, #files tbody tr, #manual tbody tr, #matrix tbody tr, #changes tbody tr, #clauses tbody, #ledger tbody tr");
  const rowWords = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  let view = buttons[0].dataset.view;

  function show(name) {
    view = name;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.view === name));
      byId(button.dataset.view).hidden = button.dataset.view !== name;
    }
    if (name === "criteria") groupByCheck();
    else if (byId("criteria")?.firstChild) {
      for (const card of cards) home.get(card).append(card);
      byId("criteria").replaceChildren();
    }
    filter();
  }

  // A picture stands once in the page; under another heading its card is far from the one that has it.
  function showPictures() {
    const pictures = new Map(all("img[data-place]").map((picture) => [picture.dataset.place, picture]));
    for (const link of all(".above")) {
      const picture = pictures.get(link.dataset.place);
      if (picture && !link.previousElementSibling) link.before(Object.assign(picture.cloneNode(), { className: "copy" }));
    }
  }

  function groupByCheck() {
    showPictures();
    const place = byId("criteria");
    const byCheck = new Map();
    for (const card of cards) byCheck.set(card.dataset.check, [...(byCheck.get(card.dataset.check) ?? []), card]);
    for (const check of [...byCheck.keys()].sort()) {
      const group = document.createElement("section");
      group.className = "group";
      const title = document.createElement("h2");
      title.textContent = `${check} ${byCheck.get(check)[0].dataset.title} `;
      const count = document.createElement("small");
      count.textContent = `${byCheck.get(check).length}项`;
      title.append(count);
      group.append(title, ...byCheck.get(check));
      place.append(group);
    }
  }

  function filter() {
    const search = byId("search").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (element) => choices.every(({ id, value }) => !value || !(id in element.dataset) || element.dataset[id].split("|").includes(value));
    const says = (text) => search.every((word) => text.includes(word));
    const narrowed = Boolean(search.length) || choices.some(({ value }) => value);
    let shown = 0;
    for (const card of cards) {
      card.hidden = !(fits(card) && says(words.get(card)));
      if (!card.hidden) shown += 1;
    }
    for (const group of groups) {
      const visible = inGroup.get(group).some((card) => !card.hidden);
      group.hidden = !visible;
      entries.get(group).hidden = !visible;
      for (const details of all("details", group)) {
        details.hidden = !all(".card", details).some((card) => !card.hidden);
        if (narrowed) details.open = true;
      }
    }
    for (const group of all("#criteria .group")) group.hidden = !group.querySelector(".card:not([hidden])");
    for (const row of rows) row.hidden = !(fits(row) && says(rowWords.get(row)));
    const [count, of, what] = listed.length ? [listed.filter((row) => !row.hidden).length, listed.length, "份申报和文件"] : [shown, cards.length, "项异常"];
    for (const empty of all(".nothing")) empty.hidden = Boolean(count) || !of;
    byId("shown").textContent = of ? `显示 ${count} / ${of} ${what}` : "";
    byId("clear").hidden = !narrowed;
  }

  function clear() {
    byId("search").value = "";
    for (const choice of choices) choice.value = "";
    filter();
  }

  function goTo(element) {
    if (!element || !element.closest("main")) return;
    const place = element.closest(".view");
    if (place.id !== view && !(element.matches(".card") && view === "criteria")) show(place.id);
    if (element.hidden || element.closest("[hidden]")) clear();
    const details = element.closest("details");
    if (details) details.open = true;
    element.scrollIntoView();
    if (element.matches(".card")) element.focus({ preventScroll: true });
  }

  function step(by) {
    const visible = cards.filter((card) => card.offsetParent).sort((a, b) => (a.compareDocumentPosition(b) & 4 ? -1 : 1));
    const at = visible.indexOf(document.activeElement.closest(".card"));
    const edge = document.querySelector("nav").getBoundingClientRect().bottom;
    const next = at < 0 ? visible.findIndex((card) => card.getBoundingClientRect().top > edge - 1) : at + by;
    goTo(visible[Math.max(0, Math.min(visible.length - 1, next))]);
  }

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { clear(); document.activeElement.blur(); return; }
    if (event.target.matches("input, select, textarea")) return;
    if (event.key === "/") { event.preventDefault(); byId("search").focus(); }
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
    buttons[Number(event.key) - 1]?.click();
  }

  const seen = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) entries.get(target).classList.toggle("here", isIntersecting);
    const here = document.querySelector("#index .here"), list = document.querySelector("aside");
    if (here && list) list.scrollTop += Math.min(0, here.offsetTop - list.scrollTop) + Math.max(0, here.offsetTop + here.offsetHeight - list.scrollTop - list.clientHeight);
  }, { rootMargin: "-30% 0px -60% 0px" });
  for (const group of groups) seen.observe(group);

  const measure = () => document.documentElement.style.setProperty("--bar", `${document.querySelector("nav").offsetHeight}px`);
  for (const button of buttons) button.addEventListener("click", () => { show(button.dataset.view); window.scrollTo({ top: Math.min(window.scrollY, document.querySelector("nav").offsetTop) }); });
  for (const button of all("[data-only]")) button.addEventListener("click", () => { byId("outcome").value = button.dataset.only; show(view === "criteria" ? view : "applicants"); });
  for (const control of [byId("search"), ...choices]) control.addEventListener("input", filter);
  byId("clear").addEventListener("click", clear);
  document.addEventListener("keydown", key);
  document.addEventListener("click", (event) => {
    if (event.target.matches("figure img")) event.target.classList.toggle("large");
    const link = event.target.closest('a[href^="#"]');
    if (link) { event.preventDefault(); goTo(byId(link.hash.slice(1))); }
  });
  window.addEventListener("beforeprint", () => { for (const details of all("details")) details.open = true; });
  window.addEventListener("resize", measure);
  measure();
  filter();
  if (location.hash) goTo(byId(location.hash.slice(1)));
})();
