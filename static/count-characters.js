// Says how much room is left in a reason, once there is little.
"use strict";
for (const area of document.querySelectorAll("textarea[maxlength]")) {
  const littleLeft = 100;
  const quietMs = 400;
  const left = document.createElement("p");
  left.className = "hint";
  left.setAttribute("role", "status");
  area.after(left);

  const say = () => {
    const count = area.maxLength - area.value.length;
    left.textContent = count > littleLeft ? "" : `${count} character${count === 1 ? "" : "s"} left`;
  };

  let waiting;
  // While somebody types, a screen reader stays quiet.
  area.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(say, quietMs);
  });
}
