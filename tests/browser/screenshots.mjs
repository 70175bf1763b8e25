// Takes every page at two widths in both themes, for people to look at:
//
//   cargo build && node tests/browser/screenshots.mjs FOLDER

import { mkdir } from "node:fs/promises";
import path from "node:path";

import { endBrowsers } from "./harness/chromium.mjs";
import { Stage } from "./harness/stage.mjs";
import { tours } from "./harness/tour/index.mjs";
import { allLooks, lookAt } from "./harness/tour/looks.mjs";

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node tests/browser/screenshots.mjs FOLDER");
  process.exit(2);
}

await mkdir(folder, { recursive: true });
for (const tour of Object.values(tours)) await take(tour);
await endBrowsers();

async function take(tour) {
  const stage = await Stage.open();
  try {
    for await (const sight of tour(stage, "friend")) {
      await sight.open();
      for (const look of allLooks) {
        await lookAt(sight, look);
        const file = path.join(folder, `${sight.name}-${look.name}.png`);
        await sight.person.page.screenshot({ path: file, fullPage: true });
      }
      console.log(sight.name);
    }
  } finally {
    await stage.close();
  }
}
