// Rows of lists have relative times, and exact ones on demand.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

const inZone = { timezoneId: "Asia/Kolkata" };
const seen = "2026-03-01T20:30:15.123456+00:00";

for (const javaScriptEnabled of [true, false]) {
  story(`the exact times of rows are shown by keyboard, ${javaScriptEnabled ? "with" : "without"} scripts`, async (stage) => {
    const owner = await stage.owner({ ...inZone, javaScriptEnabled });
    await stage.server.writes(`UPDATE curfew_users SET date_joined = '${seen}';`);
    await owner.visits("/admin/users");
    const { page } = owner;
    const joined = page.locator(".records-users td:nth-child(5)").first();
    const words = async () => (javaScriptEnabled ? joined.innerText() : joined.locator("time")
      .evaluate((time) => getComputedStyle(time, "::after").content));
    const exact = javaScriptEnabled ? "2 Mar 2026, 02:00:15 (1 March 2026, 20:30:15 UTC)" : "2026-03-01T20:30:15Z";
    assert.ok(!(await words()).includes(exact), await words());
    await page.getByLabel("Exact times").focus();
    await page.keyboard.press("Space");
    assert.ok((await words()).includes(exact), await words());
    if (!javaScriptEnabled) return;

    await owner.visits("/admin/users?sort=email");
    assert.ok((await words()).includes(exact), "the next page shows them too");
    await page.getByLabel("Exact times").uncheck();
    assert.ok(!(await words()).includes(exact), await words());
  });
}
