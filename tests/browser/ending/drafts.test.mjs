// What a user typed into a page whose login ended.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";
import { Streams } from "../harness/streams.mjs";

const page = "/account/profile";
const typed = "friend.new@example.org";
const hourMs = 60 * 60_000;

story("text typed before the login expired is restored after the next login", async (stage) => {
  const friend = await friendExpiresWhileTyping(stage);
  await friend.page.getByRole("link", { name: "Log in again" }).click();
  await friend.page.waitForURL("**/login?**");
  assert.ok(!(await friend.storedData()).includes(friend.password), "passwords are never stored");

  await friend.logsIn();
  assert.equal(friend.path, page);
  assert.equal(await friend.field("email").inputValue(), typed);
  assert.equal(await friend.field("password").inputValue(), "");
  await friend.page.getByRole("status").getByText("has been filled in again").waitFor();

  assert.ok(!(await friend.storedData()).includes(typed), "restored text is deleted");
  await friend.reloads();
  assert.equal(await friend.field("email").inputValue(), friend.email);
});

story("another user does not get the text", async (stage) => {
  const friend = await friendExpiresWhileTyping(stage);
  const other = Object.assign(await stage.member("other"), { page: friend.page });
  await other.logsIn();
  await other.visits(page);
  assert.equal(await other.field("email").inputValue(), other.email);
  assert.ok(!(await other.page.content()).includes(typed));
});

story("the text is gone after an hour", async (stage) => {
  const friend = await friendExpiresWhileTyping(stage);
  assert.ok((await friend.storedData()).includes(typed));
  await friend.page.clock.install({ time: Date.now() + hourMs });
  await friend.visits("/");
  assert.ok(!(await friend.storedData()).includes(typed), "any page deletes expired text");
  await friend.logsIn();
  await friend.visits(page);
  assert.equal(await friend.field("email").inputValue(), friend.email);
});

story("the text is gone after an hour even on a login page left open", async (stage) => {
  const friend = await friendExpiresWhileTyping(stage);
  await friend.page.clock.install();
  await friend.page.getByRole("link", { name: "Log in again" }).click();
  await friend.page.waitForURL("**/login?**");
  assert.ok((await friend.storedData()).includes(typed));
  await friend.page.clock.fastForward(hourMs);
  assert.ok(!(await friend.storedData()).includes(typed));
});

story("logging out leaves no text behind", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  const streams = new Streams(friend.page.context());
  await friend.logsIn();
  await streams.are(1);
  const other = await friend.opensTab();
  await other.visits(page);
  await other.field("email").fill(typed);
  await friend.logsOut();
  const { words } = await other.waitsForEndNotice();
  assert.match(words, /What you typed was deleted/);
  assert.doesNotMatch(words, /is filled in again/);
  assert.ok(!(await other.storedData()).includes(typed));
});

story("logging out also removes text kept earlier", async (stage) => {
  const friend = await friendExpiresWhileTyping(stage);
  await friend.visits("/login");
  await friend.logsIn();
  assert.ok((await friend.storedData()).includes(typed));
  await friend.logsOut();
  assert.ok(!(await friend.storedData()).includes(typed));
});

story("a form sent by a page that missed the end of its login loses no text", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  const other = await friend.opensTab();
  await other.page.addInitScript(() => delete window.BroadcastChannel);
  await other.visits(page);
  await friend.changesPassword();
  await other.submits(page, { email: typed, password: friend.password });
  assert.match(await other.pageText(), /Send this form again/);
  assert.ok(!(await other.storedData()).includes(friend.password), "passwords are never stored");
  assert.equal(await other.field("email").inputValue(), typed);
  assert.equal(await other.field("password").inputValue(), "");

  await other.submits(page, { password: friend.password });
  assert.match(await other.pageText(), new RegExp(`A letter went to ${typed}`));
});

