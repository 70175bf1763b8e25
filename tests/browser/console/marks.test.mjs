// The users that staff have marked stay marked over the pages of a search and a visit to a user.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

const bar = (staff) => staff.page.locator("[data-part=marked]");
const box = (staff, name) => staff.page.getByRole("checkbox", { name, exact: true });

async function readers(stage, count) {
  const names = Array.from({ length: count }, (_, number) => `reader${String(number).padStart(2, "0")}`);
  for (const name of names) await stage.member(name);
}

story("marks survive paging and a visit to a user, and a bulk action has them all", async (stage) => {
  const owner = await stage.owner();
  await readers(stage, 21);
  await owner.searches("reader");
  assert.ok(await bar(owner).isHidden(), "nobody is marked");
  await box(owner, "reader03").check();
  assert.match(await bar(owner).innerText(), /^1 user selected Clear/);

  await owner.page.getByRole("link", { name: "Next" }).click();
  await owner.page.waitForURL((url) => url.searchParams.get("page") === "2");
  assert.match(await bar(owner).innerText(), /^1 user selected, 1 of them on other pages/);
  await box(owner, "reader20").check();
  const list = owner.page.url();
  await owner.page.getByRole("link", { name: "reader20" }).click();
  await owner.page.getByRole("link", { name: "All users" }).click();
  await owner.page.waitForURL(list);
  assert.ok(await box(owner, "reader20").isChecked(), "the user's page leads back to the same page of the list");
  assert.match(await bar(owner).innerText(), /^2 users selected, 1 of them on other pages/);

  await owner.choosesFor("Force out", []);
  assert.ok((await owner.pageText()).includes("Force out 2 users?"));
  for (const name of ["reader03", "reader20"]) assert.ok(await owner.page.getByRole("link", { name }).isVisible(), name);
  await owner.goesBack();
  assert.ok(await box(owner, "reader20").isChecked(), "nothing was confirmed");
  await owner.choosesFor("Force out", []);
  await owner.confirms("Force out");
  await owner.searches("reader");
  assert.ok(await bar(owner).isHidden(), "done, and forgotten");
});

story("marks belong to a search and to a login, and one button clears them", async (stage) => {
  const owner = await stage.owner();
  for (const name of ["ben", "cara"]) await stage.member(name);
  await owner.visits("/admin/users");
  await box(owner, "ben").check();
  await owner.searches("cara");
  assert.ok(await bar(owner).isHidden(), "another search begins without marks");
  await owner.visits("/admin/users");
  assert.ok(await box(owner, "ben").isChecked());
  await owner.page.getByRole("button", { name: "Clear the selection" }).click();
  assert.ok(await bar(owner).isHidden());
  assert.ok(!(await box(owner, "ben").isChecked()));
  await owner.reloads();
  assert.ok(!(await box(owner, "ben").isChecked()));

  await box(owner, "ben").check();
  await owner.logsOut();
  await owner.logsIn();
  await owner.visits("/admin/users");
  assert.ok(!(await box(owner, "ben").isChecked()));
});

story("the bar with the number of marked users stays in view, and hides no focused link", async (stage) => {
  const owner = await stage.owner();
  await readers(stage, 20);
  for (const viewport of [{ width: 1280, height: 720 }, { width: 390, height: 800 }]) {
    await owner.page.setViewportSize(viewport);
    await owner.searches("reader");
    await box(owner, "reader00").check();
    const words = await bar(owner).boundingBox();
    assert.ok(words.y + words.height <= viewport.height, `in view at ${viewport.width} px`);
    for (const name of ["reader05", "reader12"]) {
      const link = owner.page.getByRole("link", { name, exact: true });
      await link.focus();
      const [at, covered] = [await link.boundingBox(), await owner.page.locator(".bulk").boundingBox()];
      assert.ok(at.y + at.height <= covered.y, `${name} is not hidden at ${viewport.width} px`);
    }
  }
});
