// Says how much room is left in a reason, once there is little. Counts characters as the server does, and lets
// one type on: what is too long is said beside the field, and nothing typed or pasted is cut.
"use strict";
for (const area of document.querySelectorAll("textarea[data-characters]")) {
  const littleLeft = 100;
  const quietMs = 400;
  const left = document.createElement("p");
  left.className = "hint";
  left.setAttribute("role", "status");
  area.after(left);

  const say = () => {
    const count = Number(area.dataset.characters) - [...area.value].length;
    const characters = `${Math.abs(count)} character${Math.abs(count) === 1 ? "" : "s"}`;
    left.textContent = count > littleLeft ? "" : count < 0 ? `${characters} too many` : `${characters} left`;
  };

  let waiting;
  // While somebody types, a screen reader stays quiet.
  area.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(say, quietMs);
  });
}
