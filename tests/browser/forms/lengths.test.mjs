// Pasted text arrives complete: browsers count UTF-16 units, the site counts characters.

import assert from "node:assert/strict";

import { story } from "../harness/story.mjs";

const emoji = Array.from({ length: 100 }, (_, at) => String.fromCodePoint(0x1f400 + ((at * 37) % 100))).join("");

story("a password of 100 emoji is accepted, and no character of 150 is cut off", async (stage) => {
  const friend = await stage.newcomer("friend");
  await friend.visits("/register");
  await friend.pastes("/register", { username: "friend", email: friend.email, password: emoji, password_again: emoji });
  assert.equal(friend.path, "/account");
  await friend.logsOut();
  await friend.visits("/login");
  await friend.pastes("/login", { username: "friend", password: emoji });
  assert.equal(friend.path, "/account");

  await friend.visits("/account/password");
  const long = "pelican-harbour-".repeat(10).slice(0, 150);
  await friend.pastes("/account/password", { current_password: emoji, password: long, password_again: long });
  assert.match(await friend.pageText(), /at most 128 characters/);
});

story("a username of 64 characters of a rare script is accepted, and a longer one is shown again whole", async (stage) => {
  const friend = await stage.newcomer("friend");
  const { email, password } = friend;
  const name = "𐐨".repeat(64);
  await friend.visits("/register");
  await friend.pastes("/register", { username: `${name}𐐨`, email, password, password_again: password });
  assert.equal(await friend.field("username").inputValue(), `${name}𐐨`);
  await friend.visits("/register");
  await friend.pastes("/register", { username: name, email, password, password_again: password });
  assert.equal(friend.path, "/account");
});

story("a reason of 500 emoji is accepted, and the page says how many are too many", async (stage) => {
  const owner = await stage.owner();
  const friend = await stage.newcomer("friend");
  await friend.registers();
  await owner.opens(friend);
  const reason = "🦩".repeat(500);
  const form = owner.page.locator('form[action$="/force-logout"]');
  await owner.unfolds(form);
  const field = form.locator('[name="user_reason"]');
  await field.focus();
  await owner.page.keyboard.insertText(`${reason}🦩`);
  await form.getByText("1 character too many").waitFor();
  await owner.page.keyboard.press("Backspace");
  await form.getByText("0 characters left").waitFor();
  await owner.forcesOut({});
  assert.ok((await owner.pageText()).includes(reason));
});
