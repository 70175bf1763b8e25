// A page that is open when its login ends says so by itself.

import assert from "node:assert/strict";

import { story } from "./harness/story.mjs";
import { Streams } from "./harness/streams.mjs";

const minuteMs = 60_000;
const userReason = "Your laptop was reported lost.";

story("a member who is forced out is told without a click", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  await friend.visits("/account/profile?from=a-link");
  await streams.are(1);
  await owner.opens(friend);
  await owner.forcesOut({ user_reason: userReason });

  const told = await friend.isToldAtOnce();
  assert.equal(told.reason, "forced-out");
  for (const words of [friend.username, "The staff of this site ended your login", userReason]) {
    assert.ok(told.words.includes(words), told.words);
  }
  assert.equal(friend.path, "/account/profile", "the page is still there");
  assert.equal(await friend.field("email").inputValue(), friend.email);
  assert.ok(await friend.form("/account/profile").locator('[type="submit"]').isDisabled());

  await friend.follows("/login?next=%2Faccount%2Fprofile%3Ffrom%3Da-link");
  await friend.logsIn();
  assert.equal(friend.page.url(), `${stage.server.url}/account/profile?from=a-link`);
});

story("ten tabs of a browser hold one stream, stay quick, and are all told", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  const tabs = [friend];
  while (tabs.length < 10) tabs.push(await friend.opensTab());
  for (const tab of tabs) await tab.visits("/account/profile");
  // A browser has six connections to a site: with a stream a tab, these would wait for ever.
  for (const tab of tabs) await tab.reloads();
  await streams.are(1);
  assert.equal(streams.most, 1);

  await owner.opens(friend);
  await owner.forcesOut();
  for (const tab of tabs) assert.equal((await tab.isToldAtOnce()).reason, "forced-out");
  await streams.are(0);

  await friend.logsIn();
  const [, second] = tabs;
  await second.page.getByText(`${friend.username} is logged in again`).waitFor();
  assert.deepEqual(await second.isTold(), []);
  await second.follows("/account/profile");
  await second.page.locator(".told").waitFor({ state: "detached" });
  await streams.are(1);
  assert.equal(streams.most, 1);
});

story("when the tab that listens is closed, another listens in its place", async (stage) => {
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
  assert.equal((await other.isToldAtOnce()).reason, "forced-out");
});

story("a page that comes back with the back button listens again", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  await streams.are(1);
  await friend.follows("/account/profile");
  await streams.are(1);
  await friend.goesBack();
  assert.equal(friend.path, "/account");
  await streams.are(1);
  await owner.opens(friend);
  await owner.forcesOut();
  assert.equal((await friend.isToldAtOnce()).reason, "forced-out");
}, { keepsPages: true });

story("a stream that is refused for a while is asked for again", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  const { page } = friend;
  let refused = 0;
  const isRefused = new Promise((resolve) => {
    const refuse = (route) => {
      refused += 1;
      if (refused === 2) resolve(); // the stream, and the question why
      return route.fulfill({ status: 503 });
    };
    page.route("**/session/events", refuse);
  });
  await page.clock.install();
  await friend.visits("/account");
  await isRefused;
  await page.unroute("**/session/events");
  assert.deepEqual(await friend.isTold(), [], "nobody is out for that");

  // A random wait begins as soon as the page has read the answer.
  const again = streams.are(1);
  const ahead = setInterval(() => page.clock.fastForward(10_000).catch(() => {}), 500);
  await again;
  clearInterval(ahead);
  await owner.opens(friend);
  await owner.forcesOut();
  assert.equal((await friend.isToldAtOnce()).reason, "forced-out");
});

story("a page that nobody is logged in for any more says so when it listens again", async (stage) => {
  const { friend } = await ownerAndFriend(stage);
  await friend.page.route("**/session/events", (route) => route.fulfill({ status: 401 }));
  await friend.visits("/account");
  const told = await friend.isToldAtOnce();
  assert.match(told.words, /Your login in this browser has ended/);
});

story("a server that is started again is not asked by all browsers at one moment", async (stage) => {
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
  const isRefused = page.waitForEvent("requestfinished", (request) => request.url().endsWith("/session/events"));
  await friend.visits("/account");
  await page.clock.pauseAt(Date.now() + 2_000);
  await isRefused;
  await page.evaluate(() => fetch("/readyz"));
  assert.equal(refused, 1, "it is not asked why in the same moment");
  const isAsked = page.waitForRequest("**/session/events");
  await page.clock.runFor(5_000);
  await isAsked;
});

story("a browser without locks is told in every tab too", async (stage) => {
  const { owner, friend } = await ownerAndFriend(stage);
  const tabs = [friend, await friend.opensTab()];
  await friend.page.context().addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }));
  for (const tab of tabs) await tab.visits("/account/profile");
  await owner.opens(friend);
  await owner.forcesOut();
  for (const tab of tabs) assert.equal((await tab.isToldAtOnce()).reason, "forced-out");
});

story("who logs out in one tab is out in all, and told so in the others", async (stage) => {
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
    assert.deepEqual(await tab.isTold(), []);
    const told = await rest.isToldAtOnce();
    assert.equal(told.reason, "logged-out");
    assert.ok(told.words.includes("You have logged out."), told.words);
    await tab.logsIn();
  }
});

