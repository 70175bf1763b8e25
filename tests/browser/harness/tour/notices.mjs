// The notices that an open page shows by itself when its login ends.

import { Streams } from "../streams.mjs";
import { reasons } from "./sight.mjs";

/** Before and after the end, and with the typed text restored. */
export async function* pagesWithEndNotice(stage, friendsName) {
  const owner = await stage.owner();
  const friend = await stage.member(friendsName);
  await friend.logsIn();
  const streams = new Streams(friend.page.context());
  yield {
    name: "notice-ends",
    person: friend,
    open: async () => {
      await owner.opens(friend);
      await owner.schedulesForceLogout(new Date(Date.now() + 4 * 60_000), reasons);
      await friend.visits("/account/profile");
      await friend.page.getByRole("timer").waitFor();
    },
  };
  yield {
    name: "notice-ended",
    person: friend,
    open: async () => {
      if (friend.path === "/login" || (await friend.endNotices()).length > 0) await friend.logsIn();
      await friend.visits("/account/profile");
      await streams.are(1);
      await owner.opens(friend);
      await owner.forcesOut(reasons);
      await friend.waitsForEndNotice();
    },
  };
  yield {
    name: "notice-again",
    person: friend,
    open: async () => {
      const other = await friend.opensTab();
      await other.logsIn();
      await friend.page.getByText("is logged in again").waitFor();
      await other.page.close();
    },
  };
  const expiresWhileTyping = async () => {
    if (friend.path === "/login" || (await friend.endNotices()).length > 0) await friend.logsIn();
    await friend.visits("/account/profile");
    await streams.are(1);
    await friend.field("email").fill("someone.else@example.org");
    await stage.expires(friend);
    await friend.waitsForEndNotice();
  };
  yield { name: "notice-expired", person: friend, open: expiresWhileTyping };
  yield {
    name: "draft-back",
    person: friend,
    open: async () => {
      await expiresWhileTyping();
      await friend.page.getByRole("link", { name: "Log in again" }).click();
      await friend.page.waitForURL("**/login?**");
      await friend.logsIn();
      await friend.page.getByText("has been filled in again").waitFor();
    },
  };
}
