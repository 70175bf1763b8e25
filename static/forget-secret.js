// Removes a secret when its page is left, so that the back button does not show it again.

addEventListener("pagehide", () => {
  for (const secret of document.querySelectorAll(".secret")) secret.remove();
});
