// Everyone is forced out, and the acting browser stays logged in.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";
import { Streams } from "../harness/streams.mjs";

const reasons = { user_reason: "We found a leak.", staff_reason: "Ticket 4711." };

story("forcing everyone out notifies each open page, and the acting superuser stays logged in", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  const streams = new Streams(friend.page.context());
  await friend.logsIn();
  await streams.are(1);

  await owner.forcesEveryoneOut(reasons);
  assert.match(await owner.pageText(), /You stay logged in here, with a new login/);
  const notice = await friend.waitsForEndNotice();
  assert.equal(notice.reason, "everyone-out");
  assert.match(notice.words, /We found a leak/);
  assert.doesNotMatch(notice.words, /4711/);
  await owner.page.locator(".receipt", { hasText: "Applied by 1 of 1 node, after" }).waitFor();
  await owner.reloads();
  assert.equal(owner.path, "/admin/force-logout");
});

story("a schedule for everyone counts down on an open page until it is cancelled", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  await owner.visits("/admin/force-logout");
  const soon = new Date(Date.now() + 4 * 60_000);
  await owner.forcesEveryoneOut({ at: await owner.entersTime(soon), ...reasons });
  await friend.page.getByRole("timer").waitFor();
  await owner.page.getByRole("timer").waitFor();
  assert.match(await friend.page.locator(".banner-ends").innerText(), /We found a leak/);

  await owner.submits("/admin/force-logout/cancel");
  await friend.page.locator(".banner-ends").waitFor({ state: "detached" });
});

story("typed text is restored after the recent-password check", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await owner.opens(friend);
  const { path } = owner;
  await owner.unfolds(owner.form(`${path}/force-logout`));
  await owner.page.locator("#force-logout-staff_reason").fill("Ticket 4711.");
  // As if this form asked for a recent password.
  await owner.page.route("**/force-logout", (route) => route.fulfill({
    status: 303,
    headers: { location: `/confirm?next=${encodeURIComponent(path)}` },
  }), { times: 1 });
  await owner.submits(`${path}/force-logout`);
  assert.equal(owner.path, "/confirm");
  const { pathname, search } = new URL(owner.page.url());
  await owner.submits(`${pathname}${search}`, { password: owner.password });
  assert.equal(owner.path, path);
  const restored = owner.page.locator("#force-logout-staff_reason");
  assert.equal(await restored.inputValue(), "Ticket 4711.");
  assert.ok(await restored.isVisible(), "what was restored is unfolded");
});
