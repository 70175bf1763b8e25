// Chromium, and a watch on its console.

import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Whether this is the whole browser, and not its headless shell, which keeps no pages in memory. */
export const isWhole = !executablePath.endsWith("headless-shell");

const quiet = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const running = new Map();

/**
 * This process's browser, started once; contexts share nothing. With `keepsPages`, pages left are kept in memory and
 * return with the back button, as in a normal browser.
 */
export function launch({ keepsPages = false } = {}) {
  if (!running.has(keepsPages)) {
    const ignoreDefaultArgs = keepsPages ? ["--disable-back-forward-cache"] : [];
    running.set(keepsPages, chromium.launch({ executablePath, args: quiet, ignoreDefaultArgs }));
  }
  return running.get(keepsPages);
}

/** Closes every browser of this process. */
export async function endBrowsers() {
  for (const browser of running.values()) await (await browser).close();
  running.clear();
}

/** Adds to `complaints` what pages of `context` log in the console: script errors, CSP violations, missing files. */
export function watch(context, complaints) {
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("console", (message) => {
    if (message.type() !== "error" && !/Content Security Policy/i.test(message.text())) return;
    // Chromium also reports a page answered with 403 or 422 as a file that failed to load.
    const { url } = message.location();
    // So it does for an event stream that is refused, for good or for a while.
    const isExpected = url === message.page()?.url() || url.endsWith("/session/events");
    if (message.text().startsWith("Failed to load resource") && isExpected) return;
    complaints.push(`${message.text()} (${url})`);
  });
}
