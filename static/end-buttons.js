// Adds to each row of a list of a hundred logins the button that ends it. Shorter lists have it from the server; in this one
// it would be a sixth of the page. Without scripts, a row's box and the button below the list do the same.
"use strict";
{
  const table = document.querySelector("[data-ends]");

  if (table) {
    const marked = table.closest("form");
    const one = marked.cloneNode(false);
    one.id = "one";
    for (const [name, value] of [["csrf_token", marked.elements.csrf_token.value], ["action", "end"], ["scope", "ids"]]) {
      one.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    marked.before(one);

    const head = Object.assign(document.createElement("th"), { scope: "col", textContent: "End" });
    table.tHead.rows[0].append(head);

    for (const row of table.tBodies[0].rows) {
      const cell = row.insertCell();
      const value = row.querySelector('input[name="id"]')?.value;
      if (!value) continue;
      const button = Object.assign(document.createElement("button"), { className: "button", name: "id", value, textContent: "End…" });
      button.setAttribute("form", one.id);
      cell.append(button);
    }
  }
}
