// Times, entered and shown in the browser's own time zone.

import assert from "node:assert/strict";

import { Staff } from "../harness/staff.mjs";
import { story } from "../harness/story.mjs";

const inBerlin = { timezoneId: "Europe/Berlin" };

/** A staff member in Berlin on a user's page. */
async function atWorkInBerlin(stage, options = {}) {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await owner.opens(friend);
  const { path } = owner;
  const there = owner.in(await stage.browser({ ...inBerlin, ...options }));
  assert.ok(there instanceof Staff);
  await there.logsIn();
  await there.visits(path);
  await there.unfolds(there.page.locator("main"));
  return there;
}

/** The text next to the field for the end of a deactivation. */
const beside = (staff) => staff.page.locator(".field:has(#deactivate-until) [role=status]").first().innerText();

story("a time is entered in local time, sent in UTC and shown in both", async (stage) => {
  const staff = await atWorkInBerlin(stage);
  const at = staff.page.locator("#force-logout-at");
  assert.match(await staff.page.locator("label[for=force-logout-at]").innerText(), /Europe\/Berlin time/);
  await at.fill("2099-07-01T14:30");
  assert.equal(await staff.page.locator(".field:has(#force-logout-at) [role=status]").innerText(), "1 July 2099 at 12:30 UTC");
  await staff.forcesOut({ at: "2099-07-01T14:30" });
  const scheduled = await staff.page.locator(".scheduled").innerText();
  assert.match(scheduled, /1 July 2099 at 14:30:00 \S+ \(12:30:00 UTC\)/);
});

story("a refused time is shown again unchanged", async (stage) => {
  const staff = await atWorkInBerlin(stage);
  await staff.deactivates({ until: "2001-07-01T14:30" });
  assert.equal(await staff.page.locator("#deactivate-until").inputValue(), "2001-07-01T14:30");
  assert.equal(await beside(staff), "1 July 2001 at 12:30 UTC");
});

story("a skipped or repeated hour stays one point in time", async (stage) => {
  const staff = await atWorkInBerlin(stage);
  await staff.page.locator("#deactivate-until").fill("2025-03-30T02:30");
  assert.equal(await beside(staff), "30 March 2025 at 01:30 UTC", "no such time exists");

  const { path } = staff;
  await staff.page.route("**/deactivate", (route) => {
    const body = new URLSearchParams(route.request().postData());
    body.set("until", "2025-10-26T01:30");
    return route.continue({ postData: body.toString() });
  }, { times: 1 });
  await staff.deactivates({ until: "2025-10-26T02:30" });
  assert.equal(await staff.page.locator("#deactivate-until").inputValue(), "2025-10-26T02:30");
  assert.equal(await beside(staff), "26 October 2025 at 01:30 UTC", "the second of the two");
  await staff.submits(`${path}/deactivate`);
  assert.equal(await beside(staff), "26 October 2025 at 01:30 UTC", "still the second one");
});

story("a day in a search is a day of the browser's time zone", async (stage) => {
  const owner = await stage.owner({ timezoneId: "Asia/Kathmandu" });
  await owner.visits("/admin/events");
  assert.match(await owner.page.locator("label[for=from]").innerText(), /Asia\/Kath?mandu time/);
  await owner.submits("/admin/events", { from: "2026-03-01", to: "2026-03-02" });
  const asked = new URL(owner.page.url()).searchParams;
  assert.deepEqual([asked.get("from"), asked.get("to")], ["2026-02-28T18:15", "2026-03-02T18:15"]);

  const shown = () => Promise.all(["#from", "#to"].map((field) => owner.page.locator(field).inputValue()));
  assert.deepEqual(await shown(), ["2026-03-01", "2026-03-02"]);
  assert.match(await owner.page.locator(".field:has(#to)").innerText(), /2 March 2026 at 18:15 UTC/);
  await owner.submits("/admin/events");
  assert.deepEqual(await shown(), ["2026-03-01", "2026-03-02"], "the days stay the same");
});

