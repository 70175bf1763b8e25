// The list of logins as the console of an incident: a network is out, a stolen token is ended, single logins are marked.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const NETWORK = "203.0.113.0/24";

/** Moves the live logins of these users to addresses of the network. */
async function moves(stage, users) {
  for (const [n, { username }] of users.entries()) {
    await stage.server.writes(`UPDATE curfew_logins SET address = '203.0.113.${n + 1}'
      WHERE ended_at IS NULL AND user_id = (SELECT id FROM curfew_users WHERE username = '${username}');`);
  }
}

async function loggedIn(stage, names) {
  const members = [];
  for (const name of names) {
    const member = await stage.member(name);
    await member.logsIn();
    members.push(member);
  }
  return members;
}

async function isOut(member) {
  await member.visits("/account/profile");
  return member.path === "/login";
}

story("by keyboard, everyone with a login from a hostile network is out", async (stage) => {
  const owner = await stage.owner();
  const [ben, cara, dora] = await loggedIn(stage, ["ben", "cara", "dora"]);
  await moves(stage, [ben, cara]);
  const { page } = owner;
  await owner.visits("/admin/events");
  let keys = 0;
  const press = async (key) => {
    keys += 1;
    await page.keyboard.press(key);
  };
  await press("Control+k");
  await page.keyboard.type(NETWORK);
  await page.getByRole("option", { name: `Logins from ${NETWORK}`, selected: true }).waitFor();
  await press("Enter");
  await page.getByRole("button", { name: "Force out these 2 people…" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Force out these 2 people…");
  await press("Enter");
  await page.getByRole("heading", { name: "Force out 2 users?" }).waitFor();
  await press("Tab");
  await press("Enter");
  await page.getByText("Done: 2 users, 2 sessions ended.").waitFor();
  await page.getByText(/Applied by 1 of 1 node/).waitFor();
  assert.equal(keys, 5, "the keys besides those of the network");
  assert.deepEqual([await isOut(ben), await isOut(cara), await isOut(dora)], [true, true, false]);
});

for (const javaScriptEnabled of [true, false]) {
  const scripts = javaScriptEnabled ? "with scripts" : "without scripts";

  story(`a stolen token is found by its address and ended, ${scripts}`, async (stage) => {
    const owner = await stage.owner({ javaScriptEnabled });
    const [friend] = await loggedIn(stage, ["friend"]);
    await friend.visits("/account/tokens");
    await friend.submits("/account/tokens", { label: "backup <b>at home</b>" });
    const token = await friend.page.locator(".secret code").innerText();
    await stage.server.writes(`UPDATE curfew_logins SET address = '203.0.113.9' WHERE kind = 'opaque';`);
    const { page } = owner;
    await owner.visits("/admin/sessions");
    await owner.submits("/admin/sessions", { address: "203.0.113.9" });
    let clicks = 0;
    const click = async (button) => {
      clicks += 1;
      await button.click();
    };
    await click(page.getByRole("button", { name: javaScriptEnabled ? "End… friend" : "End…", exact: true }));
    await page.getByRole("heading", { name: "End 1 login of 1 person?" }).waitFor();
    assert.ok((await owner.pageText()).includes("backup <b>at home</b>"), "the label is text");
    await click(page.getByRole("button", { name: "End 1 login", exact: true }));
    await page.getByText("Done: 1 user, 1 token ended.").waitFor();
    assert.equal(clicks, 2);
    const answer = await fetch(new URL("/api/me", stage.server.url), { headers: { Authorization: `Token ${token}` } });
    assert.deepEqual([answer.status, (await answer.json()).reason], [401, "forced-out"]);
    assert.ok(!(await isOut(friend)), "the browser of the user continues");

    await owner.visits("/admin/events?kind=token-ended");
    const events = await owner.pageText();
    assert.ok(events.includes("1 token ended") && events.includes("Part of a bulk action"), events);
  });
}

story("in a list of a hundred, too, each row that staff may end has its button", async (stage) => {
  const owner = await stage.owner();
  const [ben, cara] = await loggedIn(stage, ["ben", "cara"]);
  await ben.logsOut();
  const { page } = owner;
  await owner.visits("/admin/sessions?state=all&per_page=100");
  const row = (name) => page.getByRole("row").filter({ hasText: name });
  for (const name of ["ben", "cara"]) assert.equal(await row(name).getByRole("cell").count(), 5, name);
  assert.equal(await page.getByRole("columnheader", { name: "End", exact: true }).count(), 1);
  assert.equal(await row("ben").getByRole("button").count(), 0, "that one has ended");
  await page.getByRole("button", { name: "End… cara", exact: true }).click();
  await page.getByRole("heading", { name: "End 1 login of 1 person?" }).waitFor();
  await page.getByRole("button", { name: "End 1 login", exact: true }).click();
  await page.getByText("Done: 1 user, 1 session ended.").waitFor();
  assert.ok(await isOut(cara));
});

story("the buttons say how many logins are selected, and stay in view", async (stage) => {
  const owner = await stage.owner();
  const [ben] = await loggedIn(stage, ["ben", "cara"]);
  const again = ben.in(await stage.browser());
  await again.logsIn();
  const { page } = owner;
  await owner.visits("/admin/sessions");
  const box = (name) => page.getByRole("checkbox", { name, exact: true });
  const buttons = () => page.locator("#marked-logins button").allInnerTexts();
  const unmarked = ["Force out the people of the selected logins…", "End the selected logins…"];
  assert.deepEqual(await buttons(), unmarked);
  await box("ben").first().check();
  assert.deepEqual(await buttons(), ["Force out the 1 selected person…", "End the 1 selected login…"]);
  await box("ben").last().check();
  assert.deepEqual(await buttons(), ["Force out the 1 selected person…", "End the 2 selected logins…"]);
  await page.getByLabel("Select all on this page").check();
  assert.deepEqual(await buttons(), ["Force out the 3 selected people…", "End the 4 selected logins…"]);
  await page.setViewportSize({ width: 1280, height: 700 });
  await page.evaluate(() => scrollTo(0, 0));
  const { y, height } = await page.locator("#marked-logins").boundingBox();
  assert.ok(y >= 0 && y + height <= 700, `${y} ${height}`);
  await page.getByLabel("Select all on this page").uncheck();
  assert.deepEqual(await buttons(), unmarked);

  await box("cara").check();
  await page.getByRole("button", { name: "End the 1 selected login…" }).click();
  await page.getByRole("heading", { name: "End 1 login of 1 person?" }).waitFor();
  await page.goBack();
  assert.deepEqual(await buttons(), ["Force out the 1 selected person…", "End the 1 selected login…"], "the marks are back");
  await page.getByRole("button", { name: "End the 1 selected login…" }).click();
  await page.getByRole("button", { name: "End 1 login", exact: true }).click();
  await page.getByText("Done: 1 user, 1 session ended.").waitFor();
});

story("on a phone, a login takes two lines with targets for a thumb", async (stage) => {
  const owner = await stage.owner(phone);
  const [friend] = await loggedIn(stage, ["friend"]);
  const { page } = owner;
  await owner.visits("/admin/sessions");
  const row = page.getByRole("row").filter({ hasText: "friend" });
  const box = await row.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= phone.viewport.width && box.height < 3 * 44, JSON.stringify(box));
  for (const target of [row, row.getByRole("button", { name: /^End…/ })]) {
    const { width, height } = await target.boundingBox();
    assert.ok(width >= 44 && height >= 44, `${width} × ${height}`);
  }
  await row.tap({ position: { x: box.width / 2, y: 16 } }); // anywhere but on a link
  assert.ok(await row.getByRole("checkbox").isChecked());
  await page.getByRole("button", { name: "Force out the 1 selected person…" }).tap();
  await page.getByRole("button", { name: "Force out 1 user" }).tap();
  await page.getByText("Done: 1 user, 1 session ended.").waitFor();
  assert.ok(await isOut(friend));
});
