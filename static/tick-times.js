// Keeps relative times true while a page is open, in the words of the server: "3 minutes ago", "in 2 hours".
"use strict";
{
  const page = document.querySelector("meta[name=curfew-page]").dataset;
  const tickMs = 10_000;
  const [minute, hour, day] = [60, 3_600, 86_400];
  // Above the first number of seconds, a span is counted in the second.
  const units = [
    [547 * day, 365 * day],
    [45 * day, 30 * day],
    [10.5 * day, 7 * day],
    [1.5 * day, day],
    [1.5 * hour, hour],
    [1.5 * minute, minute],
  ];
  // Above the first number of seconds, a span has these words: with a number of units of that many seconds, or without.
  const phrases = [
    [547 * day, "years", 365 * day],
    [345 * day, "a year"],
    [45 * day, "months", 30 * day],
    [29 * day, "a month"],
    [10.5 * day, "weeks", 7 * day],
    [6.5 * day, "a week"],
    [1.5 * day, "days", day],
    [22 * hour, "a day"],
    [1.5 * hour, "hours", hour],
    [45 * minute, "an hour"],
    [1.5 * minute, "minutes", minute],
    [45, "a minute"],
    [10, "seconds", 1],
  ];

  const inWords = (ms) => {
    const seconds = Math.round(Math.abs(ms) / 1_000);
    const [, unit] = units.find(([above]) => seconds > above) ?? [0, 1];
    const rounded = Math.floor((seconds + Math.floor(unit / 2)) / unit) * unit;
    const [, words, size] = phrases.find(([above]) => rounded > above) ?? [0, "now"];
    if (words === "now") return words;
    const span = size ? `${Math.max(Math.floor(rounded / size), 2)} ${words}` : words;
    return ms > 0 ? `in ${span}` : `${span} ago`;
  };

  // The server's clock counts, from which the browser's may differ.
  const [navigation] = performance.getEntriesByType("navigation");
  const receivedAt = navigation ? performance.timeOrigin + navigation.responseStart : Date.now();
  const serverAheadMs = Number(page.now) - receivedAt;

  const tick = () => {
    if (document.visibilityState !== "visible") return;
    for (const time of document.querySelectorAll("main time[datetime]:not([class])")) {
      const at = new Date(time.dateTime).getTime();
      const words = inWords(at - Date.now() - serverAheadMs);
      if (!Number.isNaN(at) && time.textContent !== words) time.textContent = words;
    }
  };

  if (page.now) {
    setInterval(tick, tickMs);
    document.addEventListener("visibilitychange", tick);
  }
}
