// Says on the buttons for the selected logins how many these are, and of how many people.
"use strict";
{
  const bar = document.getElementById("marked-logins");
  const boxes = [...document.querySelectorAll('.records-logins input[name="id"]')];

  if (bar && boxes.length) {
    const logins = bar.querySelector("[data-part=logins]");
    const people = bar.querySelector("[data-part=people]");
    const [ofLogins, ofPeople] = [logins.textContent, people.textContent];

    const userOf = (box) => box.closest("tr").querySelector("th a").pathname;

    const show = () => {
      const marked = boxes.filter((box) => box.checked);
      const users = new Set(marked.map(userOf)).size;
      const one = marked.length === 1;
      logins.textContent = marked.length ? `End the ${marked.length} selected login${one ? "" : "s"}…` : ofLogins;
      people.textContent = marked.length ? `Force out the ${users} selected ${users === 1 ? "person" : "people"}…` : ofPeople;
    };

    // At the document, so that the box for all has set the others.
    document.addEventListener("change", show);
    // The back button may restore the selection.
    window.addEventListener("pageshow", show);
    show();
  }
}