story("a form sent too late loses no text, and an accepted one leaves none", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  // As if no event stream reached this browser.
  await friend.page.route("**/session/events", () => {});
  await friend.visits(page);
  await stage.expires(friend);
  const fields = { email: typed, password: friend.password };
  await friend.submits(page, fields);
  assert.equal(friend.path, "/login");
  assert.equal((await friend.endNotices())[0]?.reason, "expired");
  assert.ok(!(await friend.storedData()).includes(friend.password), "passwords are never stored");

  await friend.logsIn();
  assert.equal(friend.path, page);
  assert.equal(await friend.field("email").inputValue(), typed);
  await friend.submits(page, fields);
  assert.match(await friend.pageText(), /A letter is on its way to/);
  assert.ok(!(await friend.storedData()).includes(typed), "accepted text is deleted");
});

story("a form sent after a forced logout leaves no text", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  await friend.page.route("**/session/events", () => {});
  await friend.visits(page);
  await owner.opens(friend);
  await owner.forcesOut();
  await friend.submits(page, { email: typed, password: friend.password });
  assert.equal((await friend.endNotices())[0]?.reason, "forced-out");
  assert.ok(!(await friend.storedData()).includes(typed));
  await friend.logsIn();
  assert.equal(friend.path, page);
  assert.equal(await friend.field("email").inputValue(), friend.email);
});

story("a form sent after the login was lost for no known reason leaves no text", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  await friend.page.route("**/session/events", () => {});
  await friend.visits(page);
  await friend.page.context().clearCookies();
  await friend.submits(page, { email: typed, password: friend.password });
  assert.equal(friend.path, "/login");
  assert.deepEqual(await friend.endNotices(), []);
  assert.ok(!(await friend.storedData()).includes(typed));
});

for (const [how, isTold] of [["an open page learns of it", true], ["the next click leads to the login page", false]]) {
  story(`a forced logout deletes the text kept before it when ${how}`, async (stage) => {
    const owner = await stage.owner();
    const friend = await friendExpiresWhileTyping(stage, owner);
    const streams = new Streams(friend.page.context());
    if (!isTold) await friend.page.route("**/session/events", () => {});
    await friend.visits("/login");
    await friend.logsIn();
    assert.equal(friend.path, "/account");
    assert.ok((await friend.storedData()).includes(typed));
    if (isTold) await streams.are(1);
    await owner.opens(friend);
    await owner.forcesOut();
    if (isTold) {
      assert.doesNotMatch((await friend.waitsForEndNotice()).words, /typed/, "nothing was typed on this page");
    } else {
      await friend.visits("/account/sessions");
      assert.equal((await friend.endNotices())[0]?.reason, "forced-out");
    }
    assert.ok(!(await friend.storedData()).includes(typed));
  });
}

story("only a login that ended by time keeps what was typed", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  const byTime = ["idle", "expired"];
  const others = ["forced-out", "everyone-out", "deactivated", "deleted", "password-changed", "role-changed",
    "logged-in-elsewhere", "ended-by-user", "logged-out", "a-later-reason", undefined];
  for (const reason of [...byTime, ...others]) {
    const isKept = byTime.includes(reason);
    await friend.visits(page);
    await friend.field("email").fill(typed);
    // As `session-events.js` reports what the server sent.
    await friend.page.evaluate((detail) => document.dispatchEvent(new CustomEvent("login-ended", { detail })), { reason });
    const { words } = await friend.waitsForEndNotice();
    assert.equal(words.includes("is filled in again"), isKept, `${reason}: ${words}`);
    assert.equal(words.includes("What you typed was deleted"), !isKept, `${reason}: ${words}`);
    assert.equal((await friend.storedData()).includes(typed), isKept, reason);
    await friend.visits(page);
    assert.equal(await friend.field("email").inputValue(), isKept ? typed : friend.email, reason);
  }
});

async function friendExpiresWhileTyping(stage, owner = stage.owner()) {
  await owner;
  const friend = await stage.member("friend");
  const streams = new Streams(friend.page.context());
  await friend.logsIn();
  await friend.visits(page);
  await streams.are(1);
  await friend.field("email").fill(typed);
  await friend.field("password").fill(friend.password);
  // While a password is shown, its field is a text field.
  await friend.page.getByRole("button", { name: "Show: Your password" }).click();
  await stage.expires(friend);
  const { reason, words } = await friend.waitsForEndNotice();
  assert.equal(reason, "expired");
  assert.match(words, /is filled in again when friend returns to this page within an hour/);
  assert.ok(!(await friend.storedData()).includes(friend.password), "passwords are never stored");
  return friend;
}
