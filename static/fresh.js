// Keeps staff pages fresh while they are open. The stream of `session-events.js` says that something has happened; then the
// page is read again in the background. Its figures tick, and a link says how many rows are new. Nothing else moves, so that
// nothing jumps under the pointer.
"use strict";
{
  const page = document.querySelector("meta[name=curfew-page]").dataset;
  const leastMs = 5_000;
  const selector = "[data-fresh=rows]";
  const shown = document.querySelector(selector);
  const link = document.querySelector("[data-part=fresh]");
  const pageNow = Number(page.now);
  const isFirstPage = !new URLSearchParams(location.search).has("page");

  // A row is known by what it leads to, or by what its box selects.
  const keyOf = (row) => row.querySelector("input")?.value ?? row.querySelector("a")?.getAttribute("href");
  const known = new Set([...(shown?.children ?? [])].map(keyOf));

  const tickTexts = (next) => {
    const [now, then] = [document, next].map((root) => [...root.querySelectorAll("[data-fresh=text]")]);
    if (now.length !== then.length) return;
    for (const [at, part] of now.entries()) {
      if (part.textContent !== then[at].textContent) part.replaceChildren(...then[at].cloneNode(true).childNodes);
    }
  };

  // Cells with a link or a button stay as they are.
  const tickRows = (next) => {
    const rows = new Map([...next.children].map((row) => [keyOf(row), row]));
    for (const row of shown.querySelectorAll(":scope > tr")) {
      const cells = rows.get(keyOf(row))?.children ?? [];
      for (const [at, cell] of [...row.children].entries()) {
        const fresh = cells[at];
        const isText = fresh && !fresh.querySelector("a, button, input") && !cell.querySelector("a, button, input");
        const words = (part) => [...part.querySelectorAll("time")].map((time) => time.dateTime) + part.textContent;
        const plain = cell.cloneNode(true);
        for (const exact of plain.querySelectorAll(".on-demand")) exact.remove();
        if (isText && words(plain).trim() !== words(fresh).trim()) cell.replaceChildren(...fresh.cloneNode(true).childNodes);
      }
    }
    document.dispatchEvent(new Event("rows-arrived"));
  };

  const countRows = (next) => {
    const count = [...next.children].filter((row) => !known.has(keyOf(row))).length;
    if (!link || !isFirstPage || count === 0) return;
    const isAll = count === next.children.length;
    link.textContent = `${count}${isAll ? " or more" : ""} new, show`;
    link.href = location.pathname + location.search;
    link.hidden = false;
  };

  let readAt = 0;
  let newest = pageNow;
  let seen = pageNow;
  let timer;

  const read = async () => {
    timer = undefined;
    if (document.visibilityState !== "visible" || newest <= seen) return;
    seen = newest;
    readAt = Date.now();
    const address = location.pathname + location.search;
    const text = await fetch(address, { headers: { "X-Passive": "yes" }, redirect: "error" })
      .then((answer) => (answer.ok ? answer.text() : undefined))
      .catch(() => undefined);
    if (!text || !document.getElementById("main")?.isConnected) return;
    const next = new DOMParser().parseFromString(text, "text/html");
    tickTexts(next);
    const rows = next.querySelector(selector);
    if (!shown || !rows) return;
    tickRows(rows);
    countRows(rows);
  };

  const readSoon = () => {
    timer ??= setTimeout(read, Math.max(readAt + leastMs - Date.now(), 0));
  };

  if (document.querySelector("[data-fresh]")) {
    document.addEventListener("site-news", ({ detail: { at } }) => {
      newest = Math.max(newest, new Date(at).getTime());
      readSoon();
    });
    document.addEventListener("visibilitychange", readSoon);
    document.addEventListener("login-ended", () => {
      newest = seen;
    });
  }
}
