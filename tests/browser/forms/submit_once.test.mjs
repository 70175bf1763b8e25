// Double-clicking a submit button.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

story("a second click does not register twice", async (stage) => {
  await stage.owner();
  const friend = await stage.newcomer("friend");
  await friend.visits("/register");
  const { username, email, password } = friend;
  const fields = { username, email, password, password_again: password };
  assert.equal(await timesSent(friend, "/register", fields), 1);
  assert.equal(friend.path, "/account");
});

story("a second click does not force a user out twice", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await owner.opens(friend);
  assert.equal(await timesSent(owner, `${owner.path}/force-logout`, {}), 1);
});

/** Clicks twice before the server answers, and returns how often the form was sent. */
async function timesSent(person, action, fields) {
  const { page } = person;
  let sent = 0;
  let answer;
  const answered = new Promise((resolve) => (answer = resolve));
  await page.route(`**${action}`, async (route) => {
    if (route.request().method() === "POST") {
      sent += 1;
      await answered;
    }
    await route.continue();
  });

  const form = person.form(action);
  for (const [name, value] of Object.entries(fields)) await form.locator(`[name="${name}"]`).fill(value);
  const button = form.locator('[type="submit"]');
  await button.scrollIntoViewIfNeeded();
  const box = await button.boundingBox();
  const middle = [box.x + box.width / 2, box.y + box.height / 2];

  const first = page.waitForRequest((request) => request.method() === "POST");
  await page.mouse.click(...middle);
  await first;
  await page.mouse.click(...middle);
  const arrived = page.waitForEvent("framenavigated");
  answer();
  await arrived;
  await page.waitForLoadState();
  return sent;
}
