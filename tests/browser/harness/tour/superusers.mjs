// The superusers' view of bulk actions and of forcing everyone out.

import { userWithHistory } from "./history.mjs";
import { page, reasons } from "./sight.mjs";

/** Bulk actions, the superuser's own account, and forcing everyone out. */
export async function* superusersPages(stage, friendsName) {
  const owner = await stage.owner();
  const friend = await userWithHistory(stage, owner, friendsName);
  for (const name of ["grace", "edsger", "barbara"]) await stage.member(name);
  yield* bulkPages(owner);
  yield* reasonsPages(owner);

  await owner.opens(owner);
  yield page("user-oneself", owner, owner.path);
  yield page("confirm", owner, "/confirm?next=%2Fadmin%2Fusers");
  await owner.opens(friend);
  yield page("user-with-templates", owner, owner.path);
  yield* everyonesPages(owner, owner.path);
}

function* bulkPages(owner) {
  yield page("bulk", owner, "/admin/users/bulk?action=force-logout&scope=matching");
  yield page("paste", owner, "/admin/users/paste");
  yield {
    name: "paste-found",
    person: owner,
    open: async () => {
      await owner.visits("/admin/users/paste");
      await owner.submits("/admin/users/paste", { names: "grace, edsger\nnobody\ngrace" });
    },
  };
  yield page("bulk-nobody", owner, "/admin/users/bulk?action=deactivate&scope=ids");
  yield {
    name: "bulk-done",
    person: owner,
    open: async () => {
      await owner.visits("/admin/users");
      await owner.choosesFor("Force out", ["grace", "edsger"]);
      await owner.confirms("Force out", reasons);
    },
  };
}

function* reasonsPages(owner) {
  yield page("reasons-none", owner, "/admin/reasons");
  const add = async (title) => {
    await owner.visits("/admin/reasons");
    await owner.submits("/admin/reasons", { title, ...reasons });
  };
  yield { name: "reasons-added", person: owner, open: () => add("Lost laptop") };
  yield { name: "reasons-refused", person: owner, open: () => add("lost LAPTOP") };
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
