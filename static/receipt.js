// Keeps up to date which nodes have applied a force logout, until all of them have.
"use strict";
{
  const firstWaitMs = 150;
  const longestWaitMs = 2_000;
  const patienceMs = 120_000; // a node that is silent for longer has left the count long before

  const look = async (shown, waitMs, until) => {
    if (!shown || "complete" in shown.dataset || Date.now() > until) return;
    await new Promise((wake) => setTimeout(wake, waitMs));
    const answer = await fetch(shown.dataset.receipt, { redirect: "error" }).catch(() => undefined);
    if (answer && !answer.ok) return; // whoever asks may not any more
    const next = answer && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".receipt");
    if (next) document.dispatchEvent(new CustomEvent("part-arrived", { detail: next }));
    // What has not changed is not said again.
    if (next && next.textContent !== shown.textContent) shown.replaceChildren(...next.childNodes);
    if (next && "complete" in next.dataset) shown.dataset.complete = "";
    await look(shown, Math.min(waitMs * 1.5, longestWaitMs), until);
  };

  look(document.querySelector("[data-receipt]"), firstWaitMs, Date.now() + patienceMs);
}
