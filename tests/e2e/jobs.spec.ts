import { newAccount } from "../harness/account";
import { until } from "../harness/until";
import { anotherPage, expect, indicator, row, signIn, submitJob, test } from "./stories";

test("a job that fails once is retried, and its page shows both attempts", async ({ page, user }) => {
  await signIn(page, user);
  const id = await submitJob(page, "Send invoice", { toggle: "Fail once", priority: 7 });
  await expect(row(page, id)).toContainText("completed");
  await row(page, id).getByRole("link", { name: "Send invoice" }).click();
  await expect(page).toHaveURL(new RegExp(`/jobs/${id}$`));
  await expect(page.getByText("Simulated failure of the first attempt").first()).toBeVisible();
  expect(await user.job(id)).toMatchObject({ status: "completed", retries: 1, priority: 7, data: { failOnce: true } });
});

test("a job that always fails ends failed, and can be retried by hand", async ({ page, user }) => {
  const failed = await user.submit("Send invoice", { data: { shouldFail: true }, maxRetries: 0 });
  await signIn(page, user);
  await expect(row(page, failed.id)).toContainText("failed");
  await row(page, failed.id).getByRole("button", { name: /retry/i }).click();
  await until("it ran again", async () => (await user.job(failed.id)).attemptsLog.length > 1);
});

test("a waiting job is cancelled from its row", async ({ page, user }) => {
  const job = await user.submit("Not today", { delayMs: 3_600_000 });
  await signIn(page, user);
  await row(page, job.id).getByRole("button", { name: /cancel/i }).click();
  await expect(row(page, job.id)).toContainText("cancelled");
  expect((await user.job(job.id)).status).toBe("cancelled");
});

test("many jobs are filtered by tag, ticked, cancelled and retried together", async ({ page, user }) => {
  const waiting = (tag: string) => user.submit("Not today", { delayMs: 3_600_000, tags: [tag] });
  const [first, second, other] = [await waiting("old"), await waiting("old"), await waiting("new")];
  await signIn(page, user);
  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByLabel("Tag").fill("old");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(/tag=old/);
  await expect(row(page, other.id)).toHaveCount(0);
  await page.getByLabel("Select all jobs of this page").check();
  await page.getByRole("button", { name: "Cancel jobs" }).click();
  await expect(page.getByRole("region", { name: "Selected jobs" })).toContainText("2 jobs cancelled");
  await expect(row(page, first.id)).toContainText("cancelled");
  expect((await user.job(other.id)).status).toBe("pending");

  await row(page, second.id).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Retry jobs" }).click();
  await expect(page.getByRole("region", { name: "Selected jobs" })).toContainText("1 job waits to run again");
  await until("it ran", async () => (await user.job(second.id)).status === "completed");
  expect((await user.job(first.id)).status).toBe("cancelled");
});

test("wrong JSON is told at the field, and big numbers keep their digits", async ({ page, user, server }) => {
  await signIn(page, user);
  await page.getByRole("button", { name: "New job" }).first().click();
  const drawer = page.getByRole("dialog");
  await drawer.getByLabel("Type").fill("Exact");
  await drawer.getByLabel("Data").fill('{"n": 1,}');
  await drawer.getByRole("button", { name: "Submit job" }).click();
  await expect(drawer.getByText(/comma/i).first()).toBeVisible();
  await drawer.getByLabel("Data").fill('{"n": 12345678901234567890123}');
  const [response] = await Promise.all([
    page.waitForResponse((one) => one.url().endsWith("/api/jobs/submit")),
    drawer.getByRole("button", { name: "Submit job" }).click(),
  ]);
  const { id } = (await response.json()).data;
  const { text } = await server.client().get(`/api/jobs/${id}`, { token: user.accessToken });
  expect(text).toContain("12345678901234567890123");
  await page.goto(`/jobs/${id}`);
  await expect(page.getByText("12345678901234567890123").first()).toBeVisible();
});

test("two users: neither sees anything of the other, not even by address", async ({ page, user, server }) => {
  const other = await newAccount(server);
  const secret = await user.submit("Only for the first");
  await signIn(page, user);
  const foreign = await anotherPage(page);
  await signIn(foreign, other);

  await expect(page.getByText("Only for the first")).toBeVisible();
  const own = await submitJob(foreign, "Only for the second");
  const later = await submitJob(page, "Also only for the first");
  await expect(row(page, later)).toContainText("completed");
  await expect(row(foreign, own)).toContainText("completed");
  await expect(row(foreign, secret.id)).toBeHidden();
  await expect(row(foreign, later)).toBeHidden();
  await expect(row(page, own)).toBeHidden();

  await foreign.goto(`/jobs/${secret.id}`);
  await expect(foreign.getByText(/not found|no such|does not exist/i).first()).toBeVisible();
  await expect(foreign.getByText("Only for the first")).toBeHidden();
  await foreign.goto("/all-jobs");
  await expect(foreign.getByText("Only for the first")).toBeHidden();
});

