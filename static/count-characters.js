// Shows how many characters a reason may still have, once few are left. Counts code points, as the server does, and
// never cuts what was typed or pasted.
"use strict";
for (const area of document.querySelectorAll("textarea[data-characters]")) {
  const littleLeft = 100;
  const quietMs = 400;
  const left = document.createElement("p");
  left.className = "hint";
  left.setAttribute("role", "status");
  area.after(left);

  const update = () => {
    const count = Number(area.dataset.characters) - [...area.value].length;
    const characters = `${Math.abs(count)} character${Math.abs(count) === 1 ? "" : "s"}`;
    left.textContent = count > littleLeft ? "" : count < 0 ? `${characters} too many` : `${characters} left`;
  };

  let timer;
  // Waits for a pause, so that a screen reader does not interrupt the typing.
  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(update, quietMs);
  });
}
