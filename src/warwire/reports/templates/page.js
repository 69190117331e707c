"use strict";
(() => {
  const main = document.querySelector("main");
  const boxes = [...document.querySelectorAll("input[data-off]")];
  const search = document.getElementById("search");
  const status = document.getElementById("shown");
  const articles = [...document.querySelectorAll("article[data-holds]")];
  if (!boxes.length) return;
  const facts = articles.map((article) => ({
    article,
    pairs: article.dataset.holds ? article.dataset.holds.split(" ").map((pair) => pair.split(".")) : [],
    text: null,
  }));
  const off = (kind) =>
    new Set(boxes.filter((box) => !box.checked && box.dataset.off[0] === kind).map((box) => box.dataset.off.slice(1)));
  function matches(fact, kinds, types, words) {
    const all = !kinds.size && !types.size;
    if (!all && !fact.pairs.some(([kind, type]) => !kinds.has(kind) && !types.has(type))) return false;
    if (!words) return true;
    fact.text ??= fact.article.textContent.toLowerCase();
    return fact.text.includes(words);
  }
  function apply() {
    const kinds = off("k"), types = off("t"), words = search.value.trim().toLowerCase();
    for (const box of boxes) main.classList.toggle("no-" + box.dataset.off, !box.checked);
    let count = 0;
    for (const fact of facts) {
      const keep = matches(fact, kinds, types, words);
      fact.article.hidden = !keep;
      count += keep;
    }
    status.textContent = `${count} of ${facts.length} articles shown`;
  }
  const visible = (mark) => {
    if (mark.closest("article").hidden) return false;
    const names = [...mark.classList];
    const kind = names.find((name) => /^k\d/.test(name));
    const types = names.filter((name) => /^t\d/.test(name));
    return !main.classList.contains("no-" + kind) && !types.every((type) => main.classList.contains("no-" + type));
  };
  let current = null;
  function step(forward) {
    const marks = [...document.querySelectorAll("mark.e")].filter(visible);
    if (!marks.length) return;
    let place = marks.indexOf(current);
    place = place < 0 ? (forward ? 0 : marks.length - 1) : (place + (forward ? 1 : -1) + marks.length) % marks.length;
    if (current) current.classList.remove("now");
    current = marks[place];
    current.classList.add("now");
    current.tabIndex = -1;
    current.focus({ preventScroll: true });
    current.scrollIntoView({ block: "center" });
  }
  function set(kind, choose) {
    for (const box of boxes) if (box.dataset.off[0] === kind) box.checked = choose(box);
    apply();
  }
  for (const box of boxes) box.addEventListener("change", apply);
  search.addEventListener("input", apply);
  document.getElementById("errors-only").addEventListener("click", () => set("k", (box) => box.dataset.off !== "k0"));
  document.getElementById("all").addEventListener("click", () => { search.value = ""; set("k", () => true); set("t", () => true); });
  document.getElementById("next").addEventListener("click", () => step(true));
  document.getElementById("previous").addEventListener("click", () => step(false));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input[type=search]")) return;
    if (event.key === "n") step(true);
    if (event.key === "p") step(false);
  });
  apply();
})();
