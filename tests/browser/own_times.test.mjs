// Moments, typed and read in the browser's own time zone.

import assert from "node:assert/strict";

import { Staff } from "./harness/staff.mjs";
import { story } from "./harness/story.mjs";

const inBerlin = { timezoneId: "Europe/Berlin" };

/** Staff in Berlin before the page of somebody. */
async function atWorkInBerlin(stage, options = {}) {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await owner.opens(friend);
  const { path } = owner;
  const there = owner.in(await stage.browser({ ...inBerlin, ...options }));
  assert.ok(there instanceof Staff);
  await there.logsIn();
  await there.visits(path);
  return there;
}

/** What stands beside the field for the end of a deactivation. */
const beside = (staff) => staff.page.locator(".field:has(#deactivate-until) [role=status]").first().innerText();

story("a moment is typed here, sent in UTC and shown in both", async (stage) => {
  const staff = await atWorkInBerlin(stage);
  const at = staff.page.locator("#force-logout-at");
  assert.match(await staff.page.locator("label[for=force-logout-at]").innerText(), /Europe\/Berlin time/);
  await at.fill("2099-07-01T14:30");
  assert.equal(await staff.page.locator(".field:has(#force-logout-at) [role=status]").innerText(), "1 July 2099 at 12:30 UTC");
  await staff.forcesOut({ at: "2099-07-01T14:30" });
  const scheduled = await staff.page.locator(".scheduled").innerText();
  assert.match(scheduled, /1 July 2099 at 14:30:00 \S+ \(1 July 2099, 12:30:00 UTC\)/);
});

story("what was refused is shown again as the same moment", async (stage) => {
  const staff = await atWorkInBerlin(stage);
  await staff.deactivates({ until: "2001-07-01T14:30" });
  assert.equal(await staff.page.locator("#deactivate-until").inputValue(), "2001-07-01T14:30");
  assert.equal(await beside(staff), "1 July 2001 at 12:30 UTC");
});

story("an hour that the clock leaves out or strikes twice stays one moment", async (stage) => {
  const staff = await atWorkInBerlin(stage);
  await staff.page.locator("#deactivate-until").fill("2025-03-30T02:30");
  assert.equal(await beside(staff), "30 March 2025 at 01:30 UTC", "there was no such time");

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
  assert.equal(await beside(staff), "26 October 2025 at 01:30 UTC", "and it still is");
});

story("without scripts a moment is in UTC", async (stage) => {
  const staff = await atWorkInBerlin(stage, { javaScriptEnabled: false });
  assert.match(await staff.page.locator("label[for=force-logout-at]").innerText(), /UTC, optional/);
  await staff.forcesOut({ at: "2099-07-01T14:30" });
  assert.match(await staff.page.locator(".scheduled").innerText(), /1 July 2099, 14:30:00 UTC/);
});
