// Templates for reasons fill in both fields, with and without scripts.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

const both = { title: "Lost laptop", user_reason: "Your laptop was lost.\nCall us.", staff_reason: "Ticket: ask the desk" };
const forUser = { title: "Please call", user_reason: "Please call the office.", staff_reason: "" };

for (const javaScriptEnabled of [true, false]) {
  const scripts = javaScriptEnabled ? "with scripts" : "without scripts";

  story(`a template fills in the reasons, which can then be changed, ${scripts}`, async (stage) => {
    const owner = await stage.owner({ javaScriptEnabled });
    const friend = await stage.member("friend");
    for (const template of [both, forUser]) {
      await owner.visits("/admin/reasons");
      await owner.submits("/admin/reasons", template);
    }
    await owner.opens(friend);
    const { page, path } = owner;
    const form = owner.form(`${path}/force-logout`);
    await owner.unfolds(form);
    const choose = async (title) => {
      await form.getByLabel("Template").selectOption({ label: title });
      if (!javaScriptEnabled) await form.getByRole("button", { name: "Fill in" }).click();
      await page.waitForLoadState();
    };
    const fields = () => Promise.all(
      ["user_reason", "staff_reason"].map((name) => form.locator(`[name="${name}"]`).inputValue()),
    );
    await choose(both.title);
    assert.deepEqual(await fields(), [both.user_reason, both.staff_reason]);
    await choose(forUser.title);
    assert.deepEqual(await fields(), [forUser.user_reason, both.staff_reason], "a text that it does not have stays");
    await form.locator('[name="staff_reason"]').fill("Ticket 4711");
    await page.locator("#force-out").click();
    await page.getByText("Force logout done").waitFor();
    const text = await owner.pageText();
    assert.ok(text.includes(forUser.user_reason) && text.includes("Ticket 4711"), text);
  });
}
