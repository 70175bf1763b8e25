// What axe finds on the pages: labels, contrast, landmarks, names.

import assert from "node:assert/strict";

import axe from "axe-core";

import { story } from "./harness/story.mjs";
import { lookAt, looks, tour } from "./harness/tour.mjs";

story("no page breaks a rule of accessibility, light or dark, on a phone or a desk", async (stage) => {
  const broken = [];
  for await (const sight of tour(stage)) {
    await sight.open();
    for (const look of looks) {
      await lookAt(sight, look);
      const found = await violations(sight.person.page);
      broken.push(...found.map((rule) => `${sight.name}, ${look.name}: ${rule}`));
    }
  }
  assert.ok(broken.length === 0, broken.join("\n"));
});

async function violations(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, help, nodes }) => {
    const where = nodes.map(({ target }) => target.join(" ")).join(", ");
    return `${id}: ${help}: ${where}`;
  });
}
