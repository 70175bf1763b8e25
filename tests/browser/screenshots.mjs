// Takes every page at two widths in both themes, for people to look at:
//
//   cargo build && node tests/browser/screenshots.mjs FOLDER

import { mkdir } from "node:fs/promises";
import path from "node:path";

import { Stage } from "./harness/stage.mjs";
import { allLooks, lookAt, tour } from "./harness/tour.mjs";

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node tests/browser/screenshots.mjs FOLDER");
  process.exit(2);
}

await mkdir(folder, { recursive: true });
const stage = await Stage.open();
try {
  for await (const sight of tour(stage)) {
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
