// The list of sessions: the same description on every page, and aligned columns.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

const userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36";
const words = "HeadlessChrome 156 on Linux";

story("a browser has the same name on each page, and its full name on hover", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend", { userAgent });
  await friend.logsIn();
  for (const address of ["/account", "/account/sessions"]) {
    await friend.visits(address);
    await friend.page.getByText(words).first().waitFor();
  }
  await friend.visits("/account");
  assert.ok(!(await friend.pageText()).includes("Mozilla"));
  assert.equal(await friend.page.getByText(words).getAttribute("title"), userAgent);

  await owner.opens(friend);
  assert.ok(!(await owner.pageText()).includes("Mozilla"));
  await owner.page.locator(".event-where").filter({ hasText: words }).getByRole("link", { name: /Chrome/ }).first().waitFor();
});

story("the dates of all sessions are aligned", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend", { userAgent });
  await friend.logsIn();
  const { page } = friend;
  const elsewhere = friend.in(await stage.browser({ userAgent }));
  await elsewhere.logsIn();
  await friend.visits("/account/sessions");
  const lefts = await page.locator(".session dl").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
  assert.equal(lefts.length, 2);
  assert.equal(lefts[0], lefts[1]);
  const lines = await page.locator(".session h2").last().evaluate((head) => {
    const range = document.createRange();
    const tops = new Set();
    // The icon is not as high as the words next to it.
    for (const words of [...head.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE)) {
      range.selectNodeContents(words);
      for (const { top } of range.getClientRects()) tops.add(top);
    }
    return tops.size;
  });
  assert.equal(lines, 1, "the browser's name fits on one line");
});

story("a login refused because of the session limit says what to do", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  const elsewhere = friend.in(await stage.browser());
  await elsewhere.logsIn();
  assert.match(await elsewhere.pageText(), /logged in elsewhere, and may have only one login at a time\. Log out there/);
}, { settings: { CURFEW_MAX_SESSIONS: "1", CURFEW_WHEN_FULL: "refuse-new" } });
