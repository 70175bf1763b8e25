// The preview of a force logout follows the time entered.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

story("the preview of a force logout follows the time entered", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  await friend.logsIn();
  await owner.opens(friend);
  await owner.unfolds(owner.form(`${owner.path}/force-logout`));
  const effect = owner.page.locator("#force-logout-effect");
  const at = owner.page.locator("#force-logout-at");
  const says = (words) => owner.page.locator("#force-logout-effect", { hasText: words }).waitFor();
  const live = /Ends \d+ sessions?\./;
  assert.match(await effect.innerText(), live);

  await at.fill("2020-07-01T14:30");
  await says("No live logins to end.");
  await at.fill("2099-07-01T14:30");
  await says(/Ends nothing now\. At 1 July 2099.*Currently there (is|are) \d+ session/);
  await at.fill("");
  await says(live);

  await owner.visits("/admin/force-logout");
  await owner.page.locator("#at").fill("2020-07-01T14:30");
  await owner.page.locator("#everyone-effect", { hasText: "Ends 0 live sessions." }).waitFor();
  // A button that moves between the press and the release of the mouse is not clicked.
  const button = owner.page.getByRole("button", { name: "Force everyone out" });
  const place = await button.boundingBox();
  await owner.page.locator("#at").fill("2099-07-01T14:30");
  await owner.page.locator("#everyone-effect", { hasText: "Ends nothing now." }).waitFor();
  assert.deepEqual(await button.boundingBox(), place);
});
