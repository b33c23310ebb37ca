"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const cards = [...document.querySelectorAll(".card")];
  const home = new Map(cards.map((card) => [card, card.parentElement]));
  const words = new Map(cards.map((card) => [card, (card.textContent + " " + card.parentElement.querySelector("h2, .head").parentElement.textContent.slice(0, 600)).toLowerCase()]));
  const buttons = [...document.querySelectorAll("nav button")];

  function show(view) {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
      byId(button.dataset.view).hidden = button.dataset.view !== view;
    }
    if (view === "criteria") groupByCheck();
    if (view === "applicants") for (const card of cards) home.get(card).append(card);
    filter();
  }

  function groupByCheck() {
    const place = byId("criteria");
    place.replaceChildren();
    const sorted = [...cards].sort((a, b) => a.dataset.check.localeCompare(b.dataset.check));
    let group = null;
    for (const card of sorted) {
      if (!group || group.dataset.key !== card.dataset.check) {
        group = document.createElement("section");
        group.className = "group";
        group.dataset.key = card.dataset.check;
        const title = document.createElement("h2");
        title.textContent = `${card.dataset.check} ${card.dataset.title}`;
        group.append(title);
        place.append(group);
      }
      group.append(card);
    }
  }

  function filter() {
    const search = byId("search").value.trim().toLowerCase();
    const wanted = { outcome: byId("outcome").value, state: byId("state").value, direction: byId("direction").value, check: byId("check").value };
    let shown = 0;
    for (const card of cards) {
      const fits = Object.entries(wanted).every(([name, value]) => !value || card.dataset[name] === value);
      card.hidden = !(fits && (!search || words.get(card).includes(search)));
      if (!card.hidden) shown += 1;
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".card:not([hidden])");
    }
    for (const row of document.querySelectorAll("#files tbody tr, #changes tbody tr, #manual tbody tr, #matrix tbody tr, #clauses tbody, #ledger tbody tr")) {
      row.hidden = Boolean(search) && !row.textContent.toLowerCase().includes(search);
    }
    byId("shown").textContent = `显示 ${shown} / ${cards.length} 项异常`;
  }

  for (const button of buttons) button.addEventListener("click", () => show(button.dataset.view));
  for (const id of ["search", "outcome", "state", "direction", "check"]) byId(id).addEventListener("input", filter);
  filter();
})();
