// What was typed into a page whose login ended.

import assert from "node:assert/strict";

import { story } from "./harness/story.mjs";
import { Streams } from "./harness/streams.mjs";

const page = "/account/profile";
const typed = "friend.new@example.org";
const hourMs = 60 * 60_000;

story("what was typed when the login ended is there again after the next one", async (stage) => {
  const friend = await friendForcedOutWhileTyping(stage);
  await friend.page.getByRole("link", { name: "Log in again" }).click();
  await friend.page.waitForURL("**/login?**");
  assert.ok(!(await friend.keeps()).includes(friend.password), "no password is kept");

  await friend.logsIn();
  assert.equal(friend.path, page);
  assert.equal(await friend.field("email").inputValue(), typed);
  assert.equal(await friend.field("password").inputValue(), "");
  await friend.page.getByRole("status").getByText("is filled in again").waitFor();

  assert.ok(!(await friend.keeps()).includes(typed), "what is back is kept no longer");
  await friend.reloads();
  assert.equal(await friend.field("email").inputValue(), friend.email);
});

story("nobody else finds it", async (stage) => {
  const friend = await friendForcedOutWhileTyping(stage);
  const other = Object.assign(await stage.member("other"), { page: friend.page });
  await other.logsIn();
  await other.visits(page);
  assert.equal(await other.field("email").inputValue(), other.email);
  assert.ok(!(await other.page.content()).includes(typed));
});

story("nobody finds it after an hour", async (stage) => {
  const friend = await friendForcedOutWhileTyping(stage);
  assert.ok((await friend.keeps()).includes(typed));
  await friend.page.clock.install({ time: Date.now() + hourMs });
  await friend.visits("/");
  assert.ok(!(await friend.keeps()).includes(typed), "any page clears it away");
  await friend.logsIn();
  await friend.visits(page);
  assert.equal(await friend.field("email").inputValue(), friend.email);
});

story("nor in a login page that was left open", async (stage) => {
  const friend = await friendForcedOutWhileTyping(stage);
  await friend.page.clock.install();
  await friend.page.getByRole("link", { name: "Log in again" }).click();
  await friend.page.waitForURL("**/login?**");
  assert.ok((await friend.keeps()).includes(typed));
  await friend.page.clock.fastForward(hourMs);
  assert.ok(!(await friend.keeps()).includes(typed));
});

story("who logs out leaves nothing behind", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  const streams = new Streams(friend.page.context());
  await friend.logsIn();
  await streams.are(1);
  const other = await friend.opensTab();
  await other.visits(page);
  await other.field("email").fill(typed);
  await friend.logsOut();
  const { words } = await other.isToldAtOnce();
  assert.doesNotMatch(words, /is filled in again/);
  assert.ok(!(await other.keeps()).includes(typed));
});

story("nor does who had something kept before", async (stage) => {
  const friend = await friendForcedOutWhileTyping(stage);
  await friend.visits("/login");
  await friend.logsIn();
  assert.ok((await friend.keeps()).includes(typed));
  await friend.logsOut();
  assert.ok(!(await friend.keeps()).includes(typed));
});

story("a form of the login before, sent by a page that heard nothing, loses nothing", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  const other = await friend.opensTab();
  await other.page.addInitScript(() => delete window.BroadcastChannel);
  await other.visits(page);
  await friend.changesPassword();
  await other.submits(page, { email: typed, password: friend.password });
  assert.match(await other.sees(), /Send this form again/);
  assert.ok(!(await other.keeps()).includes(friend.password), "no password is kept");
  assert.equal(await other.field("email").inputValue(), typed);
  assert.equal(await other.field("password").inputValue(), "");

  await other.submits(page, { password: friend.password });
  await other.visits(page);
  assert.equal(await other.field("email").inputValue(), typed);
});

story("a form that is sent too late loses nothing, and one that is taken leaves nothing", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  // As when no stream reaches this browser.
  await friend.page.route("**/session/events", () => {});
  await friend.visits(page);
  await owner.opens(friend);
  await owner.forcesOut();
  const fields = { email: typed, password: friend.password };
  await friend.submits(page, fields);
  assert.equal(friend.path, "/login");
  assert.equal((await friend.isTold())[0]?.reason, "forced-out");
  assert.ok(!(await friend.keeps()).includes(friend.password), "no password is kept");

  await friend.logsIn();
  assert.equal(friend.path, page);
  assert.equal(await friend.field("email").inputValue(), typed);
  await friend.submits(page, fields);
  assert.match(await friend.sees(), /Your email has been changed/);
  assert.ok(!(await friend.keeps()).includes(typed), "nothing is kept of what was taken");
});

async function friendForcedOutWhileTyping(stage) {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  const streams = new Streams(friend.page.context());
  await friend.logsIn();
  await friend.visits(page);
  await streams.are(1);
  await friend.field("email").fill(typed);
  await friend.field("password").fill(friend.password);
  // A password that is shown is a field of text for that time.
  await friend.page.getByRole("button", { name: "Show: Your password" }).click();
  await owner.opens(friend);
  await owner.forcesOut();
  await friend.isToldAtOnce();
  assert.equal(await friend.field("email").inputValue(), typed, "it can still be read");
  assert.ok(!(await friend.keeps()).includes(friend.password), "no password is kept");
  return friend;
}
