import { expect, test } from "vitest";
import { newAccount } from "../harness/account";
import { HttpWorker, newKey } from "../harness/keys";
import { Server } from "../harness/server";

test("what a worker takes is not simulated, also after restarts of the worker and of the server", async () => {
  const server = await Server.start({ env: { SIMULATE_SPEED: "1000" } });
  const owner = await newAccount(server);
  const key = (await newKey(owner, ["worker"])).key;
  const worker = new HttpWorker(server.client(), key, "box");
  expect((await worker.claim(["Resize"])).jobs, "the worker comes, finds nothing and goes").toEqual([]);

  const kept = await owner.submit("Resize", { priority: 100 });
  const simulated = await owner.submit("Anything else");
  await owner.jobThatIs("completed", simulated.id);
  // The simulation takes the most urgent job first, so it has passed this one by.
  expect(await owner.job(kept.id)).toMatchObject({ status: "pending", attempts: 0 });
  const explained = (await owner.get(`/api/jobs/${kept.id}/explain`)).body.data;
  expect(explained.reason, "the worker was there a moment ago").toBe("behind");

  await server.kill();
  const again = await server.again();
  const read = async (path: string) => (await again.client().get(path, { token: owner.accessToken })).body.data;
  const other = (await again.client().post("/api/jobs/submit", { type: "Anything else" }, { token: owner.accessToken })).body.data;
  await expect.poll(async () => (await read(`/api/jobs/${other.id}`)).status, { timeout: 10_000 }).toBe("completed");
  expect(await read(`/api/jobs/${kept.id}`)).toMatchObject({ status: "pending", attempts: 0 });
  expect((await read(`/api/jobs/${kept.id}/explain`)).reason, "left to a worker that is not back yet").toBe("no_worker");

  const back = new HttpWorker(again.client(), key, "box");
  const claimed = await back.claimOne("Resize");
  expect(claimed.id).toBe(kept.id);
  expect(await back.settle(claimed, "complete", { result: "real" })).toBe("ok");
  expect(await read(`/api/jobs/${kept.id}`)).toMatchObject({ status: "completed", result: "real" });
  await again.stop();
});