story("who logs out is told so in every tab, however late the page after it", async (stage) => {
  const { friend, streams } = await ownerAndFriend(stage);
  await friend.visits("/account");
  await streams.are(1);
  const other = await friend.opensTab();
  await other.visits("/account/profile");
  // The tab that logs out held the stream, and its next page is heard after the other has asked.
  let letGo;
  const isHeld = new Promise((resolve) => (letGo = resolve));
  await friend.page.route("**/static/site.*.js", async (route) => {
    await isHeld;
    await route.continue();
  });
  const isOut = friend.logsOut();
  assert.equal((await other.isToldAtOnce()).reason, "logged-out");
  letGo();
  await isOut;
  await other.page.getByRole("alert").getByText("You have logged out.").waitFor();
});

story("who changes the password is not told in another tab that they are out", async (stage) => {
  const { friend, streams } = await ownerAndFriend(stage);
  const other = await friend.opensTab();
  const { page } = other;
  await page.clock.install();
  await other.visits("/account/profile");
  await streams.are(1);
  // However long the answer takes.
  await page.clock.pauseAt(Date.now() + minuteMs);
  await page.evaluate(() => {
    window.wasTold = [];
    new MutationObserver(() => window.wasTold.push(document.querySelector(".told")?.className)).observe(document.body, {
      childList: true,
    });
  });
  await friend.changesPassword();
  assert.equal(friend.path, "/account");
  await page.getByText(`${friend.username} is logged in again`).waitFor();
  assert.deepEqual(await page.evaluate(() => window.wasTold), ["told told-again"]);
  const told = await page.getByRole("alert").innerText();
  assert.doesNotMatch(told, /no longer be sent|within the hour/);

  await page.clock.resume();
  await other.follows("/account/profile");
  await page.locator(".told").waitFor({ state: "detached" });
  await streams.are(1);
  assert.equal(streams.most, 1);
});

story("nor in a tab that hears nothing but the page after it", async (stage) => {
  const { friend } = await ownerAndFriend(stage);
  const other = await friend.opensTab();
  await friend.page.context().route("**/session/events", () => {});
  await other.visits("/account/profile");
  await friend.changesPassword();
  await other.page.getByText(`${friend.username} is logged in again`).waitFor();
  assert.deepEqual(await other.isTold(), []);
});

story("a page of the login before is told when it comes late", async (stage) => {
  const { friend } = await ownerAndFriend(stage);
  const other = await friend.opensTab();
  // Asked for with the old login, and heard after the new one.
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
  assert.equal(await timer.count(), 0, "nothing before that");
  await page.clock.fastForward(2 * minuteMs);
  await timer.waitFor();
  assert.match(await timer.innerText(), /^[34]:\d\d$/);
  assert.match(await friend.sees(), new RegExp(`UTC[^]*${userReason}`));
  const announced = page.locator(".told").getByRole("status");
  await announced.getByText(/Your login ends in \d minutes\./).waitFor();
  await page.clock.fastForward(3 * minuteMs);
  await announced.getByText("Your login ends in 1 minute.").waitFor();

  await owner.callsOffForceLogout();
  await timer.waitFor({ state: "detached" });
});

for (const [kind, aheadMs] of [["slow", -10 * minuteMs], ["fast", 10 * minuteMs]]) {
  story(`a clock that is ${kind} counts down to the same moment`, async (stage) => {
    const { owner, friend } = await ownerAndFriend(stage);
    const { page } = friend;
    await owner.opens(friend);
    await owner.schedulesForceLogout(new Date(Date.now() + 4 * minuteMs));
    await page.clock.install({ time: Date.now() + aheadMs });
    await friend.visits("/account/profile");
    await page.getByRole("timer").getByText(/^[23]:\d\d$/).waitFor();
  });
}

story("when the countdown is over, so is the login, in every tab", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  const other = await friend.opensTab();
  await other.visits("/account");
  await streams.are(1);
  await owner.opens(friend);
  await owner.schedulesForceLogout(new Date(Date.now() + 6_000));
  for (const tab of [friend, other]) await tab.page.getByRole("timer").waitFor();
  for (const tab of [friend, other]) {
    assert.equal((await tab.isToldAtOnce()).reason, "forced-out");
    assert.equal(await tab.page.getByRole("timer").count(), 0);
  }
});

const oneAtATime = { settings: { CURFEW_MAX_SESSIONS: "1" } };

story("who was put out by another login is shown the way to end it", async (stage) => {
  const { friend, streams } = await ownerAndFriend(stage);
  await friend.visits("/account");
  await streams.are(1);
  const stranger = friend.in(await stage.browser());
  await stranger.logsIn();
  const told = await friend.isToldAtOnce();
  assert.equal(told.reason, "logged-in-elsewhere");
  assert.match(told.words, /This wasn't you\?/);

  await friend.follows("/login?next=%2Faccount%2Fpassword");
  assert.match(await friend.sees(), /After logging in you can change your password/);
  await friend.logsIn();
  assert.equal(friend.path, "/account/password");
  await friend.changesPassword();
  await stranger.visits("/account");
  assert.equal(stranger.path, "/login");
}, oneAtATime);

story("and so is who has no scripts", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend", { javaScriptEnabled: false });
  await friend.logsIn();
  await friend.in(await stage.browser()).logsIn();
  await friend.visits("/account");
  assert.equal((await friend.isTold())[0]?.reason, "logged-in-elsewhere");
  await friend.follows("/login?next=%2Faccount%2Fpassword");
  await friend.logsIn();
  assert.equal(friend.path, "/account/password");
}, oneAtATime);

story("the login is one step from the words, by keyboard", async (stage) => {
  const { owner, friend, streams } = await ownerAndFriend(stage);
  const { page } = friend;
  await streams.are(1);
  await owner.opens(friend);
  await owner.forcesOut();
  await friend.isToldAtOnce();
  assert.ok(await page.getByRole("alert").evaluate((banner) => banner === document.activeElement), "it has the focus");
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
