// Shows the exact times of a page's rows while its box is checked, for this page and the next ones. Without scripts, the
// stylesheet shows them in UTC.
"use strict";
{
  const key = "curfew-exact-times";
  const box = document.getElementById("exact-times");
  const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", hourCycle: "h23", timeZone: "UTC" });

  // A browser may refuse to store anything. Then the box counts for this page only.
  const attempt = (act) => {
    try {
      return act();
    } catch {
      return undefined;
    }
  };

  const exactTime = (dateTime) => {
    const moment = new Date(dateTime);
    const exact = document.createElement("time");
    exact.className = "exact on-demand";
    exact.dateTime = dateTime;
    exact.textContent = `${day.format(moment)}, ${clock.format(moment)} UTC`;
    return exact;
  };

  const show = () => {
    if (!box.checked) return;
    const without = [...document.querySelectorAll(".records time:not([class], :has(+ .exact))")];
    const part = document.createElement("div");
    part.className = "records";
    part.append(...without.map((time) => exactTime(time.dateTime)));
    // `local-times.js` puts them into the browser's zone.
    document.dispatchEvent(new CustomEvent("part-arrived", { detail: part }));
    for (const [index, exact] of [...part.children].entries()) without[index].after(" ", exact);
  };

  if (box) {
    box.checked = attempt(() => localStorage.getItem(key)) === "yes";
    box.addEventListener("change", () => {
      attempt(() => (box.checked ? localStorage.setItem(key, "yes") : localStorage.removeItem(key)));
      show();
    });
    // Rows that have arrived since.
    document.addEventListener("rows-arrived", show);
    show();
  }
}
