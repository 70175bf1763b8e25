// A page whose login has ended shows nothing of what was on it, to nobody at the device.

import assert from "node:assert/strict";

import { isWhole } from "../harness/chromium.mjs";
import { Staff } from "../harness/staff.mjs";
import { story } from "../harness/story.mjs";
import { Streams } from "../harness/streams.mjs";

const minuteMs = 60_000;
const typed = "Ticket 4711: friend's laptop was stolen.";

story("a forced-out page is cleared, and only the notice is left", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  const guard = await guardOn(stage);
  const streams = new Streams(guard.page.context());
  await guard.opens(friend);
  const { path } = guard;
  await streams.are(1);
  await guard.unfolds(guard.form(`${path}/force-logout`));
  await guard.page.locator("#force-logout-staff_reason").fill(typed);
  const { page } = guard;
  const isFound = () => page.evaluate(() => window.find("friend", false, false, true));
  assert.match(await page.title(), /friend/);
  assert.ok(await isFound());

  await owner.opens(guard);
  await owner.forcesOut({ user_reason: "Your laptop was reported lost." });
  const notice = await guard.waitsForEndNotice();
  assert.equal(notice.reason, "forced-out");
  assert.match(notice.words, /guard is logged out[^]*reported lost[^]*cleared[^]*What you typed was deleted/);
  assert.equal(await guard.page.title(), "Logged out · Curfew");

  // What a screen reader, a search in the page and a printer have is in the document. Templates are not rendered.
  const left = await page.evaluate(() => {
    const copy = document.body.cloneNode(true);
    for (const template of copy.querySelectorAll("template")) template.remove();
    return { html: copy.innerHTML, forms: copy.querySelectorAll("form, input, textarea, nav").length };
  });
  for (const secret of [friend.username, friend.email, guard.email, "4711", "Force logout", "Staff"]) {
    assert.ok(!left.html.includes(secret), `${secret} is not in: ${left.html}`);
  }
  assert.equal(left.forms, 0);
  assert.ok(!(await isFound()));
  assert.equal(await page.locator("header").innerText(), "Curfew");
  assert.equal(await page.locator("main").innerText(), notice.words);

  assert.ok(await page.getByRole("alert").evaluate((alert) => alert === document.activeElement));
  await guard.follows(`/login?next=${encodeURIComponent(path)}`);
  await guard.logsIn();
  assert.equal(guard.path, path);
});

story("a page is cleared at once while the response to a form is awaited", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  const { page } = friend;
  const streams = new Streams(page.context());
  await friend.logsIn();
  await page.clock.install();
  await friend.visits("/account/profile");
  const other = await friend.opensTab();
  await other.visits("/account/profile");
  await streams.are(1);
  let answer;
  const isHeld = new Promise((resolve) => (answer = resolve));
  await other.page.route("**/account/profile", async (route) => {
    await isHeld;
    await route.fulfill({ status: 204 });
  });
  await page.clock.pauseAt(Date.now() + minuteMs);
  await other.field("password").fill(friend.password);
  await other.form("/account/profile").locator('[type="submit"]').click({ noWaitAfter: true });

  await stage.server.runs(["force-logout", friend.username]);
  await friend.field("email").waitFor({ state: "detached" });
  assert.equal(await page.locator("form, nav, main").count(), 0);
  assert.deepEqual(await friend.endNotices(), [], "the response may still carry a new login");

  answer();
  await page.clock.runFor(5_000);
  for (const tab of [friend, other]) assert.equal((await tab.waitsForEndNotice()).reason, "forced-out");
});

story("a page comes back as it was if the awaited response carries a new login", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  const { page } = friend;
  const streams = new Streams(page.context());
  await friend.logsIn();
  await page.clock.install();
  await friend.visits("/account/profile");
  await streams.are(1);
  const other = await friend.opensTab();
  let answer;
  const isHeld = new Promise((resolve) => (answer = resolve));
  await other.page.route("**/account/password", async (route) => {
    if (route.request().method() === "GET") return route.continue();
    const response = await route.fetch({ maxRedirects: 0 });
    await isHeld;
    return route.fulfill({ response });
  });
  await page.clock.pauseAt(Date.now() + minuteMs);
  const email = friend.field("email");
  await email.fill("friend.new@example.org");
  const isDone = other.changesPassword();
  await email.waitFor({ state: "detached" });
  answer();
  await isDone;

  await page.getByText("friend is logged in again").waitFor();
  assert.equal(await email.inputValue(), "friend.new@example.org");
  assert.ok(await email.evaluate((field) => field === document.activeElement), "typing goes on");
  assert.match(await page.title(), /^Profile/);
  assert.deepEqual(await friend.endNotices(), []);
});

story("a cleared page stays cleared when its user logs in again in another tab", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  const { page } = friend;
  const streams = new Streams(page.context());
  await friend.logsIn();
  await friend.visits("/account/profile");
  await streams.are(1);
  await friend.field("email").fill("friend.new@example.org");
  await stage.server.runs(["force-logout", friend.username]);
  await friend.waitsForEndNotice();
  const other = await friend.opensTab();
  await other.logsIn();
  await page.getByRole("heading", { name: "friend is logged in again" }).waitFor();
  assert.equal(await page.title(), "Logged in again · Curfew");
  assert.equal(await page.locator("form").count(), 0);
  assert.doesNotMatch(await friend.pageText(), /typed/);

  await friend.follows("/account/profile");
  assert.equal(await friend.field("email").inputValue(), friend.email);
});

story("a page that is kept in memory is kept cleared, and the server decides what comes back", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  const { page } = friend;
  await friend.logsIn();
  await friend.visits("/account/profile?from=a-link");
  // As a browser does that keeps the page, here in one that does not.
  const words = await page.evaluate(() => {
    window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    return document.body.innerText;
  });
  assert.ok(!words.includes(friend.username), words);
  const asked = page.waitForRequest((request) => request.isNavigationRequest());
  await page.evaluate(() => {
    window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  });
  assert.equal((await asked).url(), `${stage.server.url}/account/profile?from=a-link`);
  await friend.field("email").waitFor();
  assert.ok((await friend.pageText()).includes(friend.username));
});

// Chromium keeps a page in memory, in spite of its `no-store`, if no script on it has fetched anything: so in every tab
// but the one with the stream. Its headless shell keeps none.
const backButton = async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  const streams = new Streams(friend.page.context());
  await friend.logsIn();
  await streams.are(1);
  const other = await friend.opensTab();
  const { page } = other;
  await other.visits("/account/profile");
  // What the page shows when it returns, before the server has answered.
  await page.evaluate(() => {
    const note = ({ persisted }) => persisted && sessionStorage.setItem("returned", document.body.innerText);
    window.addEventListener("pageshow", note);
  });
  await other.follows("/account/password");
  await owner.opens(friend);
  await owner.forcesOut();
  await other.waitsForEndNotice();
  await page.goBack();
  await page.waitForURL("**/login?**");
  assert.equal((await other.endNotices())[0]?.reason, "forced-out");
  const returned = await page.evaluate(() => sessionStorage.getItem("returned"));
  assert.ok(returned !== null, "the page was kept in memory");
  assert.ok(!returned.includes(friend.username), returned);
};
if (isWhole) story("the back button does not bring back a page whose login has ended", backButton, { keepsPages: true });

/** A member of staff, logged in. */
async function guardOn(stage) {
  const guard = new Staff(await stage.browser(), "guard");
  const { username, email, password } = guard;
  await stage.server.runs(["user", "create", username, "--email", email, "--staff", "--password-stdin"], `${password}\n`);
  await guard.logsIn();
  return guard;
}
