import { test as base, expect, type Page } from "@playwright/test";
import { type Account, newAccount, newAdmin, PASSWORD } from "../harness/account";
import { Server } from "../harness/server";

export { expect };
export { PASSWORD };

/** Fast enough not to wait, slow enough to see a job run: "Fast Task" takes 0.4 s, others 1 s. */
const SIMULATE_SPEED = "5";

/** One server for the tests of a worker; each test makes accounts of its own. */
export const test = base.extend<{ user: Account; admin: Account }, { server: Server }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures
    async ({}, use) => {
      const server = await Server.start({ env: { SIMULATE_SPEED } });
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  user: async ({ server }, use) => use(await newAccount(server)),
  admin: async ({ server }, use) => use(await newAdmin(server)),
  // A page that fails without a word is a fault, too.
  page: async ({ page }, use) => {
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(message.text())) faults.push(message.text());
    });
    await use(page);
    expect(faults, "no errors in the browser's console").toEqual([]);
  },
});

export async function signIn(page: Page, account: { email: string }, password = PASSWORD): Promise<void> {
  await page.goto("/sign-in");
  await fillIn(page, account.email, password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "New job" })).toBeVisible();
}

export async function fillIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
}

/** Submits in the drawer; returns the id of the new job. */
export async function submitJob(page: Page, type: string, more: { priority?: number; toggle?: string; data?: string } = {}): Promise<string> {
  await page.getByRole("button", { name: "New job" }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByLabel("Type").fill(type);
  if (more.data !== undefined) await drawer.getByLabel("Data").fill(more.data);
  if (more.priority !== undefined) await drawer.getByLabel("Priority").fill(String(more.priority));
  if (more.toggle !== undefined) await drawer.getByRole("switch", { name: more.toggle }).click();
  const [response] = await Promise.all([
    page.waitForResponse((one) => one.url().endsWith("/api/jobs/submit")),
    drawer.getByRole("button", { name: "Submit job" }).click(),
  ]);
  expect(response.status()).toBe(202);
  await expect(drawer).toBeHidden();
  return (await response.json()).data.id;
}

export function row(page: Page, id: string) {
  return page.locator(`[data-job-id="${id}"]`);
}

export function indicator(page: Page) {
  return page.getByRole("status").filter({ hasText: /^(live|polling|offline)$/ });
}

/** Another browser: nothing is shared with the one of the test. */
export async function anotherPage(page: Page): Promise<Page> {
  const browser = page.context().browser();
  if (browser === null) throw new Error("no browser");
  const context = await browser.newContext({ baseURL: new URL(page.url() === "about:blank" ? "http://127.0.0.1" : page.url()).origin });
  return context.newPage();
}
