// An open page says by itself that its login has ended.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";
import { Streams } from "../harness/streams.mjs";

const minuteMs = 60_000;
const userReason = "Your laptop was reported lost.";

story("a forced-out member is notified without a click", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  await friend.visits("/account/profile?from=a-link");
  await streams.are(1);
  await owner.opens(friend);
  await owner.forcesOut({ user_reason: userReason });

  const notice = await friend.waitsForEndNotice();
  assert.equal(notice.reason, "forced-out");
  for (const words of [friend.username, "The staff of this site ended your login", userReason]) {
    assert.ok(notice.words.includes(words), notice.words);
  }
  assert.equal(friend.path, "/account/profile");

  await friend.follows("/login?next=%2Faccount%2Fprofile%3Ffrom%3Da-link");
  await friend.logsIn();
  assert.equal(friend.page.url(), `${stage.server.url}/account/profile?from=a-link`);
});

story("ten tabs of a browser share one stream, stay fast, and are all notified", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  const tabs = [friend];
  while (tabs.length < 10) tabs.push(await friend.opensTab());
  for (const tab of tabs) await tab.visits("/account/profile");
  // A browser opens at most six connections to a site: with one stream per tab, these would wait forever.
  for (const tab of tabs) await tab.reloads();
  await streams.are(1);
  assert.equal(streams.most, 1);

  await owner.opens(friend);
  await owner.forcesOut();
  for (const tab of tabs) assert.equal((await tab.waitsForEndNotice()).reason, "forced-out");
  await streams.are(0);

  await friend.logsIn();
  const [, second] = tabs;
  await second.page.getByText(`${friend.username} is logged in again`).waitFor();
  assert.deepEqual(await second.endNotices(), []);
  await second.follows("/account/profile");
  await second.page.locator(".banner").waitFor({ state: "detached" });
  await streams.are(1);
  assert.equal(streams.most, 1);
});

story("when the tab with the stream is closed, another tab takes over", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  await streams.are(1);
  const other = await friend.opensTab();
  await other.visits("/account");
  assert.deepEqual(streams.pages, [friend.page]);

  await friend.page.close();
  await streams.are(0);
  await streams.are(1);
  assert.deepEqual(streams.pages, [other.page]);
  await owner.opens(friend);
  await owner.forcesOut();
  assert.equal((await other.waitsForEndNotice()).reason, "forced-out");
});

story("a page restored by the back button opens its stream again", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  await streams.are(1);
  await friend.follows("/account/profile");
  await streams.are(1);
  await friend.goesBack();
  assert.equal(friend.path, "/account");
  await streams.are(1);
  await owner.opens(friend);
  await owner.forcesOut();
  assert.equal((await friend.waitsForEndNotice()).reason, "forced-out");
}, { keepsPages: true });

story("a stream that is temporarily refused is retried", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  const { page } = friend;
  let refused = 0;
  const isRefused = new Promise((resolve) => {
    const refuse = (route) => {
      refused += 1;
      if (refused === 2) resolve(); // the stream, and the request for the reason
      return route.fulfill({ status: 503 });
    };
    page.route("**/session/events", refuse);
  });
  await page.clock.install();
  await friend.visits("/account");
  await isRefused;
  await page.unroute("**/session/events");
  assert.deepEqual(await friend.endNotices(), [], "a refused stream does not end the login");

  // A random wait begins as soon as the page has read the response.
  const again = streams.are(1);
  const ahead = setInterval(() => page.clock.fastForward(10_000).catch(() => {}), 500);
  await again;
  clearInterval(ahead);
  await owner.opens(friend);
  await owner.forcesOut();
  assert.equal((await friend.waitsForEndNotice()).reason, "forced-out");
});

story("a page whose login has ended says so when it reopens its stream", async (stage) => {
  const { friend } = await ownerAndFriend(stage);
  await friend.page.route("**/session/events", (route) => route.fulfill({ status: 401 }));
  await friend.visits("/account");
  const notice = await friend.waitsForEndNotice();
  assert.match(notice.words, /Your session in this browser has ended/);
});

story("browsers do not all reconnect at the same time after a restart", async (stage) => {
  const { friend } = await ownerAndFriend(stage);
  const { page } = friend;
  let refused = 0;
  await page.route("**/session/events", (route) => {
    refused += 1;
    return route.fulfill({ status: 503 });
  });
  await page.addInitScript(() => {
    Math.random = () => 0.9;
  });
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 1_000);
  await friend.visits("/account");
  // Time passes only here. The fetch lets a request that has begun arrive before the next step.
  while (refused === 0) {
    await page.clock.runFor(100);
    await page.evaluate(() => fetch("/readyz"));
  }
  assert.equal(refused, 1, "the reason is not requested at the same time");
  const isAsked = page.waitForRequest("**/session/events");
  await page.clock.runFor(5_000);
  await isAsked;
});

