// A test told through people, with its own stage.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { endBrowsers } from "./chromium.mjs";
import { Stage } from "./stage.mjs";

// A limit against hanging forever, far longer than a busy machine needs.
const PATIENCE_MS = 10 * 60_000;

after(endBrowsers);

/**
 * `tell` gets a `Stage`; `options` are those of `launch`, the program's `settings`, and `inHost`. Fails if a page logs a
 * complaint in the console.
 */
export function story(title, tell, options = {}) {
  test(title, { timeout: PATIENCE_MS }, async () => {
    const stage = await Stage.open(options);
    try {
      await tell(stage);
      assert.deepEqual(stage.complaints, [], "the console must have no complaints");
    } catch (error) {
      console.error(await stage.describe());
      throw error;
    } finally {
      await stage.close();
    }
  });
}
