// Somebody of whom there is something to list.

import { reasons } from "./sight.mjs";

/** A user who mistyped a password, whose login staff have ended, and who is logged in again. */
export async function userWithHistory(stage, owner, username) {
  const user = await stage.member(username);
  await user.visits("/login");
  await user.submits("/login", { username, password: "not the password" });
  await user.logsIn();
  await owner.opens(user);
  await owner.forcesOut(reasons);
  await user.logsIn();
  return user;
}