story("a browser without the Web Locks API is notified in every tab too", async (stage) => {
  const { owner, friend } = await ownerAndFriend(stage);
  const tabs = [friend, await friend.opensTab()];
  await friend.page.context().addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }));
  for (const tab of tabs) await tab.visits("/account/profile");
  await owner.opens(friend);
  await owner.forcesOut();
  for (const tab of tabs) assert.equal((await tab.waitsForEndNotice()).reason, "forced-out");
});

story("logging out in one tab notifies the other tabs", async (stage) => {
  const { friend, streams } = await ownerAndFriend(stage);
  const other = await friend.opensTab();
  await other.visits("/account/profile");
  for (const tab of [friend, other]) {
    await friend.visits("/account");
    await other.visits("/account/profile");
    await streams.are(1);
    const rest = tab === friend ? other : friend;
    await tab.logsOut();
    assert.equal(tab.path, "/");
    assert.deepEqual(await tab.endNotices(), []);
    const notice = await rest.waitsForEndNotice();
    assert.equal(notice.reason, "logged-out");
    assert.ok(notice.words.includes("You have logged out."), notice.words);
    await tab.logsIn();
  }
});

story("logging out notifies every tab, however late the next page loads", async (stage) => {
  const { friend, streams } = await ownerAndFriend(stage);
  await friend.visits("/account");
  await streams.are(1);
  const other = await friend.opensTab();
  await other.visits("/account/profile");
  // The tab that logs out held the stream, and its next page arrives after the other tab's request.
  let letGo;
  const isHeld = new Promise((resolve) => (letGo = resolve));
  await friend.page.route("**/static/site.*.js", async (route) => {
    await isHeld;
    await route.continue();
  });
  const isOut = friend.logsOut();
  assert.equal((await other.waitsForEndNotice()).reason, "logged-out");
  letGo();
  await isOut;
  await other.page.getByRole("alert").getByText("You have logged out.").waitFor();
});

story("a password change does not report a logout in another tab", async (stage) => {
  const { friend, streams } = await ownerAndFriend(stage);
  const other = await friend.opensTab();
  const { page } = other;
  await page.clock.install();
  await other.visits("/account/profile");
  await other.field("email").fill("friend.new@example.org");
  await streams.are(1);
  // However long the response takes.
  await page.clock.pauseAt(Date.now() + minuteMs);
  await page.evaluate(() => {
    window.banners = [];
    new MutationObserver(() => window.banners.push(document.querySelector(".banner")?.className)).observe(document.body, {
      childList: true,
    });
  });
  await friend.changesPassword();
  assert.equal(friend.path, "/account");
  await page.getByText(`${friend.username} is logged in again`).waitFor();
  // The page is cleared while the response is awaited, which changes the document but shows no banner.
  assert.deepEqual(await page.evaluate(() => window.banners.filter(Boolean)), ["banner banner-again"]);
  const notice = await page.getByRole("alert").innerText();
  assert.doesNotMatch(notice, /cleared|within an hour/);
  assert.equal(await other.field("email").inputValue(), "friend.new@example.org", "the page is readable again");
  assert.ok(await other.field("email").evaluate((field) => field === document.activeElement), "typing goes on");
  assert.ok(await other.form("/account/profile").locator('[type="submit"]').isDisabled());

  await page.clock.resume();
  await other.follows("/account/profile");
  await page.locator(".banner").waitFor({ state: "detached" });
  await streams.are(1);
  assert.equal(streams.most, 1);
});

story("a password change does not report a logout in a tab that sees only the next page", async (stage) => {
  const { friend } = await ownerAndFriend(stage);
  const other = await friend.opensTab();
  await friend.page.context().route("**/session/events", () => {});
  await other.visits("/account/profile");
  await friend.changesPassword();
  await other.page.getByText(`${friend.username} is logged in again`).waitFor();
  assert.deepEqual(await other.endNotices(), []);
});

