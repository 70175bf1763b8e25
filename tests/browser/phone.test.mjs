// The pages on a narrow screen.

import assert from "node:assert/strict";

import { isSoak } from "./harness/soak.mjs";
import { story } from "./harness/story.mjs";
import { lookAt, looks, tour } from "./harness/tour.mjs";

const longestName = "W".repeat(64);

const people = [["the longest username", longestName], ...(isSoak ? [["anyone", "friend"]] : [])];

for (const [who, name] of people) {
  story(`no page is wider than a phone, with ${who}`, async (stage) => {
    const tooWide = [];
    for await (const sight of tour(stage, name)) {
      await lookAt(sight, looks[0]);
      await sight.open();
      const { needed, shown } = await sight.person.page.evaluate(() => ({
        needed: document.documentElement.scrollWidth,
        shown: document.documentElement.clientWidth,
      }));
      if (needed > shown) tooWide.push(`${sight.name}: ${needed} px on ${shown} px`);
    }
    assert.ok(tooWide.length === 0, tooWide.join("\n"));
  });
}
