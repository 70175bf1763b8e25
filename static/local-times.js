// Exact times, also in the browser's own zone: before those that are shown, and in those on hover.
"use strict";
{
  const format = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "long", hourCycle: "h23" });
  const { timeZone } = format.resolvedOptions();
  const isUtc = ["UTC", "Etc/UTC", "Etc/GMT", "GMT"].includes(timeZone);
  for (const time of document.querySelectorAll("time[datetime]:is([title], .exact)")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    if (time.title) time.title += `\nHere: ${format.format(moment)}`;
    else if (!isUtc) time.textContent = `${format.format(moment)} (${time.textContent})`;
  }
  if (!isUtc) document.querySelector(".site-footer [data-part=zones]").textContent = `${timeZone} time and UTC`;
}
