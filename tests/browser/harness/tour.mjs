// Every page of the site, in each state that looks different.

import { isSoak } from "./soak.mjs";
import { Streams } from "./streams.mjs";

/** How a page can be looked at. */
export const allLooks = [390, 1280].flatMap((width) =>
  ["light", "dark"].map((theme) => ({ name: `${width}-${theme}`, width, theme })),
);

/** Every width and theme once; in a soak, every combination. */
export const looks = isSoak ? allLooks : allLooks.filter(({ width, theme }) => (width === 390) === (theme === "dark"));

const reasons = {
  user_reason: "Your laptop was reported lost. Please log in again.",
  staff_reason: "Ticket 4711, reported by the night desk.",
};

/**
 * Yields the sights in turn: a `name`, the `person` whose browser shows it, and `open`, which can be
 * called again. Each sight must be looked at before the next is asked for: the site changes in between.
 */
export async function* tour(stage, friendsName = "friend") {
  const visitor = await stage.newcomer("visitor");
  yield page("setup", visitor, "/setup");

  const owner = await stage.owner();
  const friend = await stage.member(friendsName);
  yield* visitorsPages(visitor);
  yield loginAfterForceLogout(owner, friend);
  await friend.logsIn();
  yield* membersPages(friend);
  yield* openPagesThatAreTold(owner, friend);
  yield* staffPages(stage, owner, friend);
}

function page(name, person, address) {
  return { name, person, open: () => person.visits(address) };
}

function* visitorsPages(visitor) {
  yield page("home", visitor, "/");
  yield page("login", visitor, "/login");
  yield page("register", visitor, "/register");
  yield page("not-found", visitor, "/no-such-page");

  const { username, email, password } = visitor;
  yield {
    name: "login-refused",
    person: visitor,
    open: () => visitor.logsIn(),
  };
  yield {
    name: "register-refused",
    person: visitor,
    open: async () => {
      await visitor.visits("/register");
      await visitor.submits("/register", { username, email, password, password_again: `not ${password}` });
    },
  };
  yield {
    name: "form-again",
    person: visitor,
    open: async () => {
      await visitor.visits("/login");
      await visitor.page.context().clearCookies();
      await visitor.submits("/login", { username, password });
    },
  };
}

function loginAfterForceLogout(owner, friend) {
  return {
    name: "login-forced-out",
    person: friend,
    open: async () => {
      await friend.visits("/login");
      await friend.logsIn();
      await owner.opens(friend);
      await owner.forcesOut(reasons);
      await friend.visits("/account");
    },
  };
}

function* membersPages(friend) {
  yield page("home-logged-in", friend, "/");
  yield page("account", friend, "/account");
  yield page("profile", friend, "/account/profile");
  yield page("password", friend, "/account/password");
  yield page("sessions", friend, "/account/sessions");
  yield page("tokens", friend, "/account/tokens");
  yield {
    name: "token-made",
    person: friend,
    open: async () => {
      await friend.visits("/account/tokens");
      await friend.submits("/account/tokens", { label: "backup on the home server, every night at three" });
    },
  };
  yield {
    name: "token-refused",
    person: friend,
    open: async () => {
      await friend.visits("/account/tokens");
      await friend.submits("/account/tokens", { label: "x".repeat(100), ttl: "for ever" });
    },
  };
  yield page("forbidden", friend, "/admin");
  yield page("delete-account", friend, "/account/delete");

  const { password } = friend;
  yield {
    name: "password-refused",
    person: friend,
    open: async () => {
      await friend.visits("/account/password");
      await friend.submits("/account/password", {
        current_password: password,
        password: "password123",
        password_again: "password123",
      });
    },
  };
}

