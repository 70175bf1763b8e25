// An API client logs in with a token made in the browser, and is refused once the token is revoked.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

async function asks(stage, token) {
  const answer = await fetch(new URL("/api/me", stage.server.url), { headers: { Authorization: `Token ${token}` } });
  return { status: answer.status, ...(await answer.json()) };
}

story("a token is shown once, authenticates a client, and can be revoked", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  await friend.visits("/account/tokens");
  await friend.submits("/account/tokens", { label: "backup <b>at home</b>" });
  const shown = friend.page.locator(".secret code");
  const token = await shown.innerText();
  assert.match(token, /^curfew_[a-z2-7]{40}$/);
  assert.ok((await friend.pageText()).includes("backup <b>at home</b>"), "the label is escaped");
  const { status, username } = await asks(stage, token);
  assert.deepEqual({ status, username }, { status: 200, username: "friend" });

  await friend.reloads();
  assert.equal(await shown.count(), 0, "the token is not shown again");
  await friend.goesBack();
  assert.ok(!(await friend.page.content()).includes(token), "nor with the back button");

  await friend.visits("/account/tokens");
  await friend.page.getByRole("button", { name: /^Revoke token number 1, backup/ }).click();
  await friend.page.getByText("Token revoked.").waitFor();
  const refused = await asks(stage, token);
  assert.deepEqual([refused.status, refused.code, refused.reason], [401, "session_ended", "ended-by-user"]);
});

story("a force logout ends tokens and sessions, and announces how many", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  await friend.visits("/account/tokens");
  await friend.submits("/account/tokens", { label: "backup" });
  const token = await friend.page.locator(".secret code").innerText();
  await owner.opens(friend);
  assert.ok((await owner.pageText()).includes("Ends 1 session and 1 token"));
  await owner.forcesOut({ user_reason: "Laptop lost", staff_reason: "Ticket 4711" });
  assert.ok((await owner.pageText()).includes("1 session and 1 token ended"));
  const refused = await asks(stage, token);
  assert.deepEqual([refused.code, refused.reason, refused.user_reason], ["session_ended", "forced-out", "Laptop lost"]);
});
