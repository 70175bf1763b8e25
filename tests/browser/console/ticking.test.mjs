// Relative times tick while a page is open.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

const [minute, hour, day] = [60, 3_600, 86_400];
// Of each phrase, spans that read the same for the next ten seconds.
const spans = [
  65, 40 * minute, 50 * minute, 100 * minute, 5.25 * hour, 23.2 * hour, 30 * hour, 40 * hour, 6.25 * day, 7 * day,
  10.2 * day, 12 * day, 20 * day, 29.2 * day, 40 * day, 50 * day, 200 * day, 350 * day, 500 * day, 600 * day, 1_500 * day,
];

story("relative times tick in the words of the server", async (stage) => {
  const owner = await stage.owner();
  const ago = (seconds) => `strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', 'now', '-${Math.round(seconds)} seconds')`;
  const rows = spans.map((span, number) => `('reader${number}', 'reader${number}', '${number}@example.org',
    '${number}@example.org', 'none', TRUE, FALSE, FALSE, ${ago(span)})`);
  await stage.server.writes(`INSERT INTO curfew_users
    (username, username_key, email, email_key, password_hash, is_active, is_staff, is_superuser, date_joined)
    VALUES ${rows.join(", ")};`);
  const { page } = owner;
  await page.clock.install();
  await owner.visits("/admin/users?q=reader&sort=-date_joined&per_page=50");
  const joined = page.locator(".records-users td:nth-child(5) time:not(.exact)");
  const words = await joined.allTextContents();
  assert.equal(words.length, spans.length);
  assert.ok(words.includes("a minute ago") && words.includes("4 years ago"), words.join(", "));

  await joined.evaluateAll((times) => times.forEach((time) => { time.textContent = "?"; }));
  await page.clock.fastForward(10_000);
  assert.deepEqual(await joined.allTextContents(), words);

  await page.clock.fastForward(3 * hour * 1_000);
  assert.equal((await joined.allTextContents())[0], "3 hours ago");
});