function* openPagesThatAreTold(owner, friend) {
  const streams = new Streams(friend.page.context());
  yield {
    name: "told-ends",
    person: friend,
    open: async () => {
      await owner.opens(friend);
      await owner.schedulesForceLogout(new Date(Date.now() + 4 * 60_000), reasons);
      await friend.visits("/account/profile");
      await friend.page.getByRole("timer").waitFor();
    },
  };
  yield {
    name: "told-ended",
    person: friend,
    open: async () => {
      if (friend.path === "/login" || (await friend.isTold()).length > 0) await friend.logsIn();
      await friend.visits("/account/profile");
      await streams.are(1);
      await owner.opens(friend);
      await owner.forcesOut(reasons);
      await friend.isToldAtOnce();
    },
  };
  yield {
    name: "draft-back",
    person: friend,
    open: async () => {
      if ((await friend.isTold()).length === 0) {
        await friend.visits("/account/profile");
        await streams.are(1);
        await owner.opens(friend);
        await owner.forcesOut(reasons);
        await friend.isToldAtOnce();
      }
      await friend.field("email").fill("someone.else@example.org");
      await friend.page.getByRole("link", { name: "Log in again" }).click();
      await friend.page.waitForURL("**/login?**");
      await friend.logsIn();
      await friend.page.getByText("is filled in again").waitFor();
    },
  };
}

async function* staffPages(stage, owner, friend) {
  for (const name of ["grace", "edsger", "barbara"]) await stage.member(name);
  yield page("staff", owner, "/admin");
  yield page("users", owner, "/admin/users");
  yield page("users-none", owner, "/admin/users?q=nobody-is-called-this");
  yield page("site-sessions", owner, "/admin/sessions");
  yield page("site-sessions-all", owner, "/admin/sessions?state=all");
  yield page("events", owner, "/admin/events");
  yield page("events-none", owner, "/admin/events?q=nobody-is-called-this");
  yield page("site-sessions-none", owner, "/admin/sessions?q=nobody-is-called-this");

  await owner.opens(friend);
  const friendsPage = owner.path;
  await stage.server.runs(["token", "create", friend.username, "--label", "backup on the home server, every night"]);
  yield page("user", owner, friendsPage);
  yield {
    name: "user-refused",
    person: owner,
    open: async () => {
      await owner.visits(friendsPage);
      await owner.deactivates({ until: "2001-01-01T00:00" });
    },
  };

  await owner.visits(friendsPage);
  await owner.forcesOut({ at: "2099-12-31T23:59", ...reasons });
  yield page("user-scheduled", owner, friendsPage);
  yield page("users-scheduled", owner, "/admin/users");
  yield page("staff-scheduled", owner, "/admin");

  await owner.visits(friendsPage);
  await owner.deactivates(reasons);
  yield page("user-deactivated", owner, friendsPage);
  yield page("users-deactivated", owner, "/admin/users");
  yield {
    name: "login-deactivated",
    person: friend,
    open: async () => {
      await friend.visits("/login");
      await friend.logsIn();
    },
  };

  yield* actsOnMany(owner);

  await owner.opens(owner);
  yield page("user-oneself", owner, owner.path);
  yield page("confirm", owner, "/confirm?next=%2Fadmin%2Fusers");
  yield* everyonesPages(owner, friendsPage);
}

function* actsOnMany(owner) {
  yield page("bulk", owner, "/admin/users/bulk?action=force-logout&scope=matching");
  yield page("bulk-nobody", owner, "/admin/users/bulk?action=deactivate&scope=ids");
  yield {
    name: "bulk-done",
    person: owner,
    open: async () => {
      await owner.visits("/admin/users");
      await owner.choosesFor("Force logout", ["grace", "edsger"]);
      await owner.confirms("Force logout", reasons);
    },
  };
}

function* everyonesPages(owner, friendsPage) {
  yield page("everyone", owner, "/admin/force-logout");
  yield {
    name: "everyone-refused",
    person: owner,
    open: () => owner.forcesEveryoneOut({ password: "not the password", ...reasons }),
  };
  yield {
    name: "role-refused",
    person: owner,
    open: async () => {
      await owner.visits(friendsPage);
      await owner.submits(`${friendsPage}/role`, { password: "not the password" });
    },
  };
  yield {
    name: "everyone-scheduled",
    person: owner,
    open: () => owner.forcesEveryoneOut({ at: "2099-12-31T23:59", ...reasons }),
  };
  yield { name: "everyone-done", person: owner, open: () => owner.forcesEveryoneOut(reasons) };
}

/** Shows what a person sees in one of the looks. */
export async function lookAt({ person }, { width, theme }) {
  await person.page.setViewportSize({ width, height: 900 });
  await person.page.emulateMedia({ colorScheme: theme });
}