test("switching accounts in one browser shows nothing of the one before", async ({ page, user, server }) => {
  const other = await newAccount(server);
  await user.submit("Of the one before");
  await signIn(page, user);
  await expect(page.getByText("Of the one before")).toBeVisible();
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page, other);
  await expect(page.getByText("Of the one before")).toBeHidden();
  const id = await submitJob(page, "Of the one after");
  await expect(row(page, id)).toContainText("completed");
  await expect(page.locator("[data-job-id]")).toHaveCount(1);
});

test("an admin sees everybody's jobs with their owners; a user has no such page", async ({ page, user, admin, server }) => {
  const other = await newAccount(server);
  const jobs = [await user.submit("Of one user"), await other.submit("Of another user")];
  await signIn(page, admin);
  await page.getByRole("link", { name: "All jobs" }).click();
  await expect(row(page, jobs[0].id)).toContainText(user.email);
  await expect(row(page, jobs[1].id)).toContainText(other.email);
  await row(page, jobs[0].id).getByRole("link", { name: "Of one user" }).click();
  await expect(page.getByText(jobs[0].id).first()).toBeVisible();

  const plain = await anotherPage(page);
  await signIn(plain, user);
  await expect(plain.getByRole("link", { name: "All jobs" })).toBeHidden();
});

test("becoming an admin needs no new sign-in", async ({ page, user, server }) => {
  await signIn(page, user);
  await expect(page.getByRole("link", { name: "All jobs" })).toBeHidden();
  expect((await server.command("user", "role", user.email, "admin")).code).toBe(0);
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("link", { name: "All jobs" })).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 10_000 });
});

test("without websockets and polling transports the page polls, says so, and still shows progress", async ({ page, user }) => {
  await page.routeWebSocket(/\/socket\.io\//, (socket) => socket.close());
  await page.route("**/socket.io/**", (route) => route.abort());
  await signIn(page, user);
  await expect(indicator(page)).toHaveText("polling");
  const id = await submitJob(page, "Watched by polling");
  await expect(row(page, id)).toContainText("completed");
  expect((await user.job(id)).status).toBe("completed");
});

test("with websockets blocked it is live over the polling transport", async ({ page, user }) => {
  await page.routeWebSocket(/\/socket\.io\//, (socket) => socket.close());
  await signIn(page, user);
  await expect(indicator(page)).toHaveText("live");
});

test("when the server goes away the page says so, and comes back by itself", async ({ page, context, user }) => {
  await signIn(page, user);
  await expect(indicator(page)).toHaveText("live");
  const job = await user.submit("Seen after the return", { delayMs: 3_600_000 });
  await expect(row(page, job.id)).toBeVisible();
  await context.setOffline(true);
  await page.routeWebSocket(/\/socket\.io\//, (socket) => socket.close());
  await expect(indicator(page)).not.toHaveText("live", { timeout: 45_000 });
  await context.setOffline(false);
  await expect(indicator(page)).toHaveText("live", { timeout: 30_000 });
});

test("filters live in the address and survive a reload", async ({ page, user }) => {
  await user.submit("Make coffee", { delayMs: 3_600_000 });
  const failed = await user.submit("Send invoice", { data: { shouldFail: true }, maxRetries: 0 });
  await user.jobThatIs("failed", failed.id);
  await signIn(page, user);
  await page.getByRole("group", { name: "Status" }).getByRole("button", { name: /failed/ }).click();
  await expect(page.locator("[data-job-id]")).toHaveCount(1);
  await page.reload();
  await expect(page).toHaveURL(/failed/);
  await expect(page.locator("[data-job-id]")).toHaveCount(1);
  await expect(row(page, failed.id)).toBeVisible();
});

test("the address of a job works on reload, and after signing in", async ({ page, user }) => {
  const job = await user.submit("Deep link");
  await signIn(page, user);
  await page.goto(`/jobs/${job.id}`);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Deep link" })).toBeVisible();

  const fresh = await anotherPage(page);
  await fresh.goto(`/jobs/${job.id}`);
  await fresh.getByLabel("Email").fill(user.email);
  await fresh.getByLabel("Password", { exact: true }).fill("violet tram 93 orchard");
  await fresh.getByRole("button", { name: "Sign in" }).click();
  await expect(fresh.getByRole("heading", { name: "Deep link" })).toBeVisible();
});
