// The finder of the staff pages: from any of them to "out" by keyboard alone.

import assert from "node:assert/strict";

import { Staff } from "../harness/staff.mjs";
import { story } from "../harness/story.mjs";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const staffPages = ["/admin", "/admin/users", "/admin/sessions", "/admin/events", "/admin/force-logout"];

const focusedId = (page) => page.evaluate(() => document.activeElement.id);

/** Counts the keys that a person presses. */
function keyboardOf({ page }) {
  const keyboard = { keys: 0 };
  keyboard.press = async (key) => {
    keyboard.keys += 1;
    await page.keyboard.press(key);
  };
  keyboard.type = async (text) => {
    for (const letter of text) await keyboard.press(letter);
  };
  return keyboard;
}

const isDone = (staff) => staff.page.getByText("Force logout done: 1 session ended.").waitFor();

story("from each staff page, Ctrl+K, the name, Enter and Enter force a user out", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  for (const name of ["frida", "wilfried"]) await stage.member(name);
  for (const address of staffPages) {
    await friend.visits("/login");
    await friend.logsIn();
    await owner.visits(address);
    const keyboard = keyboardOf(owner);
    await keyboard.press("Control+k");
    await keyboard.type("frie");
    await owner.page.getByRole("option", { name: /^friend .*1 session.*Force out/, selected: true }).waitFor();
    await keyboard.press("Enter");
    await owner.page.waitForURL(/\/admin\/users\/\d+#force-out$/);
    assert.equal(await focusedId(owner.page), "force-out", address);
    await keyboard.press("Enter");
    await isDone(owner);
    assert.equal(keyboard.keys, "frie".length + 3, `the keys from ${address}`);
    await friend.visits("/account");
    assert.equal(friend.path, "/login");
  }
});

story("who types the whole name and Enter at once gets there too, with and without scripts", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await stage.member("friendly");
  const plain = owner.in(await stage.browser({ javaScriptEnabled: false }));
  await plain.logsIn();
  for (const staff of [owner, plain]) {
    await friend.visits("/login");
    await friend.logsIn();
    await staff.visits("/admin/events");
    // As if the list never arrived.
    await staff.page.route("**/admin/find?*part=*", () => {});
    if (staff === plain) await staff.page.locator("#finder").focus();
    await staff.page.keyboard.press("Control+k");
    await staff.page.keyboard.type("friend");
    await staff.page.keyboard.press("Enter");
    await staff.page.waitForURL(/\/admin\/users\/\d+#force-out$/);
    assert.equal(await focusedId(staff.page), "force-out");
    await staff.page.keyboard.press("Enter");
    await isDone(staff);
  }
});

story("a slash leads to the field, but not while typing", async (stage) => {
  const owner = await stage.owner();
  const { page } = owner;
  await owner.visits("/admin/users");
  await page.locator("#q").focus();
  await page.keyboard.type("a/b");
  await page.keyboard.press("Control+k");
  assert.equal(await page.locator("#q").inputValue(), "a/b");
  assert.equal(await focusedId(page), "q");

  await page.getByLabel("Status").focus();
  await page.locator("h1").click();
  await page.getByRole("link", { name: "Show all" }).focus();
  await page.keyboard.press("/");
  assert.equal(await focusedId(page), "finder");
  assert.equal(await page.locator("#finder").inputValue(), "");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Show all", "back to where it was");
});

story("the arrow keys choose, and Escape closes the list and empties the field", async (stage) => {
  const owner = await stage.owner();
  const { page } = owner;
  for (const name of ["ben", "berta"]) await stage.member(name);
  await owner.visits("/admin");
  const chosen = () => page.locator("#finder").evaluate((input) =>
    document.getElementById(input.getAttribute("aria-activedescendant"))?.querySelector(".found-name").textContent);
  await owner.finds("be");
  await page.getByRole("option").first().waitFor();
  assert.equal(await chosen(), "ben");
  await page.keyboard.press("ArrowDown");
  assert.equal(await chosen(), "berta");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator('[aria-selected="true"]').count(), 1);
  await page.keyboard.press("ArrowUp");
  assert.equal(await page.getByRole("status").filter({ hasText: "found" }).textContent(), `${await page.getByRole("option").count()} found`);

  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("listbox").count(), 0);
  assert.equal(await page.locator("#finder").inputValue(), "");
  assert.equal(await page.locator("#finder").getAttribute("aria-expanded"), "false");

  await page.keyboard.type("nobody-is-called-this");
  await page.getByRole("listbox").getByText("Nothing found").waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText("events"); // at once: the list for a part of it has the same option
  await page.getByRole("option", { name: "Events" }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/admin/events");
});

story("hostile names in the finder are text", async (stage) => {
  const owner = await stage.owner();
  await stage.member("mallory");
  await stage.server.writes(`UPDATE curfew_users SET username = '<img src=x onerror=alert(1)>' WHERE username = 'mallory';`);
  await owner.visits("/admin");
  await owner.finds("mallory");
  await owner.page.getByRole("option", { name: /^<img src=x onerror=alert\(1\)> / }).waitFor();
  assert.equal(await owner.page.locator(".finder img").count(), 0);
});

story("on a phone, the list fits, and one tap leads to the button that forces out", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  const pocket = owner.in(await stage.browser(phone));
  assert.ok(pocket instanceof Staff);
  await pocket.logsIn();
  await pocket.visits("/admin");
  const { page } = pocket;
  await page.locator("#finder").tap();
  await page.keyboard.type("frie");
  const option = page.getByRole("option", { name: /friend/ });
  await option.waitFor();
  const box = await page.getByRole("listbox").boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= phone.viewport.width, JSON.stringify(box));
  assert.ok((await option.boundingBox()).height >= 44, "a touch target");
  await option.tap();
  await page.waitForURL(/\/admin\/users\/\d+#force-out$/);
  await page.locator("#force-out").tap();
  await isDone(pocket);
});
