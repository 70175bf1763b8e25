// What a story needs: a site of its own, and a browser for each person.

import { launch, watch } from "./chromium.mjs";
import { Person } from "./person.mjs";
import { keepSent } from "./sent.mjs";
import { Server } from "./server.mjs";
import { Staff } from "./staff.mjs";

// Where it is another day than in UTC, so that each exact time has its longest form.
const onAnotherDay = new Date().getUTCHours() < 10 ? "Pacific/Honolulu" : "Pacific/Kiritimati";

export class Stage {
  complaints = [];
  #browser;
  #contexts = [];
  #pages = [];

  static async open({ settings, inHost, ...options } = {}) {
    const stage = new Stage();
    stage.server = await Server.start(settings, { inHost });
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

  /** A new browser that shares no cookies. `options` are Playwright's context options. */
  async browser(options = {}) {
    const context = await this.#browser.newContext({
      baseURL: this.server.url,
      viewport: { width: 1280, height: 900 },
      reducedMotion: "reduce",
      timezoneId: onAnotherDay,
      ...options,
    });
    this.#contexts.push(context);
    watch(context, this.complaints);
    const page = await context.newPage();
    keepSent(page);
    this.#pages.push(page);
    return page;
  }

  /** A new person, not registered yet. */
  async newcomer(username, options) {
    return new Person(await this.browser(options), username);
  }

  /** The first superuser, set up with the printed code. */
  async owner(options) {
    const owner = new Staff(await this.browser(options), "ada");
    await owner.setsUp(this.server.setupCode);
    return owner;
  }

  /** A user with an account, not logged in. */
  async member(username, options) {
    const member = await this.newcomer(username, options);
    const { email, password } = member;
    await this.server.runs(["user", "create", username, "--email", email, "--password-stdin"], `${password}\n`);
    return member;
  }

  /** Ends a user's logins as if they were years old. */
  async expires({ username }) {
    await this.server.writes(`UPDATE curfew_logins SET opened_at = '2020-01-01T00:00:00+00:00'
      WHERE user_id = (SELECT id FROM curfew_users WHERE username = '${username}');`);
  }

  /** Information for when a story fails. */
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
