// Shows exact times in the browser's zone, each followed by UTC.
"use strict";
{
  const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });
  const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "long", hourCycle: "h23" });
  const brief = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", hourCycle: "h23" });
  const { timeZone } = exact.resolvedOptions();

  const localText = (time, moment) => {
    if (time.matches(".clock")) return `${clock.format(moment)} (${time.textContent})`;
    // Where both zones have the same day, it is shown once.
    const today = `${day.format(moment)}, `;
    const utc = time.textContent.startsWith(today) ? time.textContent.slice(today.length) : time.textContent;
    const format = time.closest(".records, .session") ? brief : exact; // tables and cards are narrow
    return `${format.format(moment)} (${utc})`;
  };

  const localize = (part) => {
    const clocks = new Map();
    for (const time of part.querySelectorAll("time[datetime]:is(.exact, .clock)")) {
      const moment = new Date(time.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      const utc = time.textContent;
      time.textContent = localText(time, moment);
      clocks.set(utc, time.textContent);
    }
    // The labels of a chart repeat the hours of its table.
    const withLocal = (text) => text.replace(/\d\d:\d\d UTC/, (utc) => clocks.get(utc) ?? utc);
    for (const bars of part.querySelectorAll(".bars")) {
      bars.setAttribute("aria-label", withLocal(bars.getAttribute("aria-label")));
      for (const title of bars.querySelectorAll("title")) title.textContent = withLocal(title.textContent);
    }
  };

  if (!["UTC", "Etc/UTC", "Etc/GMT", "GMT"].includes(timeZone)) {
    localize(document);
    document.addEventListener("part-arrived", ({ detail }) => localize(detail));
    document.querySelector(".site-footer [data-part=zones]").textContent = `${timeZone} time and UTC`;
  }
}
