// Someone who may look after others' accounts.

import { Person } from "./person.mjs";

export class Staff extends Person {
  /** Through the search, as one would who knows only a name. */
  async opens(user) {
    await this.visits("/admin/users");
    await this.submits("/admin/users", { q: user.username });
    const address = await this.page.getByRole("link", { name: user.username, exact: true }).getAttribute("href");
    await this.follows(address);
  }

  /** What a force logout of the user on this page would end, as it says itself. */
  async isWarned() {
    return this.form(`${this.path}/force-logout`).innerText();
  }

  async forcesOut(reasons = {}) {
    await this.submits(`${this.path}/force-logout`, reasons);
  }

  /** At a moment to come, by the clock of this machine. */
  async schedulesForceLogout(at, reasons = {}) {
    await this.forcesOut({ at: await this.types(at), ...reasons });
  }

  /** A moment as this person types it: in their own time zone. */
  types(at) {
    return this.page.evaluate((ms) => {
      const here = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
      return here.toISOString().slice(0, 19);
    }, at.getTime());
  }

  /** Everyone's, with their password. */
  async forcesEveryoneOut(fields = {}) {
    await this.visits("/admin/force-logout");
    await this.submits("/admin/force-logout", { password: this.password, ...fields });
  }

  async callsOffForceLogout() {
    await this.submits(`${this.path}/force-logout/cancel`);
  }

  /** Looks for users by a part of their names. */
  async searches(q) {
    await this.visits("/admin/users");
    await this.submits("/admin/users", { q });
  }

  /** Chooses an act for all that match the search, and reads the page that promises what it does. */
  async choosesForAll(act) {
    await this.page.getByLabel("On whom").selectOption("matching");
    await this.#leadsOn(this.page.getByRole("button", { name: `${act}…` }));
  }

  /** Chooses an act for those of these names on the page. */
  async choosesFor(act, usernames) {
    for (const name of usernames) await this.page.getByLabel(`Choose ${name}`, { exact: true }).check();
    await this.#leadsOn(this.page.getByRole("button", { name: `${act}…` }));
  }

  /** Presses the button of the page that promises, with what else is written there. */
  async confirms(act, reasons = {}) {
    for (const [name, text] of Object.entries(reasons)) await this.page.locator(`[name="${name}"]`).fill(text);
    await this.#leadsOn(this.page.getByRole("button", { name: new RegExp(`^${act}: `) }));
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
