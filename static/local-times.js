// Exact times in the browser's own zone, each with UTC after it.
"use strict";
{
  const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });
  const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "long", hourCycle: "h23" });
  const brief = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", hourCycle: "h23" });
  const { timeZone } = exact.resolvedOptions();

  const here = (time, moment) => {
    if (time.matches(".clock")) return `${clock.format(moment)} (${time.textContent})`;
    // A day that is the same in both is said once.
    const today = `${day.format(moment)}, `;
    const utc = time.textContent.startsWith(today) ? time.textContent.slice(today.length) : time.textContent;
    const own = time.closest(".records, .session") ? brief : exact; // where there is little room
    return `${own.format(moment)} (${utc})`;
  };

  const showIn = (part) => {
    const clocks = new Map();
    for (const time of part.querySelectorAll("time[datetime]:is(.exact, .clock)")) {
      const moment = new Date(time.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      const utc = time.textContent;
      time.textContent = here(time, moment);
      clocks.set(utc, time.textContent);
    }
    // A drawing says the hours of its table.
    const both = (text) => text.replace(/\d\d:\d\d UTC/, (utc) => clocks.get(utc) ?? utc);
    for (const bars of part.querySelectorAll(".bars")) {
      bars.setAttribute("aria-label", both(bars.getAttribute("aria-label")));
      for (const title of bars.querySelectorAll("title")) title.textContent = both(title.textContent);
    }
  };

  if (!["UTC", "Etc/UTC", "Etc/GMT", "GMT"].includes(timeZone)) {
    showIn(document);
    document.addEventListener("part-arrived", ({ detail }) => showIn(detail));
    document.querySelector(".site-footer [data-part=zones]").textContent = `${timeZone} time and UTC`;
  }
}
