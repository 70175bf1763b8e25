// Open staff pages stay fresh: counts tick, and a link says how many rows are new. Nothing moves.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

const total = (page) => page.locator("#total").innerText();
const link = (page) => page.getByRole("link", { name: /new, show$/ });

story("the lists and the overview say what is new, and move nothing", async (stage) => {
  const owner = await stage.owner();
  const { page } = owner;
  await owner.visits("/admin/sessions");
  const top = async () => (await page.locator("tbody").boundingBox()).y;
  const [before, rows] = [await top(), await page.locator("tbody tr").count()];
  assert.equal(await total(page), "1 live login of 1 person");
  const { page: overview } = await owner.opensTab();
  await overview.goto(new URL("/admin", stage.server.url).href);

  const friend = await stage.member("friend");
  await friend.logsIn();
  await page.bringToFront();
  await link(page).waitFor();
  assert.equal(await link(page).innerText(), "1 new, show");
  assert.equal(await total(page), "2 live logins of 2 people");
  assert.equal(await page.locator("#force-out").innerText(), "Force out these 2 people…");
  assert.deepEqual([await top(), await page.locator("tbody tr").count()], [before, rows], "nothing has moved");
  await link(page).click();
  await page.locator("tbody tr").nth(1).waitFor();
  assert.ok(await link(page).isHidden());
  assert.ok((await owner.pageText()).includes("friend"));

  await overview.bringToFront();
  await link(overview).waitFor();
  await overview.locator(".counts").getByRole("link", { name: "2", exact: true }).first().waitFor();

  // A mark stays, although the rows around it tick.
  await page.bringToFront();
  await page.getByRole("checkbox", { name: "friend", exact: true }).check();
  await friend.visits("/account");
  await (await stage.member("another")).logsIn();
  await link(page).waitFor();
  assert.ok(await page.getByRole("checkbox", { name: "friend", exact: true }).isChecked());
});
