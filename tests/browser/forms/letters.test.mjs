// Letters: the way back in, and "This wasn't me".

import assert from "node:assert/strict";

import { phoneWidth } from "../harness/tour/looks.mjs";
import { story } from "../harness/story.mjs";

const phone = { viewport: { width: phoneWidth, height: 844 } };

story("a friend verifies the email, forgets the password and chooses another one", async (stage) => {
  const friend = await stage.newcomer("friend");
  await friend.registers();
  const verify = await stage.server.letter(friend.email, "verify-email");
  await friend.visits(verify.link);
  await friend.submitsHere();
  assert.equal(friend.path, "/account");
  assert.match(await friend.pageText(), /Your email is verified/);

  const elsewhere = friend.in(await stage.browser(phone));
  await elsewhere.visits("/login");
  await elsewhere.follows("/password/forgot");
  await elsewhere.submits("/password/forgot", { email: friend.email });
  assert.match(await elsewhere.pageText(), /a letter is on its way/);
  const reset = await stage.server.letter(friend.email, "reset-password");
  await elsewhere.visits(reset.link);
  elsewhere.password = "violet-anchor-17-meadow";
  await elsewhere.submitsHere({ password: elsewhere.password, password_again: "violet-anchor-17-meado" });
  assert.match(await elsewhere.pageText(), /The passwords do not match/);
  await elsewhere.submitsHere({ password: elsewhere.password, password_again: elsewhere.password });
  assert.equal(elsewhere.path, "/login");
  assert.equal((await friend.waitsForEndNotice()).reason, "password-changed");
  await elsewhere.logsIn();
  assert.equal(elsewhere.path, "/account");
  await elsewhere.visits(reset.link);
  assert.match(await elsewhere.pageText(), /This link does not work any more/);

  for (const { token } of [verify, reset]) {
    assert(!stage.server.printed.includes(token), "the log must not name the token");
  }
});

story("an owner takes the account back with two taps on a phone", async (stage) => {
  const owner = await stage.member("ana");
  await owner.logsIn();
  const attacker = owner.in(await stage.browser());
  await attacker.logsIn();
  const { link, token } = await stage.server.letter(owner.email, "new-login");

  const inHand = owner.in(await stage.browser(phone));
  await inHand.visits(link);
  const button = inHand.page.getByRole("button", { name: "End every login" });
  assert(await button.isVisible());
  const effects = inHand.page.locator("#not-me-effect");
  const room = await effects.evaluate((list) => Number.parseFloat(getComputedStyle(list).paddingInlineStart));
  assert(room >= 16, "the marks of the list are inside the panel");
  const { y, height } = await button.boundingBox();
  assert(y + height <= phone.viewport.height, "the button is in view without scrolling");
  await inHand.submitsHere();
  assert.match(await inHand.pageText(), /Every login of your account has ended/);
  assert.equal((await attacker.waitsForEndNotice()).reason, "not-me");
  assert.equal((await owner.waitsForEndNotice()).reason, "not-me");

  const reset = await stage.server.letter(owner.email, "reset-password");
  await inHand.visits(reset.link);
  inHand.password = "violet-anchor-17-meadow";
  await inHand.submitsHere({ password: inHand.password, password_again: inHand.password });
  await inHand.logsIn();
  assert.equal(inHand.path, "/account");
  await attacker.visits("/login");
  await attacker.logsIn();
  assert.match(await attacker.pageText(), /Wrong username, email or password/);
  assert(!stage.server.printed.includes(token) && !stage.server.printed.includes(reset.token));
});

story("a link works on in a browser whose login ends, and ends no login by being opened", async (stage) => {
  const owner = await stage.member("ana");
  await owner.logsIn();
  const attacker = owner.in(await stage.browser());
  await attacker.logsIn();
  const { link } = await stage.server.letter(owner.email, "new-login");

  const tab = await owner.opensTab();
  await tab.visits(link);
  await attacker.changesPassword();
  assert.equal((await owner.waitsForEndNotice()).reason, "password-changed", "the link alone ended nothing");
  assert(await tab.page.getByRole("button", { name: "End every login" }).isVisible());
  await tab.submitsHere();
  assert.match(await tab.pageText(), /Every login of your account has ended/);
  assert.equal((await attacker.waitsForEndNotice()).reason, "not-me");
});
