// Someone with a browser: one method a page, and nothing a person could not do.

import { randomBytes } from "node:crypto";

export class Person {
  constructor(page, username) {
    this.page = page;
    this.username = username;
    this.email = `${username}@example.org`;
    this.password = randomBytes(15).toString("base64url");
  }

  /** The same person in another browser. */
  in(page) {
    const same = new this.constructor(page, this.username);
    same.password = this.password;
    return same;
  }

  async visits(address) {
    await this.page.goto(address);
  }

  /** The same person in another tab of the same browser. */
  async opensTab() {
    return this.in(await this.page.context().newPage());
  }

  /** Clicks a link of this page. */
  async follows(address) {
    await this.#goesOn(() => this.page.locator(`a[href="${address}"]`).first().click());
  }

  async reloads() {
    await this.page.reload();
  }

  async goesBack() {
    await this.page.goBack();
  }

  async setsUp(setupCode) {
    const { username, email, password } = this;
    await this.visits("/setup");
    await this.submits("/setup", { setup_code: setupCode, username, email, password, password_again: password });
  }

  async registers() {
    const { username, email, password } = this;
    await this.visits("/register");
    await this.submits("/register", { username, email, password, password_again: password });
  }

  /** From the login page, wherever it leads. */
  async logsIn() {
    if (this.path !== "/login") await this.visits("/login");
    await this.submits("/login", { username: this.username, password: this.password });
  }

  async logsOut() {
    await this.submits("/logout");
  }

  async changesPassword() {
    const password = randomBytes(15).toString("base64url");
    await this.visits("/account/password");
    await this.submits("/account/password", {
      current_password: this.password,
      password,
      password_again: password,
    });
    this.password = password;
  }

  /** Where this person is now. */
  get path() {
    return new URL(this.page.url()).pathname;
  }

  /** Where a login would lead. */
  get next() {
    return new URL(this.page.url()).searchParams.get("next");
  }

  /** What the page says, as a reader finds it. */
  sees() {
    return this.page.locator("body").innerText();
  }

  /** Why the page says that a session ended: the reasons' codes and words. */
  async isTold() {
    const notices = await this.page.locator("[data-reason]").all();
    return Promise.all(
      notices.map(async (notice) => ({
        reason: await notice.getAttribute("data-reason"),
        words: await notice.innerText(),
      })),
    );
  }

  /** Waits until this page says by itself that its login has ended, and why. */
  async isToldAtOnce() {
    await this.page.getByRole("alert").and(this.page.locator("[data-reason]")).waitFor();
    const [told] = await this.isTold();
    return told;
  }

  /** All that this browser keeps for pages of the site. */
  keeps() {
    return this.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  }

  /** Whether this browser holds a session cookie, good or not. */
  async hasSessionCookie() {
    const cookies = await this.page.context().cookies();
    return cookies.some(({ name }) => name === "curfew" || name === "__Host-curfew");
  }

  form(action) {
    return this.page.locator(`form[action="${action}"]`);
  }

  /** A field of this page that is in one form only. */
  field(name) {
    return this.page.locator(`main [name="${name}"]`);
  }

  /** Fills in the form that goes to `action` and sends it; the page that answers is loaded after. */
  async submits(action, fields = {}) {
    const form = this.form(action);
    for (const [name, value] of Object.entries(fields)) {
      await form.locator(`[name="${name}"]`).fill(value);
    }
    await this.#goesOn(() => form.locator('[type="submit"]').click());
  }

  /** The same, pasted as from elsewhere: what the field lets in is all that is sent. */
  async pastes(action, fields) {
    const form = this.form(action);
    for (const [name, value] of Object.entries(fields)) {
      await form.locator(`[name="${name}"]`).focus();
      await this.page.keyboard.insertText(value);
    }
    await this.#goesOn(() => form.locator('[type="submit"]').click());
  }

  async #goesOn(act) {
    const arrived = this.page.waitForEvent("framenavigated", (frame) => frame === this.page.mainFrame());
    await Promise.all([arrived, act()]);
    await this.page.waitForLoadState();
  }
}
