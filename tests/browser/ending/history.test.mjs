// The back button after a logout, on a shared computer.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

async function goesBackAfterLogout(stage) {
  await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  await friend.follows("/account/profile");
  await friend.follows("/account/password");
  await friend.logsOut();
  assert.ok(!(await friend.hasSessionCookie()));

  for (const page of ["the last page", "the page before"]) {
    await friend.goesBack();
    assert.equal(friend.path, "/login", page);
    const content = await friend.page.content();
    assert.ok(!content.includes(friend.email) && !content.includes(friend.username), page);
  }
}

story("after a logout the back button shows nothing private", goesBackAfterLogout);

story("nor does the back button in a browser that keeps pages in memory", goesBackAfterLogout, { keepsPages: true });
