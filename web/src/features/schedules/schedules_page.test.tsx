import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { expectAccessible, openApp } from "@/test/app";
import { refusal } from "@/test/fake_server";
import { ada } from "@/test/sessions";
import type { Schedule } from "./model";

vi.mock("socket.io-client", async () => {
  const { FakeSocket } = await import("@/test/fake_socket");
  return { io: () => new FakeSocket() };
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const report: Schedule = {
  id: "0000000000000001",
  userId: ada.id,
  name: "Monday report",
  type: "Send report",
  cron: "0 9 * * mon",
  timeZone: "Europe/Berlin",
  overlap: "skip",
  missedFire: "once",
  paused: false,
  nextRuns: ["2026-06-01T07:00:00.000Z", "2026-06-08T07:00:00.000Z"],
  lastSkippedAt: "2026-05-25T07:00:00.000Z",
  lastSkipReason: "overlap",
};
const list = (...schedules: Schedule[]) => ({
  "GET /api/schedules": () => ({ body: { results: schedules.length, data: schedules } }),
});

describe("the schedules page", () => {
  it("says in words when each runs, and shows the next runs in its zone", async () => {
    openApp("/schedules", { user: ada, routes: list(report) });
    const line = (await screen.findByRole("heading", { name: "Monday report" })).closest("li") as HTMLElement;
    expect(line).toHaveTextContent("on Monday at 09:00, Europe/Berlin");
    expect(line).toHaveTextContent("the job before had not finished");
    const runs = within(within(line).getByRole("list", { name: "Next runs" })).getAllByRole("listitem");
    expect(runs.map((run) => run.textContent)).toEqual([
      expect.stringMatching(/09:00:00/),
      expect.stringMatching(/09:00:00/),
    ]);
    await expectAccessible();
  });

  it("pauses at once, and shows a refusal at the button", async () => {
    let shown = report;
    const { server } = openApp("/schedules", {
      user: ada,
      routes: {
        "GET /api/schedules": () => ({ body: { results: 1, data: [shown] } }),
        [`PATCH /api/schedules/${report.id}`]: () => {
          shown = { ...report, paused: true, nextRuns: [] };
          return { body: { data: shown } };
        },
        [`POST /api/schedules/${report.id}/run`]: () => ({
          status: 409,
          body: refusal("schedule_busy", "The job before has not finished"),
        }),
      },
    });
    await userEvent.click(await screen.findByRole("button", { name: "Pause Monday report" }));
    await screen.findByRole("button", { name: "Resume Monday report" });
    expect(screen.getByText("paused")).toBeVisible();
    expect(
      server.seen.some(({ method, path }) => method === "PATCH" && path === `/api/schedules/${report.id}`),
    ).toBe(true);
    await userEvent.click(screen.getByRole("button", { name: "Run now Monday report" }));
    expect(await screen.findByText("The job before has not finished")).toBeInTheDocument();
  });

  it("makes a schedule, with the server's sentence at its field when it is refused", async () => {
    let refused = true;
    const { path } = openApp("/schedules?new=true", {
      user: ada,
      routes: {
        ...list(),
        "POST /api/schedules/preview": () => ({ body: { data: { nextRuns: report.nextRuns } } }),
        "POST /api/schedules": () => {
          if (!refused) return { status: 201, body: { data: report } };
          refused = false;
          return {
            status: 400,
            body: refusal("validation_failed", "Validation failed", [
              { field: "cron", message: "The field is wrong" },
            ]),
          };
        },
      },
    });
    const form = within(await screen.findByRole("dialog"));
    expect(await form.findByRole("list", { name: "Next runs" })).toBeVisible();
    expect(form.getByText(/^every weekday at 09:00/)).toBeVisible();
    await userEvent.type(form.getByLabelText("Name"), "Monday report");
    await userEvent.type(form.getByLabelText("Type"), "Send report");
    await userEvent.click(form.getByRole("button", { name: "Make schedule" }));
    await waitFor(() => expect(form.getByLabelText("Cron")).toBeInvalid());
    expect(form.getByLabelText("Cron")).toHaveAccessibleDescription(/The field is wrong/);
    await userEvent.click(form.getByRole("button", { name: "Make schedule" }));
    await waitFor(() => expect(path()).toBe("/schedules"));
  });
});
