import { expect, signIn, test } from "./stories";

test("a schedule is made, seen in words with its next runs, run by hand, paused and deleted", async ({ page, user }) => {
  await signIn(page, user);
  await page.getByRole("link", { name: "Schedules" }).click();
  await page.getByRole("button", { name: "New schedule" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("Name").fill("Morning report");
  await form.getByLabel("Cron").fill("99 9 * * *");
  await expect(form.getByText("99 is not between 0 and 59")).toBeVisible();
  await form.getByLabel("Cron").fill("30 9 * * 1-5");
  await expect(form.getByText(/^every weekday at 09:30/)).toBeVisible();
  await expect(form.getByRole("list", { name: "Next runs" }).getByRole("listitem")).toHaveCount(5);
  await form.getByLabel("Type").fill("Fast Task");
  await form.getByRole("button", { name: "Make schedule" }).click();

  const line = page.getByRole("list", { name: "Schedules" }).getByRole("listitem").filter({ hasText: "Morning report" });
  await expect(line).toContainText("every weekday at 09:30");
  await expect(line.getByRole("list", { name: "Next runs" })).toContainText("09:30:00");

  await page.getByRole("button", { name: "Run now Morning report" }).click();
  await line.getByRole("link", { name: /now|ago/ }).click();
  await expect(page.getByRole("heading", { name: "Fast Task" })).toBeVisible();
  await page.goBack();

  await page.getByRole("button", { name: "Pause Morning report" }).click();
  await expect(line.getByText("paused")).toBeVisible();
  await page.getByRole("button", { name: "Resume Morning report" }).click();
  await expect(line.getByRole("list", { name: "Next runs" })).toBeVisible();
  await page.getByRole("button", { name: "Delete Morning report" }).click();
  await expect(page.getByText("No schedules yet")).toBeVisible();
});
