import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "@playwright/test";
import { type Account, newAccount, PASSWORD } from "../harness/account";
import { Server } from "../harness/server";
import { until } from "../harness/until";

const FOLDER = join(import.meta.dirname, "../../docs/images");

/** A list as somebody sees it in the middle of a day. */
async function fill(account: Account): Promise<void> {
  const done = [
    { type: "Import contacts", data: { rows: 1840 } },
    { type: "Resize images", data: { album: "Harbour" } },
    { type: "Nightly report", data: { day: "Monday" } },
    { type: "Send invoice", data: { invoice: 2041, failOnce: true } },
  ];
  const jobs = [];
  for (const { type, data } of done) jobs.push(await account.submit(type, { data }));
  const failed = await account.submit("Charge card", { data: { order: 7731, shouldFail: true }, maxRetries: 0 });
  for (const job of jobs) await account.jobThatIs("completed", job.id, 60_000);
  await account.jobThatIs("failed", failed.id);
  const cancelled = await account.submit("Export archive", { delayMs: 3_600_000 });
  await account.post(`/api/jobs/${cancelled.id}/cancel`);
}

test("the list of jobs, light and dark", async ({ browser }) => {
  mkdirSync(FOLDER, { recursive: true });
  const quick = await Server.start({ env: { SIMULATE_SPEED: "2" } });
  const account = await newAccount(quick, "maria@example.com");
  await fill(account);
  await quick.stop();

  const server = await quick.again({ env: { SIMULATE_SPEED: "0.2" } });
  const again = Object.assign(Object.create(Object.getPrototypeOf(account)), account, { client: server.client() }) as Account;
  await again.submit("Render video", { data: { clip: "harbour.mov" }, priority: 5 });
  await again.submit("Train model", { priority: 1 });
  await again.submit("Fast Task");
  await until("the video is under way", async () => (await again.get("/api/jobs?status=processing")).body.data[0]?.progress >= 40, 60_000);

  for (const colorScheme of ["light", "dark"] as const) {
    const context = await browser.newContext({ baseURL: server.url, colorScheme, viewport: { width: 1280, height: 760 }, deviceScaleFactor: 1.5 });
    const page = await context.newPage();
    await page.goto("/sign-in");
    await page.getByLabel("Email").fill(account.email);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "Render video" }).waitFor();
    await page.getByRole("status").filter({ hasText: "live" }).waitFor();
    await page.mouse.move(0, 0);
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: join(FOLDER, `jobs-${colorScheme}.png`), animations: "disabled" });
    await context.close();
  }
  await server.stop();
});
