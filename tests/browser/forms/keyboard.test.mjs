// The site without a mouse.

import assert from "node:assert/strict";

import { firstFrame } from "../harness/rules.mjs";
import { story } from "../harness/story.mjs";

// More tab stops than any page has before its form.
const MOST_STOPS = 30;

story("the skip link comes first, is visible, and leads past the navigation", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();

  await friend.page.keyboard.press("Tab");
  const first = await focused(friend.page);
  assert.equal(first.href, "#main");
  assert.ok(first.isShown);
  await friend.page.keyboard.press("Enter");
  await friend.page.keyboard.press("Tab");
  assert.ok((await focused(friend.page)).isInMain);
});

story("a page that focuses its form keeps earlier elements reachable", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  await friend.visits("/login");
  await firstFrame(friend.page);
  await tabsTo(friend.page, (stop) => stop.href === "#main", "Shift+Tab");
});

story("a login needs no mouse and shows the focus at every stop", async (stage) => {
  await stage.owner();
  const friend = await stage.member("friend");
  const { page } = friend;

  await friend.visits("/");
  await tabsTo(page, (stop) => stop.href === "/login");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/login");
  await firstFrame(page);
  assert.equal((await focused(page)).name, "username", "the first field has the focus");
  await page.keyboard.type(friend.username);
  await tabsTo(page, (stop) => stop.name === "password");
  await page.keyboard.type(friend.password);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/account");

  await tabsTo(page, (stop) => stop.text === "Log out");
  await Promise.all([page.waitForEvent("framenavigated"), page.keyboard.press("Enter")]);
  assert.ok(!(await friend.hasSessionCookie()));
});

async function tabsTo(page, isThere, key = "Tab") {
  for (let stops = 0; stops < MOST_STOPS; stops += 1) {
    await page.keyboard.press(key);
    const stop = await focused(page);
    assert.ok(stop.isShown && stop.hasRing, `the focus is seen on ${JSON.stringify(stop)}`);
    if (isThere(stop)) return;
  }
  assert.fail("the keyboard does not reach the element");
}

/** The focused element. */
function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    const box = element.getBoundingClientRect();
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return {
      href: element.getAttribute("href"),
      name: element.getAttribute("name"),
      text: element.innerText,
      isInMain: element.closest("main") !== null,
      isShown: box.width > 1 && box.height > 1 && box.bottom > 0 && box.right > 0,
      hasRing: (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none",
    };
  });
}