story("a chart shows its hours in both time zones, and its ticks in the browser's", async (stage) => {
  const owner = await stage.owner({ timezoneId: "Asia/Kathmandu" });
  await owner.visits("/admin");
  const both = /^\d\d:45 \(\d\d:00 UTC\)/;
  assert.match(await owner.page.locator(".bars title").first().textContent(), both);
  assert.match(await owner.page.locator(".bars").first().getAttribute("aria-label"), /\d\d:45 \(\d\d:00 UTC\)/);
  for (const tick of await owner.page.locator(".ticks").first().locator(".tick").allInnerTexts()) {
    assert.match(tick, /^\d\d:45$/);
  }
  assert.match(await owner.pageText(), /Hours in Asia\/Kath?mandu time\./);
});

story("a chart counts the days of the browser's time zone, and says so", async (stage) => {
  const owner = await stage.owner({ timezoneId: "Asia/Kathmandu" });
  const elsewhere = owner.in(await stage.browser({ javaScriptEnabled: false }));
  await elsewhere.logsIn();
  // 17:00 UTC is 22:45 in Kathmandu. Of the hour from 18:00 UTC, most belongs to the next day there.
  const day = new Date(Date.now() - 4 * 24 * 3_600_000).toISOString().slice(0, 10);
  for (const [hour, logins, failed] of [[17, 2, 0], [18, 3, 7]]) {
    await stage.server.writes(`INSERT INTO curfew_logins_by_hour VALUES ('${day}T${hour}:00:00+00:00', ${logins}, ${failed})
      ON CONFLICT (hour) DO UPDATE SET logins = excluded.logins, failed_logins = excluded.failed_logins;`);
  }
  const rowsOf = async (person) => {
    await person.visits("/admin");
    const rows = await person.page.locator(".numbers").last().locator("tbody tr").allTextContents();
    return rows.map((row) => row.replace("not counted", " -"));
  };
  const name = (date) => new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", timeZone: "UTC" }).format(date);
  const [first, next] = [new Date(`${day}T00:00Z`), new Date(Date.parse(`${day}T00:00Z`) + 24 * 3_600_000)];
  const inUtc = await rowsOf(elsewhere);
  assert.ok(inUtc.includes(`${name(first)}57 -`), inUtc.join("|"));
  assert.match(await elsewhere.pageText(), /Days in UTC\. Each day starts at 00:00 UTC\./);

  const inKathmandu = await rowsOf(owner);
  assert.ok(inKathmandu.includes(`${name(first)}20 -`), inKathmandu.join("|"));
  assert.ok(inKathmandu.includes(`${name(next)}37 -`), inKathmandu.join("|"));
  assert.match(await owner.pageText(), /Days in Asia\/Kath?mandu time\. Each day starts at 23:45 \(18:00 UTC\)\./);
  const chart = owner.page.locator(".bars-failed").last();
  assert.match(await chart.getAttribute("aria-label"), /^Failed logins per day \(Asia\/Kath?mandu\): 7 total, peak 7 /);
  const highest = await chart.locator("rect + rect").evaluateAll((bars) => Math.max(...bars.map((bar) => bar.getAttribute("height"))));
  assert.equal(highest, 70, "seven on a scale of ten, which the logins share");
  assert.equal(await owner.page.locator(".bars-logins").last().locator("xpath=..").locator(".axis span").first().innerText(), "10");
  assert.equal(await chart.locator('[fill="url(#not-counted)"]').count(), 0);
  assert.ok((await owner.page.locator('.bars-live [fill="url(#not-counted)"]').count()) > 12);
});

story("without scripts a time is in UTC", async (stage) => {
  const staff = await atWorkInBerlin(stage, { javaScriptEnabled: false });
  assert.match(await staff.page.locator("label[for=force-logout-at]").innerText(), /UTC, optional/);
  await staff.forcesOut({ at: "2099-07-01T14:30" });
  assert.match(await staff.page.locator(".scheduled").innerText(), /1 July 2099, 14:30:00 UTC/);
});
