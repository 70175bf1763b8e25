// Deactivating and activating an account.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

const userReason = "Please call the office.";
const staffReason = "Invoice 81 is open.";

story("a deactivated user sees the reason and can log in again once activated", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();

  await owner.opens(friend);
  await owner.deactivates({ user_reason: userReason, staff_reason: staffReason });
  await friend.visits("/account/profile");
  assert.equal(friend.path, "/login");
  assert.equal((await friend.endNotices())[0]?.reason, "deactivated");
  assert.ok(!(await friend.hasSessionCookie()));

  await friend.logsIn();
  assert.equal(friend.path, "/login");
  assert.ok((await friend.pageText()).includes(userReason));
  assert.ok(!(await friend.page.content()).includes(staffReason));
  assert.ok(!(await friend.hasSessionCookie()), "even the right password does not log in");

  await owner.activates();
  await friend.visits("/login");
  await friend.logsIn();
  assert.equal(friend.path, "/account");
});

story("with a wrong password a deactivated user learns nothing", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await owner.opens(friend);
  await owner.deactivates({ user_reason: userReason });

  friend.password = "not the password";
  await friend.logsIn();
  assert.equal(friend.path, "/login");
  assert.ok(!(await friend.pageText()).includes(userReason));
  assert.deepEqual(await friend.endNotices(), []);
});
