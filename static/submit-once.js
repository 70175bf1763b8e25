// A second click on a button does not post a form twice.
"use strict";
{
  // A request that was stopped leaves the page as it is: then the form may be sent again.
  const letGoAfterMs = 20_000;

  const release = (form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("method") !== "post" || event.defaultPrevented) return;
    if ("sent" in form.dataset) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "";
    form.setAttribute("aria-busy", "true");
    setTimeout(release, letGoAfterMs, form);
  });

  // Back from the next page, the browser may show this one as it was left.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach(release);
  });
}
