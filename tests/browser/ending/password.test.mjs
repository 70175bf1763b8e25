// A password changed in one of two browsers.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

story("a password change keeps this browser logged in and logs the other out", async (stage) => {
  await stage.owner();
  const atWork = await stage.member("friend");
  const atHome = atWork.in(await stage.browser());
  await atWork.logsIn();
  await atHome.logsIn();

  await atWork.changesPassword();
  await atWork.follows("/account/profile");
  assert.equal(atWork.path, "/account/profile");

  await atHome.visits("/account/profile");
  assert.equal(atHome.path, "/login");
  assert.equal((await atHome.endNotices())[0]?.reason, "password-changed");

  await atHome.logsIn();
  assert.equal(atHome.path, "/login", "the old password no longer works");
  atHome.password = atWork.password;
  await atHome.logsIn();
  assert.equal(atHome.path, "/account/profile");
});
