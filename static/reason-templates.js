// Fills in the reasons of a form from the template that is chosen. A text that the template does not have stays.
"use strict";
{
  const texts = document.getElementById("reason-templates")?.content;

  for (const select of document.querySelectorAll("select[data-fills-reasons]")) {
    select.addEventListener("change", () => {
      const chosen = texts?.querySelector(`[data-template="${CSS.escape(select.value)}"]`);
      if (!chosen) return;
      for (const [name, text] of [["staff_reason", chosen.dataset.staffReason], ["user_reason", chosen.dataset.userReason]]) {
        const field = select.form.elements[name];
        if (!field || text === "") continue;
        field.value = text;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
  }
}
