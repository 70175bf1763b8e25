// A secret that was shown once is not there any more when its page is come back to.

addEventListener("pagehide", () => {
  for (const secret of document.querySelectorAll(".secret")) secret.remove();
});
