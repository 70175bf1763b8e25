// Updates the preview of a force logout when its time changes.
"use strict";
{
  const waitMs = 250;

  const follow = (effect) => {
    const form = effect.closest("form");
    let timer;
    let latest = 0;

    const update = async () => {
      latest += 1;
      const turn = latest;
      // `FormData` has the time in UTC, as the form would send it.
      const at = new FormData(form).get("at");
      const address = `${effect.dataset.effect}?${new URLSearchParams({ at })}`;
      const text = await fetch(address, { redirect: "error" })
        .then((answer) => (answer.ok ? answer.text() : ""))
        .catch(() => "");
      if (turn !== latest) return; // the time has changed since
      const next = new DOMParser().parseFromString(text, "text/html").querySelector(".effect");
      if (next) document.dispatchEvent(new CustomEvent("part-arrived", { detail: next }));
      if (next && next.textContent === effect.textContent) return;
      if (next) effect.replaceChildren(...next.childNodes);
      else effect.textContent = "Could not count the logins that this ends.";
    };

    form.elements.at.addEventListener("input", () => {
      latest += 1; // drops the answer to a request under way
      clearTimeout(timer);
      timer = setTimeout(update, waitMs);
    });
  };

  document.querySelectorAll("[data-effect]").forEach(follow);
}
