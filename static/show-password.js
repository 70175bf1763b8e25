// Adds a button to each password field that shows what was typed.
"use strict";
for (const holder of document.querySelectorAll(".password")) {
  const input = holder.querySelector("input");
  const label = document.querySelector(`label[for="${CSS.escape(input.id)}"]`);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "password-toggle";

  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-label", `${button.textContent}: ${label.textContent}`);
  };

  button.addEventListener("click", () => show(input.type === "password"));
  // Back to type `password` before sending, so that browsers do not save it as ordinary text.
  input.form.addEventListener("submit", () => show(false));
  window.addEventListener("pageshow", () => show(false));
  show(false);
  holder.append(button);
}
