// What visitors see who are not logged in.

import { page, reasons } from "./sight.mjs";

/** The site before and after it is set up, up to a login that staff have ended. */
export async function* visitorsPages(stage, friendsName) {
  const visitor = await stage.newcomer("visitor");
  yield page("setup", visitor, "/setup");
  const owner = await stage.owner();
  const friend = await stage.member(friendsName);
  yield page("home", visitor, "/");
  yield page("login", visitor, "/login");
  yield page("register", visitor, "/register");
  yield page("not-found", visitor, "/no-such-page");
  yield page("forgotten", visitor, "/password/forgot");
  yield page("forgotten-sent", visitor, "/password/forgot?sent");
  yield page("verify-again", visitor, "/email/verify");
  yield page("dead-link", visitor, `/password/reset/${"a".repeat(32)}`);
  yield* linksPages(stage, visitor, friend);

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
  yield loginAfterForceLogout(owner, friend);
}

/** The pages of the links in letters. */
async function* linksPages(stage, visitor, friend) {
  await visitor.visits("/password/forgot");
  await visitor.submits("/password/forgot", { email: friend.email });
  const { link } = await stage.server.letter(friend.email, "reset-password");
  yield page("reset-password", visitor, link);
  yield {
    name: "reset-refused",
    person: visitor,
    open: async () => {
      await visitor.visits(link);
      await visitor.submitsHere({ password: "password123", password_again: "password123" });
    },
  };
  await stage.server.writes("UPDATE curfew_users SET email_verified_at = NULL");
  await visitor.visits("/email/verify");
  await visitor.submits("/email/verify", { email: friend.email });
  yield page("verify-email", visitor, (await stage.server.letter(friend.email, "verify-email")).link);
  // The first login of an account sends no letter.
  for (const browser of [await stage.browser(), await stage.browser()]) await friend.in(browser).logsIn();
  yield page("not-me", visitor, (await stage.server.letter(friend.email, "new-login")).link);
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
