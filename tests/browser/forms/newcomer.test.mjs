// What a newcomer does with Curfew on the first day, with and without scripts.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

const userReason = "Your laptop was reported lost.";
const staffReason = "Ticket 4711, reported by the night desk.";

for (const javaScriptEnabled of [true, false]) {
  const scripts = javaScriptEnabled ? "with scripts" : "without scripts";

  story(`staff end a friend's login, and the friend's next page says why, ${scripts}`, async (stage) => {
    const owner = await stage.owner({ javaScriptEnabled });
    assert.equal(owner.path, "/admin");

    const friend = await stage.newcomer("friend", { javaScriptEnabled });
    await friend.registers();
    assert.equal(friend.path, "/account");
    assert.ok(await friend.hasSessionCookie());

    await owner.opens(friend);
    assert.match(await owner.previewText(), /\b1 session\b/);
    await owner.forcesOut({ user_reason: userReason, staff_reason: staffReason });
    const page = await owner.pageText();
    assert.ok(page.includes(userReason) && page.includes(staffReason), "staff see both reasons");

    await friend.visits("/account/profile");
    assert.equal(friend.path, "/login");
    assert.equal(friend.next, "/account/profile");
    const [notice, ...more] = await friend.endNotices();
    assert.equal(notice?.reason, "forced-out");
    assert.ok(notice.words.includes(userReason), notice.words);
    assert.deepEqual(more, []);
    assert.ok(!(await friend.page.content()).includes(staffReason), "the staff reason must not reach the user");
    assert.ok(!(await friend.hasSessionCookie()), "the cookie is gone");

    await friend.reloads();
    assert.deepEqual(await friend.endNotices(), [], "the reason is shown only once");

    await friend.logsIn();
    assert.equal(friend.path, "/account/profile");
    await owner.follows("/admin/users");
    assert.equal(owner.path, "/admin/users", "staff stay logged in");
  });
}
