// Shows the charts in the browser's time zone: the ticks of their axes, and days counted from the hours. The server
// counts days of UTC. Both count in the same way; see `overview/charts.rs` and `overview/bars.rs`.
"use strict";
{
  const page = document.querySelector("meta[name=curfew-page]").dataset;
  const hourMs = 3_600_000;
  const height = 100;
  const minHeight = 3;

  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", hourCycle: "h23" });
  const tickDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
  const fullDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });
  const { timeZone } = clock.resolvedOptions();
  const number = (count) => count.toLocaleString("en-GB");

  const parse = (counts) => counts.split(" ").map((count) => (count === "-" ? null : Number(count)));
  const sum = (counts) => counts.reduce((total, count) => total + count, 0);
  // Null if none of the hours was counted.
  const peak = (counts) => counts.reduce((most, count) => (count === null ? most : Math.max(most ?? 0, count)), null);

  const topOf = (most) => {
    for (let unit = 1; ; unit *= 10) {
      const top = [2, 4, 6, 10].map((digits) => digits * unit).find((candidate) => candidate >= most);
      if (top) return top;
    }
  };

  /** The hours of each of the last days, today's last. An hour that lies in two days belongs to the one with more of it. */
  const hoursOfDays = (from, hours, days) => {
    const now = new Date(Number(page.now));
    const starts = Array.from({ length: days }, (_, day) =>
      new Date(now.getFullYear(), now.getMonth(), now.getDate() - (days - 1 - day)));
    const found = starts.map((start) => ({ start, hours: [] }));
    for (let hour = 0; hour < hours; hour += 1) {
      const middle = from + hour * hourMs + hourMs / 2;
      const day = starts.findLastIndex((start) => start <= middle);
      if (day >= 0) found[day].hours.push(hour);
    }
    return found;
  };

  const draw = (svg, names, counts, top, figure) => {
    const steps = svg.querySelectorAll("g");
    for (const [step, count] of counts.entries()) {
      const tall = count ? Math.max(Math.floor((count * height) / top), minHeight) : 0;
      const [ground, bar] = steps[step].querySelectorAll("rect");
      steps[step].querySelector("title").textContent = `${names[step]}: ${count === null ? "not counted" : count}`;
      bar.setAttribute("y", height - tall);
      bar.setAttribute("height", tall);
      if (count === null) ground.setAttribute("fill", "url(#not-counted)");
      else ground.removeAttribute("fill");
    }
    const most = peak(counts) ?? 0;
    const atPeak = most > 0 ? `, peak ${most} (${names[counts.indexOf(most)]})` : "";
    svg.setAttribute("aria-label", `${svg.dataset.name} per day (${timeZone}): ${figure}${atPeak}`);
    const axis = svg.parentElement.querySelectorAll(".axis span");
    axis[0].textContent = number(top);
    axis[1].textContent = number(top / 2);
  };

  const countDays = (panel) => {
    const from = Date.parse(panel.dataset.hoursFrom);
    const hourly = ["logins", "failed", "live"].map((kind) => parse(panel.dataset[kind]));
    const rows = [...panel.querySelectorAll(".numbers tbody tr")];
    const days = hoursOfDays(from, hourly[0].length, rows.length);
    const names = days.map(({ start }) => fullDay.format(start));
    const ofDays = (counts, join) => days.map(({ hours }) => join(hours.map((hour) => counts[hour])));

    const [logins, failed] = [ofDays(hourly[0], sum), ofDays(hourly[1], sum)];
    const live = ofDays(hourly[2], peak);
    const liveFigure = panel.querySelector(".chart:has(.bars-live) .chart-figure strong").textContent;
    const liveNow = Number(liveFigure.replaceAll(",", ""));
    live[live.length - 1] = Math.max(live.at(-1) ?? 0, liveNow);

    const top = topOf(Math.max(...logins, ...failed));
    for (const [kind, counts] of [["logins", logins], ["failed", failed]]) {
      const svg = panel.querySelector(`.bars-${kind}`);
      svg.closest(".chart").querySelector(".chart-figure strong").textContent = number(sum(counts));
      draw(svg, names, counts, top, `${sum(counts)} total`);
    }
    draw(panel.querySelector(".bars-live"), names, live, topOf(peak(live)), `${liveNow} now`);

    for (const [day, row] of rows.entries()) {
      const [head, ...cells] = row.children;
      head.textContent = names[day];
      cells[0].textContent = number(logins[day]);
      cells[1].textContent = number(failed[day]);
      cells[2].replaceChildren(live[day] === null ? notCounted() : number(live[day]));
    }
    panel.querySelector("[data-part=hatched]").hidden = !live.includes(null);

    const ticks = panel.querySelectorAll(".tick");
    const perTick = days.length / ticks.length;
    for (const [at, tick] of ticks.entries()) {
      const { start } = days[at * perTick];
      tick.dateTime = start.toISOString();
      tick.textContent = tickDay.format(start);
    }
    const first = new Date(from + days.at(-1).hours[0] * hourMs);
    const starts = panel.querySelector(".detail .clock");
    starts.dateTime = first.toISOString();
    starts.textContent = `${first.toISOString().slice(11, 16)} UTC`;
  };

  const notCounted = () => {
    const words = document.createElement("span");
    words.className = "none";
    words.textContent = "not counted";
    return words;
  };

  if (!["UTC", "Etc/UTC", "Etc/GMT", "GMT"].includes(timeZone)) {
    for (const panel of document.querySelectorAll("[data-hours-from]")) countDays(panel);
    for (const tick of document.querySelectorAll(".ticks:not(.ticks-days) .tick")) {
      tick.textContent = clock.format(new Date(tick.dateTime));
    }
    for (const zone of document.querySelectorAll("[data-part=chart-zone]")) zone.textContent = `${timeZone} time`;
  }
}
