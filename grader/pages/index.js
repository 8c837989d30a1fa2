"use strict";
// The class page: tables are sorted and filtered, and one assignment of several is shown at a time.
// Without this script everything is there, in the order of who needs a person first.
const made = (name, text, parent) => {
  const element = document.createElement(name);
  element.textContent = text;
  parent.append(element);
  return element;
};
const button = (text, parent, pressed) => {
  const one = made("button", text, parent);
  one.type = "button";
  one.addEventListener("click", pressed);
  return one;
};

const VERDICTS = ["correct", "partly", "wrong", "missing", "blocked", "unknown"];
const collator = new Intl.Collator(undefined, { numeric: true });

const keyOf = (cell) => {
  if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
  const text = (cell.querySelector("bdi") ?? cell).textContent.trim();
  if (cell.classList.contains("v")) return text ? VERDICTS.indexOf(text) : 9;
  return cell.classList.contains("q") ? Number(text) : text;
};
const compared = (a, b) => (typeof a === "number" ? a - b : collator.compare(a, b));

const sortable = (table) => {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const sort = (head, column) => {
    const turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    const rows = [...body.rows].map((row) => [keyOf(row.cells[column]), row]);
    rows.sort((a, b) => turn * compared(a[0], b[0]));
    body.append(...rows.map((pair) => pair[1]));
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", turn < 0 ? "descending" : "ascending");
  };
  heads.forEach((head, column) => {
    const inside = [...head.childNodes];
    const one = button("", head, () => sort(head, column));
    one.append(...inside);
  });
};

const filterable = (section) => {
  const table = section.querySelector("table.sortable");
  const rows = [...table.tBodies[0].rows].map((row) => ({
    row,
    said: row.cells[0].textContent.toLowerCase(),
  }));
  const tools = document.createElement("div");
  tools.className = "tools";
  section.querySelector(".scroll.table").before(tools);
  const find = made("input", "", made("label", "Find", tools));
  find.type = "search";
  find.autocomplete = "off";
  find.spellcheck = false;
  const states = made("select", "", made("label", "State", tools));
  const option = (value, text) => {
    made("option", text, states).value = value;
  };
  option("", "all");
  const needing = rows.filter(({ row }) => !["graded", "absent"].includes(row.dataset.k));
  if (needing.length) option("person", `need a person (${needing.length})`);
  for (const term of section.querySelectorAll(".meanings dt .state")) {
    const kind = term.classList[1];
    const count = rows.filter(({ row }) => row.dataset.k === kind).length;
    option(kind, `${term.textContent} (${count})`);
  }
  const told = made("p", "", tools);
  told.setAttribute("role", "status");
  let criterion = null;
  const shows = ({ row, said }) => {
    const kind = row.dataset.k;
    const state = states.value;
    const standing = state === "person" ? !["graded", "absent"].includes(kind) : state === kind;
    if (state && !standing) return false;
    if (criterion && !"hfnb".includes(row.dataset.m[criterion.dataset.column] || "-")) return false;
    return said.includes(find.value.trim().toLowerCase());
  };
  const update = () => {
    let count = 0;
    for (const one of rows) {
      const shown = shows(one);
      one.row.hidden = !shown;
      count += shown;
    }
    const all = count === rows.length && !criterion && !states.value && !find.value;
    const lost = criterion ? `, those who lost points on ${criterion.dataset.id}` : "";
    told.textContent = all ? "" : `${count} of ${rows.length} shown${lost}`;
    clear.hidden = all;
    for (const other of section.querySelectorAll("[aria-pressed]")) {
      other.setAttribute("aria-pressed", String(other.closest("li") === criterion));
    }
  };
  const clear = button("show all", tools, () => {
    criterion = null;
    find.value = "";
    states.value = "";
    update();
    find.focus();
  });
  for (const item of section.querySelectorAll(".hardest li")) {
    if (item.dataset.lost === "0") continue;
    const one = button(`show ${item.dataset.lost}`, item.querySelector(".rate"), () => {
      criterion = criterion === item ? null : item;
      update();
      if (criterion) {
        tools.scrollIntoView();
        clear.focus({ preventScroll: true });
      }
    });
    one.setAttribute("aria-pressed", "false");
    one.setAttribute("aria-label", `Show the ${item.dataset.lost} who lost points on ${item.dataset.id}`);
  }
  find.addEventListener("input", update);
  states.addEventListener("change", update);
  update();
};

const sections = [...document.querySelectorAll("section.assignment")];
const choose = () => {
  const wanted = sections.find((section) => `#${section.id}` === location.hash) ?? sections[0];
  sections.forEach((section) => {
    section.hidden = section !== wanted;
  });
  for (const link of document.querySelectorAll(".chooser a")) {
    if (link.hash === `#${wanted.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
};
document.querySelectorAll("table.sortable").forEach(sortable);
sections.forEach(filterable);
if (sections.length > 1) {
  choose();
  addEventListener("hashchange", choose);
}
