"use strict";
// Sorts a table by the column whose head is pressed. Without this script the table keeps its order.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const order = new Intl.Collator(undefined, { numeric: true });
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value ?? cell.textContent.trim();
  };
  const sort = (head, column) => {
    const falling = head.getAttribute("aria-sort") === "ascending";
    const rows = [...body.rows].map((row) => [keyOf(row, column), row]);
    rows.sort((a, b) => (falling ? order.compare(b[0], a[0]) : order.compare(a[0], b[0])));
    body.append(...rows.map((pair) => pair[1]));
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
  };
  heads.forEach((head, column) => {
    if ("fixed" in head.dataset) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(head, column));
  });
}
