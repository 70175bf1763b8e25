// What axe finds on the pages: labels, contrast, landmarks, names; and what it does not look for.

import assert from "node:assert/strict";

import axe from "axe-core";

import { errorsNotInTitle, focusElsewhere, namesGivenTwice, rowsWithoutHead } from "./harness/rules.mjs";
import { story } from "./harness/story.mjs";
import { lookAt, looks, tour } from "./harness/tour.mjs";

story("no page breaks a rule of accessibility, light or dark, on a phone or a desk", async (stage) => {
  const broken = [];
  for await (const sight of tour(stage)) {
    await sight.open();
    const { page } = sight.person;
    const found = [...(await focusElsewhere(page)), ...(await errorsNotInTitle(page))];
    await page.evaluate(axe.source);
    found.push(...(await namesGivenTwice(page)), ...(await rowsWithoutHead(page)));
    broken.push(...found.map((rule) => `${sight.name}: ${rule}`));
    for (const look of looks) {
      await lookAt(sight, look);
      const violated = await violations(page);
      broken.push(...violated.map((rule) => `${sight.name}, ${look.name}: ${rule}`));
    }
  }
  assert.ok(broken.length === 0, broken.join("\n"));
});

async function violations(page) {
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, help, nodes }) => {
    const where = nodes.map(({ target }) => target.join(" ")).join(", ");
    return `${id}: ${help}: ${where}`;
  });
}
