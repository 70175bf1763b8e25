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
