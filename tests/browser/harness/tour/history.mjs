// A user whose lists are not empty.

import { reasons } from "./sight.mjs";

/** A user who mistyped a password, was forced out by staff, and is logged in again. */
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
