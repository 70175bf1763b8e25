// A list of leaked names: pasted, read, and out with one button. And a mistake that is undone.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

const LEAKED = 200;

const fill = `
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${LEAKED})
  INSERT INTO curfew_users (username, username_key, email, email_key, password_hash, is_active, is_staff, is_superuser,
                     date_joined)
  SELECT 'leaked' || n, 'leaked' || n, 'leaked' || n || '@example.org', 'leaked' || n || '@example.org', 'none', TRUE,
         FALSE, FALSE, '2026-01-01T00:00:00+00:00' FROM n;
  INSERT INTO curfew_login_names (name_key, user_id) SELECT email_key, id FROM curfew_users WHERE username LIKE 'leaked%'
    AND NOT EXISTS (SELECT 1 FROM curfew_login_names WHERE name_key = email_key);
  INSERT INTO curfew_logins (id, user_id, kind, secret_hash, login_date, opened_at, last_seen, address, user_agent)
  SELECT username, id, 'browser', x'00', strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'),
         strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), '192.0.2.7', 'Firefox'
  FROM curfew_users WHERE username LIKE 'leaked%' AND username NOT LIKE '%-anna';
`;

story("a leaked list of 200 names is out with a paste and two clicks", async (stage) => {
  const owner = await stage.owner();
  const victim = await stage.member("leaked-anna");
  await victim.logsIn();
  const bystander = await stage.member("bystander");
  await bystander.logsIn();
  await stage.server.writes(fill);
  const names = Array.from({ length: LEAKED }, (_, n) => `LEAKED${n + 1}@example.org`);
  const list = ["Leaked-Anna", ...names, "nobody@example.org", "leaked1@example.org"].join("\n");

  await owner.visits("/admin/users/paste");
  await owner.page.getByLabel("Usernames, emails or ids").fill(list);
  await owner.page.getByRole("button", { name: "Look up" }).click();
  await owner.page.getByRole("heading", { name: "201 users found" }).waitFor();
  const page = await owner.pageText();
  assert.ok(page.includes("1 unknown, 1 repeated, 0 out of reach."), page);
  assert.ok(page.includes("Line 202 nobody@example.org"), page);
  assert.ok(page.includes("Line 203 leaked1@example.org as line 2"), page);
  await owner.page.getByRole("button", { name: "Force out 201 users" }).click();
  await owner.page.getByText("Done: 201 users, 201 sessions ended.").waitFor();
  await owner.page.getByText(/Applied by 1 of 1 node/).waitFor();

  await victim.visits("/account/profile");
  assert.equal(victim.path, "/login");
  assert.equal((await victim.endNotices())[0]?.reason, "forced-out");
  await bystander.follows("/account/profile");
  assert.equal(bystander.path, "/account/profile");
  await owner.visits("/admin");
  assert.equal(await owner.page.getByRole("link", { name: "Its users and their receipt", exact: true }).count(), 1);
});

story("a file works too, and a deactivation by mistake is undone", async (stage) => {
  const owner = await stage.owner();
  const [ben, cara] = [await stage.member("ben"), await stage.member("cara")];
  await owner.visits("/admin/users/paste");
  const content = "\ufeffname;email\r\nben;ben@example.org\r\ncara;cara@example.org\r\n";
  const file = { name: "list.csv", mimeType: "text/csv", buffer: Buffer.from(content) };
  await owner.page.getByLabel("Or a file").setInputFiles(file);
  await owner.page.getByRole("button", { name: "Look up" }).click();
  await owner.page.getByRole("heading", { name: "2 users found" }).waitFor();
  await owner.page.getByRole("button", { name: "Deactivate…" }).click();
  await owner.page.getByRole("button", { name: "Deactivate 2 users" }).click();
  await owner.page.getByText("Done: 2 users").waitFor();
  await ben.visits("/login");
  await ben.logsIn();
  assert.ok((await ben.pageText()).includes("deactivated"));

  await owner.page.getByRole("button", { name: "Activate these 2 again…" }).click();
  await owner.page.getByRole("button", { name: "Activate 2 users" }).click();
  await owner.page.getByText("Done: 2 users").waitFor();
  for (const person of [ben, cara]) {
    await person.visits("/login");
    await person.logsIn();
    assert.equal(person.path, "/account");
  }
});
