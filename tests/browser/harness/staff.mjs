// A user who may manage the accounts of others.

import { Person } from "./person.mjs";

/** A username as a list shows it. */
const inShort = (username) => (username.length > 32 ? `${username.slice(0, 32)}…` : username);

export class Staff extends Person {
  /** Opens a user's page through the search. */
  async opens(user) {
    await this.visits("/admin/users");
    await this.submits("/admin/users", { q: user.username });
    const address = await this.page.getByRole("link", { name: inShort(user.username), exact: true }).getAttribute("href");
    await this.follows(address);
  }

  /** Types into the finder, as on a keyboard. */
  async finds(text) {
    await this.page.keyboard.press("Control+k");
    await this.page.keyboard.type(text);
  }

  /** The preview of the force logout on this user's page. */
  async previewText() {
    return this.form(`${this.path}/force-logout`).innerText();
  }

  async forcesOut(reasons = {}) {
    await this.submits(`${this.path}/force-logout`, reasons);
  }

  /** Schedules it, by this machine's clock. */
  async schedulesForceLogout(at, reasons = {}) {
    await this.forcesOut({ at: await this.entersTime(at), ...reasons });
  }

  /** A time as this user enters it: in their own time zone. */
  entersTime(at) {
    return this.page.evaluate((ms) => {
      const here = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
      return here.toISOString().slice(0, 19);
    }, at.getTime());
  }

  /** Forces everyone out, with the password. */
  async forcesEveryoneOut(fields = {}) {
    await this.visits("/admin/force-logout");
    await this.submits("/admin/force-logout", { password: this.password, ...fields });
  }

  async cancelsForceLogout() {
    await this.submits(`${this.path}/force-logout/cancel`);
  }

  /** Searches for users by part of a name. */
  async searches(q) {
    await this.visits("/admin/users");
    await this.submits("/admin/users", { q });
  }

  /** Chooses a bulk action for all matching users, and reads the confirmation page. */
  async choosesForAll(act) {
    await this.page.getByLabel("Apply to").selectOption("matching");
    await this.#leadsOn(this.page.getByRole("button", { name: `${act}…` }));
  }

  /** Chooses a bulk action for the users with these names on the page. */
  async choosesFor(act, usernames) {
    for (const name of usernames) await this.page.getByRole("checkbox", { name, exact: true }).check();
    await this.#leadsOn(this.page.getByRole("button", { name: `${act}…` }));
  }

  /** Confirms the bulk action, with the given fields. */
  async confirms(act, reasons = {}) {
    await this.unfolds(this.form("/admin/users/bulk"));
    for (const [name, text] of Object.entries(reasons)) await this.page.locator(`[name="${name}"]`).fill(text);
    await this.#leadsOn(this.page.getByRole("button", { name: new RegExp(`^${act} [0-9,]+ user`) }));
  }

  async #leadsOn(button) {
    const before = this.page.url();
    await button.click();
    await this.page.waitForURL((url) => url.href !== before);
    await this.page.waitForLoadState();
  }

  async deactivates(reasons = {}) {
    await this.submits(`${this.path}/deactivate`, reasons);
  }

  async activates() {
    await this.submits(`${this.path}/activate`);
  }
}
