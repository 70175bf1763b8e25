// A user with a browser: one method per page, and only what a user can do.

import { randomBytes } from "node:crypto";

export class Person {
  constructor(page, username) {
    this.page = page;
    this.username = username;
    this.email = `${username}@example.org`;
    this.password = randomBytes(15).toString("base64url");
  }

  /** The same user in another browser. */
  in(page) {
    const same = new this.constructor(page, this.username);
    same.password = this.password;
    return same;
  }

  async visits(address) {
    await this.page.goto(address);
  }

  /** The same user in another tab of this browser. */
  async opensTab() {
    return this.in(await this.page.context().newPage());
  }

  /** Clicks a link on this page. */
  async follows(address) {
    await this.#navigates(() => this.page.locator(`a[href="${address}"]`).first().click());
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

  /** Logs in on the login page, wherever it leads. */
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

  /** The path of the current page. */
  get path() {
    return new URL(this.page.url()).pathname;
  }

  /** The address that a login would lead to. */
  get next() {
    return new URL(this.page.url()).searchParams.get("next");
  }

  /** The visible text of the page. */
  pageText() {
    return this.page.locator("body").innerText();
  }

  /** The reasons that the page gives for ended sessions: codes and text. */
  async endNotices() {
    const notices = await this.page.locator("[data-reason]").all();
    return Promise.all(
      notices.map(async (notice) => ({
        reason: await notice.getAttribute("data-reason"),
        words: await notice.innerText(),
      })),
    );
  }

  /** Waits until the page says by itself that its login has ended, and why. */
  async waitsForEndNotice() {
    await this.page.getByRole("alert").and(this.page.locator("[data-reason]")).waitFor();
    const [notice] = await this.endNotices();
    return notice;
  }

  /** Everything that this browser stores for pages of the site. */
  storedData() {
    return this.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  }

  /** Whether this browser has a session cookie, valid or not. */
  async hasSessionCookie() {
    const cookies = await this.page.context().cookies();
    return cookies.some(({ name }) => name === "curfew" || name === "__Host-curfew");
  }

  form(action) {
    return this.page.locator(`form[action="${action}"]`);
  }

  /** A field that only one form on this page has. */
  field(name) {
    return this.page.locator(`main [name="${name}"]`);
  }

  /** Opens the disclosures around the form and inside of it. */
  async unfolds(form) {
    const closed = form.locator("xpath=(ancestor::details | descendant::details)[not(@open)]/summary");
    while ((await closed.count()) > 0) await closed.first().click();
  }

  /** Fills in the form for `action` and submits it; the resulting page is loaded afterwards. */
  async submits(action, fields = {}) {
    await this.#submits(this.form(action), fields);
  }

  /** The same with the form that posts to the page's own address. */
  async submitsHere(fields = {}) {
    await this.#submits(this.page.locator("main form:not([action])"), fields);
  }

  async #submits(form, fields) {
    await this.unfolds(form);
    for (const [name, value] of Object.entries(fields)) {
      await form.locator(`[name="${name}"]`).fill(value);
    }
    await this.#navigates(() => form.locator('[type="submit"]').click());
  }

  /** The same with pasted text: only what the field accepts is sent. */
  async pastes(action, fields) {
    const form = this.form(action);
    for (const [name, value] of Object.entries(fields)) {
      await form.locator(`[name="${name}"]`).focus();
      await this.page.keyboard.insertText(value);
    }
    await this.#navigates(() => form.locator('[type="submit"]').click());
  }

  async #navigates(act) {
    const arrived = this.page.waitForEvent("framenavigated", (frame) => frame === this.page.mainFrame());
    await Promise.all([arrived, act()]);
    await this.page.waitForLoadState();
  }
}
