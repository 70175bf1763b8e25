// An incident on a site with many users (a million in a soak): staff find the accounts on a leaked password list, end
// all their logins at once, deactivate a wave of spam accounts, and can say afterwards who did what, when and why.

import assert from "node:assert/strict";

import { isSoak } from "../harness/soak.mjs";
import { story } from "../harness/story.mjs";

const MANY = isSoak ? 1_000_000 : 20_000;
const LEAKED = 2_500;

// Numbered users: "leaked…" first, then a few "spam…", and "reader…" for all others.
const fill = `
  PRAGMA synchronous = OFF;
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${MANY}),
    named AS (SELECT n, CASE WHEN n <= ${LEAKED} THEN 'leaked' WHEN n <= ${LEAKED + 30} THEN 'spam' ELSE 'reader' END
      || n AS name FROM n)
  INSERT INTO curfew_users (username, username_key, email, email_key, password_hash, is_active, is_staff, is_superuser,
                     date_joined)
  SELECT name, name, name || '@example.org', name || '@example.org', 'none', TRUE, FALSE, FALSE,
         '2026-01-01T00:00:00+00:00' FROM named;
  INSERT INTO curfew_logins (id, user_id, kind, secret_hash, login_date, opened_at, last_seen, address, user_agent)
  SELECT username, id, 'browser', x'00', strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'),
         strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), '192.0.2.7', 'Firefox'
  FROM curfew_users WHERE (username LIKE 'leaked%' OR username LIKE 'spam%') AND username NOT LIKE '%-anna';
`;

story("staff handle an incident on a site with many users", async (stage) => {
  const owner = await stage.owner();
  const victim = await stage.member("leaked-anna");
  await victim.logsIn();
  const bystander = await stage.member("bystander");
  await bystander.logsIn();
  await stage.server.writes(fill);

  // A leaked password list: all users on it are logged out at once.
  await owner.searches("leaked");
  await owner.choosesForAll("Force out");
  let page = await owner.pageText();
  assert.ok(page.includes("Force out 2,501 users?"), page);
  assert.match(page, /Logins to end\s+2,501 sessions/);
  await owner.confirms("Force out", {
    user_reason: "A list of passwords was found.",
    staff_reason: "Ticket 4711",
  });
  await owner.page.getByText("Done: 2,501 users, 2,501 sessions ended.").waitFor();
  await victim.visits("/account/profile");
  assert.equal(victim.path, "/login");
  assert.equal((await victim.endNotices())[0]?.reason, "forced-out");
  assert.ok((await victim.pageText()).includes("A list of passwords was found."));
  assert.ok(!(await victim.page.content()).includes("4711"));
  await bystander.follows("/account/profile");
  assert.equal(bystander.path, "/account/profile");

  // A wave of spam: a few users, selected one by one, are deactivated.
  await owner.searches("spam250");
  await owner.choosesFor("Deactivate", ["spam2501", "spam2502"]);
  page = await owner.pageText();
  assert.ok(page.includes("Deactivate 2 users?"), page);
  await owner.confirms("Deactivate", { staff_reason: "A wave of spam" });
  await owner.page.getByText("Done: 2 users, 2 sessions ended.").waitFor();

  // Afterwards: who did what to whom, when and why.
  await owner.visits("/admin/events?q=leaked-anna");
  page = await owner.pageText();
  for (const words of ["Force logout", "leaked-anna\tada", "Ticket 4711", "A list of passwords was found."]) {
    assert.ok(page.includes(words), `${words} is not in: ${page}`);
  }
  await owner.visits("/admin/events?kind=deactivated");
  page = await owner.pageText();
  assert.ok(page.includes("spam2501") && page.includes("spam2502") && page.includes("A wave of spam"), page);
});
