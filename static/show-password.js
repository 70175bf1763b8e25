// A button in each password field shows what was typed.
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
  // Sent as a password, so that browsers keep it as one and nothing else.
  input.form.addEventListener("submit", () => show(false));
  window.addEventListener("pageshow", () => show(false));
  show(false);
  holder.append(button);
}
