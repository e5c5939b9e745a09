import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import type { Account } from "../harness/account";
import { expect, signIn, test } from "./stories";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const PUBLIC_PAGES = ["/sign-in", "/sign-up", "/check-mail?email=a%40example.com", "/forgot", "/verify/some-token", "/reset/some-token"];
const SIGNED_IN_PAGES = ["/", "/?new=true", "/jobs/ID", "/all-jobs", "/schedules", "/schedules?new=true", "/all-schedules", "/rooms", "/rooms?room=lobby", "/account", "/nowhere"];

interface Violation {
  id: string;
  help: string;
  nodes: { html: string; failureSummary?: string }[];
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(
    // The page has axe now; its types are of no use there.
    () => (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe.run().then((result) => result.violations),
  );
  return found.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${violation.help}: ${node.html}`));
}

async function horizontalScroll(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

async function jobsOf(admin: Account): Promise<string> {
  const failed = await admin.submit("Send invoice", { data: { shouldFail: true, note: "x".repeat(200) }, maxRetries: 0 });
  await admin.submit(`A very long type without spaces ${"x".repeat(80)}`, { delayMs: 3_600_000, priority: 123456789 });
  const done = await admin.submit("Fast Task");
  await admin.jobThatIs("completed", done.id);
  return failed.id;
}

/** Nothing is loading any more. */
async function settled(page: Page): Promise<void> {
  await expect(page.getByRole("heading").first()).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
}

for (const scheme of ["light", "dark"] as const) {
  test(`every page without sign-in, ${scheme}: axe finds nothing, and 375 px are wide enough`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const path of PUBLIC_PAGES) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(path);
      await settled(page);
      expect.soft(await violations(page), path).toEqual([]);
      await page.setViewportSize({ width: 375, height: 700 });
      expect.soft(await horizontalScroll(page), `${path} at 375 px`).toBe(0);
      expect.soft(await violations(page), `${path} at 375 px`).toEqual([]);
    }
  });

  test(`every page with sign-in, ${scheme}: axe finds nothing, and 375 px are wide enough`, async ({ page, admin }) => {
    test.setTimeout(120_000);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    const id = await jobsOf(admin);
    await signIn(page, admin);
    for (const path of SIGNED_IN_PAGES) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(path.replace("ID", id));
      await settled(page);
      expect.soft(await violations(page), path).toEqual([]);
      await page.setViewportSize({ width: 375, height: 700 });
      expect.soft(await horizontalScroll(page), `${path} at 375 px`).toBe(0);
      expect.soft(await violations(page), `${path} at 375 px`).toEqual([]);
    }
  });
}

test("every page comes from this server alone, and keeps to its content security policy", async ({ page, admin, server }) => {
  const foreign: string[] = [];
  const refused: string[] = [];
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).host !== new URL(server.url).host) foreign.push(request.url());
  });
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) refused.push(message.text());
  });
  const id = await jobsOf(admin);
  await signIn(page, admin);
  for (const path of SIGNED_IN_PAGES) {
    await page.goto(path.replace("ID", id));
    await settled(page);
  }
  expect(foreign).toEqual([]);
  expect(refused).toEqual([]);
});

test("the keyboard alone signs in and submits a job", async ({ page, user }) => {
  await page.goto("/sign-in");
  await page.getByLabel("Email").focus();
  await page.keyboard.type(user.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type("violet tram 93 orchard");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "New job" }).first()).toBeVisible();
  await page.keyboard.press("n");
  const type = page.getByRole("dialog").getByLabel("Type");
  await expect(type).toBeFocused();
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("link", { name: "By keyboard" })).toBeVisible();
});

test("the first load needs less than 250 KB of compressed scripts", async ({ page }) => {
  let bytes = 0;
  page.on("response", async (response) => {
    if (response.request().resourceType() === "script") bytes += Number(response.headers()["content-length"] ?? Number.NaN);
  });
  await page.goto("/sign-in", { waitUntil: "networkidle" });
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(250_000);
});
