// How the bench talks to a peer: one message { number, command, parameters } at a time, answered when it is done.

/** What every job of a bench carries, of every engine that is measured. */
export const JOB_DATA = { order: 4711, to: "somebody@example.com", template: "receipt" };

export const address = process.argv[2];

export function serve(commands) {
  process.on("message", async ({ number, command, parameters }) => {
    try {
      process.send({ number, answer: (await commands[command](parameters)) ?? null });
    } catch (error) {
      process.send({ number, error: error.stack ?? String(error) });
    }
  });
  process.once("disconnect", () => process.exit(0));
}

/** Calls `send` for batches until `jobs` have been sent, with so many calls under way. */
export async function inFlight(calls, jobs, batch, send) {
  let left = jobs;
  const flow = async () => {
    while (left > 0) {
      const size = Math.min(batch, left);
      left -= size;
      await send(size);
    }
  };
  await Promise.all(Array.from({ length: calls }, flow));
}
