// The staff's view of users, sessions and events.

import { userWithHistory } from "./history.mjs";
import { page, reasons } from "./sight.mjs";

/** The lists, full and empty, and a user's page in each state. */
export async function* staffPages(stage, friendsName) {
  const owner = await stage.owner();
  const friend = await userWithHistory(stage, owner, friendsName);
  for (const name of ["grace", "edsger", "barbara"]) await stage.member(name);
  yield page("staff", owner, "/admin");
  yield page("users", owner, "/admin/users");
  yield page("users-none", owner, "/admin/users?q=nobody-is-called-this");
  yield page("site-sessions", owner, "/admin/sessions");
  yield page("site-sessions-hundred", owner, "/admin/sessions?per_page=100");
  yield page("site-sessions-all", owner, "/admin/sessions?state=all");
  yield page("end-logins", owner, "/admin/sessions/bulk?action=end&scope=matching");
  yield page("end-logins-none", owner, "/admin/sessions/bulk?action=end&scope=ids");
  yield page("events", owner, "/admin/events");
  yield page("events-address-refused", owner, "/admin/events?address=192.0.2");
  yield page("event", owner, "/admin/events/1");
  yield page("events-none", owner, "/admin/events?q=nobody-is-called-this");
  yield page("letters", owner, "/admin/mail");
  yield page("site-sessions-none", owner, "/admin/sessions?q=nobody-is-called-this");

  yield page("find", owner, "/admin/find?q=r");
  yield page("find-none", owner, "/admin/find?q=nobody-is-called-this");
  yield page("find-nothing-yet", owner, "/admin/find");
  yield {
    name: "finder-lists",
    person: owner,
    open: async () => {
      await owner.visits("/admin");
      await owner.finds("r");
      await owner.page.getByRole("option").first().waitFor();
    },
  };

  await owner.opens(friend);
  const friendsPage = owner.path;
  await stage.server.runs(["token", "create", friend.username, "--label", "backup on the home server, every night"]);
  yield page("user", owner, friendsPage);
  yield page("user-sessions", owner, `${friendsPage}/sessions`);
  yield page("user-tokens", owner, `${friendsPage}/tokens`);
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
}
