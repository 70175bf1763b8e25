// Counts down the last minutes before a scheduled force logout.
"use strict";
{
  const page = document.querySelector("meta[name=curfew-page]").dataset;
  const secondMs = 1_000;
  const lastMs = 5 * 60_000; // `ENDS_SOON` on the server
  const longestWaitMs = 60 * 60_000; // a timer overflows after 24.8 days
  const announcedAtMs = [5 * 60_000, 60_000];

  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "long", hourCycle: "h23" });
  const utc = new Intl.DateTimeFormat("en-GB", { timeStyle: "long", hourCycle: "h23", timeZone: "UTC" });

  // The login ends by the server's clock, from which the browser's clock may differ.
  const [navigation] = performance.getEntriesByType("navigation");
  const receivedAt = navigation ? performance.timeOrigin + navigation.responseStart : Date.now();
  const serverAheadMs = Number(page.now) - receivedAt;

  let banner;
  let timer;
  let end;
  let announcements;

  const hide = () => {
    clearTimeout(timer);
    banner?.remove();
    banner = undefined;
    end = undefined;
  };

  const show = (reason) => {
    banner = document.getElementById("login-ends").content.cloneNode(true).firstElementChild;
    const inLocalZone = clock.format(end);
    const inUtc = utc.format(end);
    const time = banner.querySelector("time");
    time.dateTime = end.toISOString();
    time.textContent = inLocalZone === inUtc ? inUtc : `${inLocalZone}, ${inUtc}`;
    const reasonLine = banner.querySelector("[data-part=said]");
    reasonLine.hidden = !reason;
    reasonLine.querySelector("q").textContent = reason ?? "";
    document.querySelector(".skip").after(banner);
  };

  const inWords = (leftMs) => {
    const minutes = Math.round(leftMs / 60_000);
    return minutes > 0 ? `${minutes} minute${minutes === 1 ? "" : "s"}` : "less than a minute";
  };

  // Screen readers hear five minutes and one minute, not every second.
  const announce = (leftMs) => {
    const due = announcedAtMs.filter((at) => leftMs <= at).length;
    if (due <= announcements) return;
    announcements = due;
    banner.querySelector("[role=status]").textContent = `Your login ends in ${inWords(leftMs)}.`;
  };

  const tick = (reason) => {
    const leftMs = Math.max(0, end - Date.now() - serverAheadMs);
    if (leftMs > lastMs) {
      timer = setTimeout(tick, Math.min(leftMs - lastMs, longestWaitMs), reason);
      return;
    }
    const seconds = Math.ceil(leftMs / secondMs);
    // Screen readers announce only changes inside an existing live region, so the first tick only adds the banner.
    if (banner) announce(leftMs);
    else show(reason);
    const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    banner.querySelector("[role=timer]").textContent = left;
    if (leftMs > 0) timer = setTimeout(tick, leftMs % secondMs || secondMs, reason);
  };

  document.addEventListener("login-scheduled", ({ detail: { at, reason } }) => {
    const newEnd = at ? new Date(at) : undefined;
    if (newEnd?.getTime() === end?.getTime()) return;
    hide();
    if (!newEnd) return;
    end = newEnd;
    announcements = 0;
    tick(reason);
  });

  document.addEventListener("login-ending", hide);
  document.addEventListener("login-ended", hide);
  document.addEventListener("login-again", hide);
}
