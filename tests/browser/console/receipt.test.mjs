// Staff see that a force logout is applied on every node.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

const receipt = ".receipt [role=status]";

story("a user's page shows without a reload which nodes have applied a force logout", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.member("friend");
  const says = (words) => owner.page.locator(receipt, { hasText: words }).waitFor();
  await owner.opens(friend);
  assert.equal(await owner.page.locator(receipt).count(), 0, "nothing to report yet");
  await owner.forcesOut();
  await says(/Applied by 1 of 1 node, after \d/);

  const other = await stage.server.another();
  try {
    await other.pauses();
    await owner.forcesOut();
    await says(/Applied by 1 of 2 nodes so far, the slowest after/);
    assert.match(await owner.page.locator(".receipt").innerText(), /Waiting for \S+:\d+, last heard from/);
    other.resumes();
    await says(/Applied by 2 of 2 nodes, the slowest after/);
    assert.equal(await owner.page.locator(".receipt", { hasText: "Waiting" }).count(), 0);

    // A node that disappears leaves the count when its lease expires.
    await other.pauses();
    await owner.forcesOut();
    await says(/Applied by 1 of 2 nodes so far/);
    await says(/Applied by 1 of 1 node, after/);
  } finally {
    other.resumes();
    await other.stop();
  }
});
