import { newEmail } from "../harness/account";
import { expect, fillIn, indicator, PASSWORD, row, signIn, submitJob, test } from "./stories";

const NEW_PASSWORD = "copper 47 lantern drizzle";

test("sign up → verify by the printed link → sign in → submit → progress → completed", async ({ page, server }) => {
  const email = newEmail("story");
  const mark = server.stdout.length;
  await page.goto("/");
  await page.getByRole("link", { name: "Create an account" }).click();
  await fillIn(page, email, PASSWORD);
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByText(email)).toBeVisible();

  await page.goto("/sign-in");
  await fillIn(page, email, PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert").or(page.getByText(/not (yet )?(verified|confirmed)/i)).first()).toBeVisible();

  const token = await server.linkToken("verify", mark);
  await page.goto(`/verify/${token}`);
  await page.getByRole("button", { name: "Confirm my address" }).click();
  await fillIn(page, email, PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();

  await expect(page.getByRole("button", { name: "New job" }).first()).toBeVisible();
  await expect(indicator(page)).toHaveText("live");
  const id = await submitJob(page, "Render video");
  await expect(row(page, id)).toContainText(/processing/);
  await expect(row(page, id).getByRole("progressbar")).toBeVisible();
  await expect(row(page, id)).toContainText("completed");
});

test("opening the verification link consumes nothing; the click does", async ({ page, server }) => {
  const email = newEmail("click");
  const mark = server.stdout.length;
  await server.client().post("/api/auth/signup", { email, password: PASSWORD });
  const token = await server.linkToken("verify", mark);
  for (let times = 0; times < 3; times += 1) {
    await page.goto(`/verify/${token}`);
    await expect(page.getByRole("button", { name: "Confirm my address" })).toBeVisible();
  }
  await page.getByRole("button", { name: "Confirm my address" }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await page.goto(`/verify/${token}`);
  await page.getByRole("button", { name: "Confirm my address" }).click();
  await expect(page.getByRole("heading", { name: "This link does not work" })).toBeVisible();
});

test("a forgotten password is reset with the printed link", async ({ page, server, user }) => {
  const mark = server.stdout.length;
  await page.goto("/sign-in");
  await page.getByRole("link", { name: /forgot/i }).click();
  await page.getByLabel("Email").fill(user.email);
  await page.getByRole("button", { name: "Send reset link" }).click();
  const token = await server.linkToken("reset", mark);

  await page.goto(`/reset/${token}`);
  await page.getByLabel("New password").fill("12345678");
  await page.getByRole("button", { name: "Set new password" }).click();
  await expect(page.getByLabel("New password")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("New password").fill(NEW_PASSWORD);
  await page.getByRole("button", { name: "Set new password" }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();

  await fillIn(page, user.email, PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await fillIn(page, user.email, NEW_PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "New job" }).first()).toBeVisible();
});

test("changing the password keeps this browser signed in", async ({ page, user }) => {
  await signIn(page, user);
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByLabel("Current password").fill(PASSWORD);
  await page.getByLabel("New password").fill(NEW_PASSWORD);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Your password is changed.")).toBeVisible();
  await page.reload();
  await expect(page.getByText(user.email).first()).toBeVisible();
  expect((await user.get("/api/auth/me")).status, "the other session has ended").toBe(401);
});

test("signing out here signs out the other tab, and nothing of the account is left", async ({ page, context, user }) => {
  await user.submit("Secret work");
  await signIn(page, user);
  const tab = await context.newPage();
  await tab.goto("/");
  await expect(tab.getByText("Secret work")).toBeVisible();
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  for (const one of [page, tab]) {
    await expect(one.getByRole("button", { name: "Sign in" })).toBeVisible();
    await expect(one.getByText("Secret work")).toBeHidden();
  }
  await page.reload();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
});

test("several tabs stay signed in after a reload of all of them at once", async ({ page, context, user }) => {
  await signIn(page, user);
  const tabs = [page, await context.newPage(), await context.newPage(), await context.newPage()];
  for (let times = 0; times < 3; times += 1) {
    await Promise.all(tabs.map((tab) => tab.goto("/account")));
    for (const tab of tabs) await expect(tab.getByRole("button", { name: "Sign out" })).toBeVisible();
  }
});

test("the tokens are out of the reach of scripts", async ({ page, context, user }) => {
  await signIn(page, user);
  const cookies = await context.cookies();
  expect(cookies.map((cookie) => [cookie.httpOnly, cookie.sameSite])).toEqual([[true, "Strict"]]);
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  expect(stored).not.toMatch(/eyJ/);
  expect(stored).not.toContain(cookies[0]?.value);
});
