// A story that inspects a part of the site: what html-validate and axe find (markup, labels, contrast, landmarks, names),
// our own rules, and whether each page fits a phone and a sheet of paper.

import assert from "node:assert/strict";

import axe from "axe-core";

import { invalidMarkup } from "./markup.mjs";
import { errorsNotInTitle, focusElsewhere, namesGivenTwice, rowsWithoutHead, timesInOneZone } from "./rules.mjs";
import { badlyPrinted, figuresWithGaps, tooWide } from "./sizes.mjs";
import { isSoak } from "./soak.mjs";
import { story } from "./story.mjs";
import { allLooks, lookAt, phoneWidth } from "./tour/looks.mjs";

// Every width and every theme once.
const fewLooks = allLooks.filter(({ width, theme }) => (width === phoneWidth) === (theme === "dark"));

// In a soak, every combination for the name that is hardest to fit.
const people = [
  ["the longest username", "W".repeat(64), isSoak ? allLooks : fewLooks],
  ...(isSoak ? [["anyone", "friend", fewLooks]] : []),
];

/** `tour` yields the sights (see `tour/`). */
export function pagesAreForEveryone(whose, tour) {
  for (const [who, name, looks] of people) {
    story(`every page of ${whose} is accessible and fits a phone and a sheet of paper, with ${who}`, async (stage) => {
      const broken = [];
      for await (const sight of tour(stage, name)) {
        await lookAt(sight, looks[0]);
        await sight.open();
        broken.push(...(await wrongWith(sight, looks)).map((what) => `${sight.name}: ${what}`));
      }
      assert.ok(broken.length === 0, broken.join("\n"));
    });
  }
}

async function wrongWith(sight, looks) {
  const { page } = sight.person;
  const wrong = [...(await focusElsewhere(page)), ...(await errorsNotInTitle(page)), ...(await invalidMarkup(page))];
  wrong.push(...(await tooWide(page)));
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  for (const rule of [rowsWithoutHead, timesInOneZone, namesGivenTwice]) wrong.push(...(await rule(page)));
  for (const look of looks) {
    await lookAt(sight, look);
    wrong.push(...(await violations(page)).map((rule) => `${look.name}: ${rule}`));
  }
  wrong.push(...(await figuresWithGaps(page)), ...(await badlyPrinted(page)));
  return wrong;
}

async function violations(page) {
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, help, nodes }) => {
    const where = nodes.map(({ target }) => target.join(" ")).join(", ");
    return `${id}: ${help}: ${where}`;
  });
}
