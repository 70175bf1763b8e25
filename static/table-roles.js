// Keeps a table a table for screen readers where a narrow screen shows its rows as blocks, and names the user on each
// row's button. Without scripts, some browsers read such rows out as plain text.
"use strict";
{
  const roles = { thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell" };

  for (const table of document.querySelectorAll(".records")) {
    table.setAttribute("role", "table");
    for (const [name, role] of Object.entries(roles)) {
      for (const part of table.querySelectorAll(name)) part.setAttribute("role", role);
    }
    for (const head of table.querySelectorAll("th")) {
      head.setAttribute("role", head.closest("tbody") ? "rowheader" : "columnheader");
    }
    for (const button of table.querySelectorAll("td > button")) {
      button.setAttribute("aria-label", `${button.textContent} ${button.closest("tr").querySelector("th").textContent}`);
    }
  }
}
