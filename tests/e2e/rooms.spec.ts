import type { Page } from "@playwright/test";
import { newAccount } from "../harness/account";
import { Live } from "../harness/live";
import { anotherPage, expect, signIn, test } from "./stories";

async function join(page: Page, room: string): Promise<void> {
  await page.getByRole("link", { name: "Rooms" }).click();
  await page.getByLabel("Room", { exact: true }).fill(room);
  await page.getByRole("button", { name: "Join" }).click();
  await expect(page.getByRole("region", { name: `Room ${room}` })).toBeVisible();
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

const messages = (page: Page) => page.getByRole("log");

test("two browsers chat in a room", async ({ page, user, server }) => {
  const room = `lobby-${user.id}`;
  const other = await newAccount(server);
  await signIn(page, user);
  const second = await anotherPage(page);
  await signIn(second, other);
  await join(page, room);
  await join(second, room);
  await say(page, "Hello over there");
  await expect(messages(second)).toContainText("Hello over there");
  await say(second, "Hello yourself <b>☀</b>");
  await expect(messages(page)).toContainText("Hello yourself <b>☀</b>");
  await expect(messages(page).getByText("Hello over there")).toHaveCount(1);
});

test("what is said in another room is not heard here", async ({ page, user, server }) => {
  await signIn(page, user);
  await join(page, `here-${user.id}`);
  const outsider = await Live.connect(server);
  await outsider.ask("joinRoom", `there-${user.id}`);
  await outsider.ask("sendMessage", { roomId: `there-${user.id}`, message: "not for you" });
  await outsider.ask("joinRoom", `here-${user.id}`);
  await outsider.ask("sendMessage", { roomId: `here-${user.id}`, message: "for you" });
  await expect(messages(page)).toContainText("for you");
  await expect(messages(page)).not.toContainText("not for you");
  outsider.close();
});

test("a room of the server is refused where it was asked for", async ({ page, user }) => {
  await signIn(page, user);
  await page.getByRole("link", { name: "Rooms" }).click();
  await page.getByLabel("Room", { exact: true }).fill(`user:${user.id}`);
  await page.getByRole("button", { name: "Join" }).click();
  await expect(page.getByLabel("Room", { exact: true })).toHaveAttribute("aria-invalid", "true");
});
