// What a story needs: a site of its own, and a browser for whoever comes.

import { launch, watch } from "./chromium.mjs";
import { Person } from "./person.mjs";
import { Server } from "./server.mjs";
import { Staff } from "./staff.mjs";

export class Stage {
  complaints = [];
  #browser;
  #contexts = [];
  #pages = [];

  static async open({ settings, ...options } = {}) {
    const stage = new Stage();
    stage.server = await Server.start(settings);
    try {
      stage.#browser = await launch(options);
    } catch (error) {
      await stage.server.stop();
      throw error;
    }
    return stage;
  }

  async close() {
    for (const context of this.#contexts) await context.close();
    await this.server.stop();
  }

  /** A browser of its own: no cookie is shared with another. `options` are Playwright's for a context. */
  async browser(options = {}) {
    const context = await this.#browser.newContext({
      baseURL: this.server.url,
      viewport: { width: 1280, height: 900 },
      reducedMotion: "reduce",
      timezoneId: "Asia/Kathmandu", // no time is the same there as in UTC
      ...options,
    });
    this.#contexts.push(context);
    watch(context, this.complaints);
    const page = await context.newPage();
    this.#pages.push(page);
    return page;
  }

  /** Someone new, not registered yet. */
  async newcomer(username, options) {
    return new Person(await this.browser(options), username);
  }

  /** The owner of the site, whom the printed code lets in. */
  async owner(options) {
    const owner = new Staff(await this.browser(options), "ada");
    await owner.setsUp(this.server.setupCode);
    return owner;
  }

  /** Someone with an account, not logged in. */
  async member(username, options) {
    const member = await this.newcomer(username, options);
    const { email, password } = member;
    await this.server.runs(["user", "create", username, "--email", email, "--password-stdin"], `${password}\n`);
    return member;
  }

  /** What there is to know when a story goes wrong. */
  async describe() {
    const shown = await Promise.all(
      this.#pages.map(async (page) => {
        const text = await page.locator("main").innerText({ timeout: 1_000 }).catch(() => "(no text)");
        return `--- ${page.url()}\n${text}`;
      }),
    );
    return [...shown, ...this.complaints, "--- the program printed:", this.server.printed].join("\n");
  }
}
