// Lighthouse's audits of the pages that a visitor sees first, as on a phone with a slow connection.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

import { Server } from "../browser/harness/server.mjs";

const chromePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const chromeFlags = ["--headless", "--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-quic", "--disable-background-networking"];

let server;
let browser;

before(async () => {
  server = await Server.start();
  // Until there is a superuser, the first page leads to the setup.
  await server.runs(["user", "create", "ada", "--email", "ada@example.com", "--superuser", "--password-stdin"], "a long phrase of ada's\n");
  browser = await launch({ chromePath, chromeFlags });
});

after(async () => {
  browser?.kill();
  await server?.stop();
});

for (const address of ["/", "/login", "/register"]) {
  test(`Lighthouse finds nothing to improve on ${address}`, async (t) => {
    const { lhr } = await lighthouse(`${server.url}${address}`, { port: browser.port, logLevel: "error" });
    const { performance, ...others } = Object.fromEntries(
      Object.entries(lhr.categories).map(([name, { score }]) => [name, Math.round(score * 100)]),
    );
    // It depends on how busy this machine is.
    t.diagnostic(`performance ${performance}`);
    assert.deepEqual(others, { accessibility: 100, "best-practices": 100, seo: 100 }, failed(lhr));
  });
}

/** The audits that cost points. */
function failed({ audits }) {
  const costly = Object.values(audits).filter(({ score }) => score !== null && score < 1);
  return costly.map(({ id, title, score }) => `${id}: ${title} (${score})`).join("\n");
}
