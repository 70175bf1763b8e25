// An email whose domain a browser would send in another spelling.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

story("an email in another script is stored as typed and works at login", async (stage) => {
  const friend = await stage.newcomer("friend");
  friend.email = "δοκιμή@bücher.example";
  await friend.registers();
  assert.equal(friend.path, "/account");
  await friend.follows("/account/profile");
  assert.equal(await friend.field("email").inputValue(), friend.email);

  await friend.logsOut();
  for (const spelling of [friend.email, "δοκιμή@xn--bcher-kva.example"]) {
    const again = Object.assign(friend.in(await stage.browser()), { username: spelling });
    await again.logsIn();
    assert.equal(again.path, "/account", spelling);
  }
});
