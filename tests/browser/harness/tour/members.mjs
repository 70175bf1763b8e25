// A member's view of their own account.

import { userWithHistory } from "./history.mjs";
import { page } from "./sight.mjs";

/** A member's pages, and those refused to members. */
export async function* membersPages(stage, friendsName) {
  const friend = await userWithHistory(stage, await stage.owner(), friendsName);
  yield page("home-logged-in", friend, "/");
  yield page("account", friend, "/account");
  yield {
    name: "account-attacked",
    person: friend,
    open: async () => {
      await stage.server.writes("UPDATE curfew_users SET attacked_at = last_login");
      await friend.visits("/account");
    },
  };
  yield page("profile", friend, "/account/profile");
  yield {
    name: "profile-email-waits",
    person: friend,
    open: async () => {
      await friend.visits("/account/profile");
      await friend.submits("/account/profile", { email: "another.address@example.org", password: friend.password });
    },
  };
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
