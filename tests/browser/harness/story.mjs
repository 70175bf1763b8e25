// A test told through people, on a stage of its own.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { endBrowsers } from "./chromium.mjs";
import { Stage } from "./stage.mjs";

// A guard against hanging for ever, far above what a busy machine needs.
const PATIENCE_MS = 10 * 60_000;

after(endBrowsers);

/** `tell` gets a `Stage`, `options` are those of `launch`, and `settings` of the program. No page of a story may leave a complaint in the console. */
export function story(title, tell, options = {}) {
  test(title, { timeout: PATIENCE_MS }, async () => {
    const stage = await Stage.open(options);
    try {
      await tell(stage);
      assert.deepEqual(stage.complaints, [], "the console is empty");
    } catch (error) {
      console.error(await stage.describe());
      throw error;
    } finally {
      await stage.close();
    }
  });
}
