// One checkbox for all users on the page.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

story("one box selects all users on the page, and single ones can be deselected", async (stage) => {
  const owner = await stage.owner();
  for (const name of ["reader-ben", "reader-cara", "reader-dora"]) await stage.member(name);
  await owner.searches("reader-");
  const all = owner.page.getByLabel("Select all on this page");
  const box = (name) => owner.page.getByRole("checkbox", { name, exact: true });
  const looksMixed = () => all.evaluate((input) => input.indeterminate);

  await all.press("Space");
  for (const name of ["reader-ben", "reader-cara", "reader-dora"]) assert.ok(await box(name).isChecked(), name);
  await box("reader-cara").uncheck();
  assert.ok(await looksMixed());
  await all.check();
  assert.ok(await box("reader-cara").isChecked());
  await all.uncheck();
  assert.ok(!(await box("reader-ben").isChecked()));

  await box("reader-cara").check();
  assert.ok(await looksMixed());
  await box("reader-ben").check();
  await box("reader-dora").check();
  assert.ok(await all.isChecked());
  await box("reader-dora").uncheck();
  await owner.choosesFor("Deactivate", []);
  assert.ok((await owner.pageText()).includes("Deactivate 2 users?"));

  // The browser restores the checkboxes of a page opened with the back button, and the box for all must follow.
  await owner.page.goBack();
  assert.ok(await box("reader-ben").isChecked());
  assert.ok(!(await box("reader-dora").isChecked()));
  assert.ok(await looksMixed());
});
