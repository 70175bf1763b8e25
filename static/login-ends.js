// Counts down to a scheduled force logout, in its last minutes.
"use strict";
{
  const secondMs = 1_000;
  const lastMs = 5 * 60_000;
  const longestWaitMs = 60 * 60_000; // a timer cannot wait for more than some weeks
  const announcedAtMs = [5 * 60_000, 60_000];

  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "long", hourCycle: "h23" });
  const utc = new Intl.DateTimeFormat("en-GB", { timeStyle: "long", hourCycle: "h23", timeZone: "UTC" });

  // The login ends by the server's clock, and the one here may be slow or fast.
  const [arrival] = performance.getEntriesByType("navigation");
  const arrivedAt = arrival ? performance.timeOrigin + arrival.responseStart : Date.now();
  const aheadMs = Number(document.body.dataset.now) - arrivedAt;

  let banner;
  let timer;
  let end;
  let isAnnounced;

  const hide = () => {
    clearTimeout(timer);
    banner?.remove();
    banner = undefined;
    end = undefined;
  };

  const show = (reason) => {
    banner = document.getElementById("login-ends").content.cloneNode(true).firstElementChild;
    const here = clock.format(end);
    const there = utc.format(end);
    const time = banner.querySelector("time");
    time.dateTime = end.toISOString();
    time.textContent = here === there ? there : `${here}, ${there}`;
    const said = banner.querySelector("[data-part=said]");
    said.hidden = !reason;
    said.querySelector("q").textContent = reason ?? "";
    document.querySelector(".skip").after(banner);
  };

  const inWords = (leftMs) => {
    const minutes = Math.round(leftMs / 60_000);
    return minutes > 0 ? `${minutes} minute${minutes === 1 ? "" : "s"}` : "less than a minute";
  };

  // A screen reader hears it when the time begins to run out, not every second.
  const announce = (leftMs) => {
    const passed = announcedAtMs.filter((at) => leftMs <= at).length;
    if (passed <= isAnnounced) return;
    isAnnounced = passed;
    banner.querySelector("[role=status]").textContent = `Your login ends in ${inWords(leftMs)}.`;
  };

  const tick = (reason) => {
    const leftMs = Math.max(0, end - Date.now() - aheadMs);
    if (leftMs > lastMs) {
      timer = setTimeout(tick, Math.min(leftMs - lastMs, longestWaitMs), reason);
      return;
    }
    const seconds = Math.ceil(leftMs / secondMs);
    // Words that come with their place are not read out; so the place comes first.
    if (banner) announce(leftMs);
    else show(reason);
    const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    banner.querySelector("[role=timer]").textContent = left;
    if (leftMs > 0) timer = setTimeout(tick, leftMs % secondMs || secondMs, reason);
  };

  document.addEventListener("login-scheduled", ({ detail: { at, reason } }) => {
    const moment = at ? new Date(at) : undefined;
    if (moment?.getTime() === end?.getTime()) return;
    hide();
    if (!moment) return;
    end = moment;
    isAnnounced = 0;
    tick(reason);
  });

  document.addEventListener("login-ended", hide);
  document.addEventListener("login-again", hide);
}
