// The page of one user: the button that the product exists for, and the disclosures.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

story("the name and the one button are in view on a laptop, and stay there while scrolling", async (stage) => {
  const owner = await stage.owner({ viewport: { width: 1280, height: 800 } });
  const friend = await stage.member("friend");
  await friend.logsIn();
  await owner.opens(friend);
  const { page } = owner;
  const isInView = (selector) => page.locator(selector).evaluate((element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return top >= 0 && bottom <= innerHeight && element.contains(at);
  });
  assert.ok((await isInView("#force-out")) && (await isInView("h1")));
  assert.match(await page.locator(".user-head").innerText(), /friend\s+member active 1 session\s+Force out/);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  assert.ok((await isInView("#force-out")) && (await isInView("h1")));
  const folded = page.locator("main details:not([open])");
  assert.equal(await folded.count(), await page.locator("main details").count(), "nothing is unfolded at first");
  await page.locator("#force-out").press("Enter");
  await page.getByText("Force logout done: 1 session ended.").waitFor();
});

story("without scripts, a refused form is unfolded with what was typed", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await owner.opens(friend);
  const { path } = owner;
  const plain = owner.in(await stage.browser({ javaScriptEnabled: false }));
  await plain.logsIn();
  const long = "x".repeat(501);
  const { page } = plain;
  for (const [action, fields] of [
    ["force-logout", { user_reason: long, staff_reason: "Ticket 1" }],
    ["deactivate", { user_reason: long, staff_reason: "Ticket 2" }],
    ["role", { password: "not the password" }],
    ["delete", { staff_reason: "Ticket 3", password: "not the password" }],
  ]) {
    await plain.visits(path);
    await plain.submits(`${path}/${action}`, fields);
    const form = plain.form(`${path}/${action}`);
    for (const [name, value] of Object.entries(fields)) {
      const field = form.locator(`[name="${name}"]`);
      assert.ok(await field.isVisible(), `${action}: ${name} is unfolded`);
      if (name !== "password") assert.equal(await field.inputValue(), value, `${action}: ${name}`);
    }
    assert.ok(await form.locator("[aria-invalid=true]").first().isVisible(), action);
    assert.equal(await page.locator("main details[open] form, form:has(details[open])").count(), 1, `only ${action}`);
  }
});

story("staff end one session and one token of a user on the user's page", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  await stage.server.runs(["token", "create", "friend", "--label", "backup"]);
  await owner.opens(friend);
  const { page } = owner;
  for (const what of ["session", "token"]) {
    await page.getByText(`End this ${what}…`).first().click();
    await page.locator(`form[action*="/${what}s/"] [type="submit"]`).click();
    await page.getByText(what === "session" ? "Session ended." : "Token ended.").waitFor();
  }
  assert.match(await page.locator(".user-head").innerText(), /no live logins/);
  await friend.visits("/account");
  assert.equal(friend.path, "/login");
});
