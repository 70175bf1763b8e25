// What a force logout would do follows the moment that is typed.
"use strict";
{
  const waitMs = 250;

  const follow = (effect) => {
    const form = effect.closest("form");
    let timer;
    let asked = 0;

    const show = async () => {
      asked += 1;
      const turn = asked;
      // As the form would send it: in UTC.
      const at = new FormData(form).get("at");
      const address = `${effect.dataset.effect}?${new URLSearchParams({ at })}`;
      const answer = await fetch(address, { redirect: "error" }).catch(() => undefined);
      const text = answer?.ok ? await answer.text() : "";
      if (turn !== asked) return; // another moment has been typed since
      const next = new DOMParser().parseFromString(text, "text/html").querySelector(".effect");
      if (next) document.dispatchEvent(new CustomEvent("part-arrived", { detail: next }));
      if (next && next.textContent === effect.textContent) return;
      if (next) effect.replaceChildren(...next.childNodes);
      else effect.textContent = "What it ends could not be counted.";
    };

    form.elements.at.addEventListener("input", () => {
      asked += 1; // what is on its way is for another moment
      clearTimeout(timer);
      timer = setTimeout(show, waitMs);
    });
  };

  document.querySelectorAll("[data-effect]").forEach(follow);
}
