// Chromium, and a watch on what it complains about.

import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

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
 * The browser of this process, started once: its contexts share nothing. `keepsPages`: pages left are kept
 * whole and come back with the back button, as they do for people.
 */
export function launch({ keepsPages = false } = {}) {
  if (!running.has(keepsPages)) {
    const ignoreDefaultArgs = keepsPages ? ["--disable-back-forward-cache"] : [];
    running.set(keepsPages, chromium.launch({ executablePath, args: quiet, ignoreDefaultArgs }));
  }
  return running.get(keepsPages);
}

/** Ends every browser of this process. */
export async function endBrowsers() {
  for (const browser of running.values()) await (await browser).close();
  running.clear();
}

/** Adds to `complaints` what a page of `context` says in the console: script errors, refusals by the CSP, missing files. */
export function watch(context, complaints) {
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("console", (message) => {
    if (message.type() !== "error" && !/Content Security Policy/i.test(message.text())) return;
    // A page answered with 403 or 422 is also told as a file that failed to load.
    const { url } = message.location();
    // So is a stream of events that is refused to a page whose login is over, or for a while.
    const isExpected = url === message.page()?.url() || url.endsWith("/session/events");
    if (message.text().startsWith("Failed to load resource") && isExpected) return;
    complaints.push(`${message.text()} (${url})`);
  });
}
