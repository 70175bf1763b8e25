// A site of its own with Curfew in it: its pages, its layout, its form, and a force logout that reaches all of them.

import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { story } from "../harness/story.mjs";

const password = "tangerine lamp over water";

const submit = async (page, action, fields) => {
  for (const [name, value] of Object.entries(fields)) await page.fill(`form[action="${action}"] [name=${name}]`, value);
  await Promise.all([page.waitForNavigation(), page.click(`form[action="${action}"] [type=submit]`)]);
};

const path = (page) => new URL(page.url()).pathname;

story("a user of the garden logs in, waters it, and is forced out of all of it", async (stage) => {
  const owner = await stage.browser();
  await owner.goto("/auth/setup");
  const { setupCode } = stage.server;
  const ada = { username: "ada", email: "ada@example.org", password, password_again: password };
  await submit(owner, "/auth/setup", { setup_code: setupCode, ...ada });
  assert.equal(path(owner), "/auth/admin");

  const friend = await stage.browser({ viewport: { width: 390, height: 844 } });
  await friend.goto("/");
  assert.equal(await friend.textContent("#said"), "The inline script has run.");
  await friend.goto("/garden");
  assert.equal(path(friend), "/auth/login");
  await friend.click("a[href='/auth/register']");
  const ben = { username: "ben", email: "ben@example.org", password, password_again: password };
  await submit(friend, "/auth/register", ben);
  await friend.goto("/garden");
  await friend.fill("[name=litres]", "7");
  await Promise.all([friend.waitForNavigation(), friend.click("text=Water it")]);
  assert.equal(await friend.textContent("#litres"), "7");

  // Curfew's pages have the frame of the host, and no wider than the phone.
  await friend.goto("/auth/account/sessions");
  assert.ok(await friend.isVisible("header a[href='/garden']"));
  assert.ok(await friend.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));

  // The finder, the button and the open page of the friend.
  await owner.keyboard.press("/");
  await owner.keyboard.type("ben");
  await owner.locator(".finder-list [role=option]", { hasText: "ben" }).waitFor();
  await owner.keyboard.press("Enter");
  await owner.waitForURL("**/auth/admin/users/*");
  await Promise.all([owner.waitForNavigation(), owner.keyboard.press("Enter")]);
  const notice = friend.locator("[data-reason]");
  await notice.waitFor();
  assert.equal(await notice.getAttribute("data-reason"), "forced-out");
  assert.ok(await friend.isVisible("header a[href='/garden']"), "what says nothing about the user stays");
  assert.ok(!(await friend.isVisible("text=Your sessions")));

  await friend.goto("/garden");
  assert.equal(path(friend), "/auth/login");
  await submit(friend, "/auth/login", { username: "ben", password });
  assert.equal(path(friend), "/garden");
  assert.equal(await friend.textContent("#litres"), "7");
}, { inHost: true });

story("an address that the garden does not have shows its own page, and one of Curfew's shows Curfew's", async (stage) => {
  const visitor = await stage.browser();
  stage.complaints.length = 0;
  for (const [address, words] of [["/nowhere", "The garden has no such page (404)"], ["/auth/nowhere", "Page not found"]]) {
    const answer = await visitor.goto(address);
    assert.equal(answer.status(), 404);
    assert.ok((await visitor.textContent("body")).includes(words), address);
    assert.ok(await visitor.isVisible("header a[href='/garden']"), address);
  }
  stage.complaints.length = 0; // Chromium logs each 404
}, { inHost: true });

story("what the garden takes over from Curfew is not read by its own templates", async (stage) => {
  const folder = await mkdtemp(join(tmpdir(), "curfew-eject-"));
  try {
    await stage.server.runs(["eject", "login", "static/tokens.css", "--into", folder]);
    assert.deepEqual((await readdir(folder)).sort(), ["login.html", "static"]);
  } finally {
    await rm(folder, { recursive: true });
  }
}, { inHost: true });
