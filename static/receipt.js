// Polls the receipt of a force logout until all nodes have applied it.
"use strict";
{
  const firstWaitMs = 150;
  const longestWaitMs = 2_000;
  const timeoutMs = 120_000; // a node that does not answer leaves the count long before

  const poll = async (shown, waitMs, deadline) => {
    if (!shown || "complete" in shown.dataset || Date.now() > deadline) return;
    await new Promise((wake) => setTimeout(wake, waitMs));
    const answer = await fetch(shown.dataset.receipt, { redirect: "error" }).catch(() => undefined);
    if (answer && !answer.ok) return; // such as a login that has ended
    const text = await answer?.text().catch(() => undefined);
    const next = text && new DOMParser().parseFromString(text, "text/html").querySelector(".receipt");
    if (next) document.dispatchEvent(new CustomEvent("part-arrived", { detail: next }));
    // Replaces only what changed, so that a screen reader does not repeat the rest.
    if (next && next.textContent !== shown.textContent) shown.replaceChildren(...next.childNodes);
    if (next && "complete" in next.dataset) shown.dataset.complete = "";
    await poll(shown, Math.min(waitMs * 1.5, longestWaitMs), deadline);
  };

  poll(document.querySelector("[data-receipt]"), firstWaitMs, Date.now() + timeoutMs);
}