story("a page of an earlier login is notified when it arrives late", async (stage) => {
  const { friend } = await ownerAndFriend(stage);
  const other = await friend.opensTab();
  // Requested with the old login, and received after the new one.
  let letGo;
  const isHeld = new Promise((resolve) => (letGo = resolve));
  await other.page.route("**/static/site.*.js", async (route) => {
    await isHeld;
    await route.continue();
  });
  const isThere = other.visits("/account/profile");
  await other.page.getByRole("heading", { name: "Profile" }).waitFor();
  await friend.changesPassword();
  letGo();
  await isThere;
  await other.page.getByText(`${friend.username} is logged in again`).waitFor();
});

story("a scheduled force logout counts down in its last five minutes", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  const { page } = friend;
  const timer = page.getByRole("timer");
  await page.clock.install();
  await friend.visits("/account/profile");
  await streams.are(1);

  await owner.opens(friend);
  await owner.schedulesForceLogout(new Date(Date.now() + 20 * minuteMs), { user_reason: userReason });
  await page.clock.fastForward(14 * minuteMs);
  assert.equal(await timer.count(), 0, "no countdown before the last five minutes");
  await page.clock.fastForward(2 * minuteMs);
  await timer.waitFor();
  assert.match(await timer.innerText(), /^[34]:\d\d$/);
  assert.match(await friend.pageText(), new RegExp(`UTC[^]*${userReason}`));
  const announced = page.locator(".banner").getByRole("status");
  await announced.getByText(/Your login ends in \d minutes\./).waitFor();
  await page.clock.fastForward(3 * minuteMs);
  await announced.getByText("Your login ends in 1 minute.").waitFor();

  await owner.cancelsForceLogout();
  await timer.waitFor({ state: "detached" });
});

for (const [kind, aheadMs] of [["slow", -10 * minuteMs], ["fast", 10 * minuteMs]]) {
  story(`a clock that is ${kind} counts down to the same time`, async (stage) => {
    const { owner, friend } = await ownerAndFriend(stage);
    const { page } = friend;
    await owner.opens(friend);
    await owner.schedulesForceLogout(new Date(Date.now() + 4 * minuteMs));
    await page.clock.install({ time: Date.now() + aheadMs });
    await friend.visits("/account/profile");
    await page.getByRole("timer").getByText(/^[23]:\d\d$/).waitFor();
  });
}

story("the login ends with the countdown, in every tab", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  const other = await friend.opensTab();
  await other.visits("/account");
  await streams.are(1);
  await owner.opens(friend);
  await owner.schedulesForceLogout(new Date(Date.now() + 6_000));
  for (const tab of [friend, other]) await tab.page.getByRole("timer").waitFor();
  for (const tab of [friend, other]) {
    assert.equal((await tab.waitsForEndNotice()).reason, "forced-out");
    assert.equal(await tab.page.getByRole("timer").count(), 0);
  }
});

const oneAtATime = { settings: { CURFEW_MAX_SESSIONS: "1" } };

story("a user logged out by another login sees how to end that login", async (stage) => {
  const { friend, streams } = await ownerAndFriend(stage);
  await friend.visits("/account");
  await streams.are(1);
  const stranger = friend.in(await stage.browser());
  await stranger.logsIn();
  const notice = await friend.waitsForEndNotice();
  assert.equal(notice.reason, "logged-in-elsewhere");
  assert.match(notice.words, /This wasn't you\?/);

  await friend.follows("/login?next=%2Faccount%2Fpassword");
  assert.match(await friend.pageText(), /After logging in you can change your password/);
  await friend.logsIn();
  assert.equal(friend.path, "/account/password");
  await friend.changesPassword();
  await stranger.visits("/account");
  assert.equal(stranger.path, "/login");
}, oneAtATime);

story("a user logged out by another login sees how to end it without scripts", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend", { javaScriptEnabled: false });
  await friend.logsIn();
  await friend.in(await stage.browser()).logsIn();
  await friend.visits("/account");
  assert.equal((await friend.endNotices())[0]?.reason, "logged-in-elsewhere");
  await friend.follows("/login?next=%2Faccount%2Fpassword");
  await friend.logsIn();
  assert.equal(friend.path, "/account/password");
}, oneAtATime);

story("the login link is one tab stop after the message", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  const { page } = friend;
  await streams.are(1);
  await owner.opens(friend);
  await owner.forcesOut();
  await friend.waitsForEndNotice();
  assert.ok(await page.getByRole("alert").evaluate((banner) => banner === document.activeElement), "the notice has the focus");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/login?next=%2Faccount");
});

async function ownerAndFriend(stage) {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  const streams = new Streams(friend.page.context());
  await friend.logsIn();
  return { owner, friend, streams };
}
