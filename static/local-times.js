// The exact time shown on hover, also in the browser's own zone.
"use strict";
{
  const format = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "long", hourCycle: "h23" });
  for (const time of document.querySelectorAll("time[datetime][title]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.getTime())) time.title += `\nHere: ${format.format(moment)}`;
  }
}
