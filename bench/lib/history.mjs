// A database with millions of jobs, written straight into the file of a server that has stopped.
const USERS = 1_000;
const BLOCK = 1_000; // jobs per millisecond of their ids
const JSON_DATA = `{"order":4711,"to":"somebody@example.com","template":"receipt"}`;

/** The signed-in account of `server` has the thousandth part of them, 999 others the rest. */
export async function fillHistory(server, finished, waiting) {
  const all = finished + waiting;
  const begin = Date.now() - Math.ceil(all / BLOCK) - 60_000;
  const owner = (number) => `CASE ${number} % ${USERS} WHEN 0 THEN x'${server.userId}' ELSE CAST(printf('%012d', ${number} % ${USERS}) AS BLOB) END`;
  const made = `(${begin} + value / ${BLOCK})`;
  const done = `value < ${finished}`;
  await server.sql(`
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -400000;
    DROP INDEX jobs_by_user;
    INSERT INTO jobs (id, status, user_id, type, priority, completed_at, fence, revision, attempts, retries, max_retries, crashes, progress,
                      created_at, updated_at, started_at, worker, result, data)
      SELECT (${made} << 22) | (value % ${BLOCK}), CASE WHEN NOT ${done} THEN 0 WHEN value % 100 = 0 THEN 3 ELSE 2 END, ${owner("value")}, 'bench', 0,
             CASE WHEN ${done} THEN ${made} + 5 END, ${done}, CASE WHEN ${done} THEN 2 ELSE 0 END, ${done}, 0, 3, 0,
             CASE WHEN ${done} THEN 100 ELSE 0 END, ${made}, ${made} + 5, CASE WHEN ${done} THEN ${made} + 1 END,
             CASE WHEN ${done} THEN 'bench-0' END, CASE WHEN ${done} THEN '{"sent":true}' END, '${JSON_DATA}'
      FROM generate_series(0, ${all - 1});
    CREATE INDEX jobs_by_user ON jobs (user_id, id);
    DELETE FROM job_counts;
    INSERT INTO job_counts (user_id, pending, processing, completed, failed, cancelled)
      SELECT ${owner("value")}, ${waiting / USERS}, 0,
             CASE WHEN value % 100 = 0 THEN 0 ELSE ${finished / USERS} END, CASE WHEN value % 100 = 0 THEN ${finished / USERS} ELSE 0 END, 0
      FROM generate_series(0, ${USERS - 1});
    INSERT INTO job_counts (user_id, pending, processing, completed, failed, cancelled)
      SELECT x'', sum(pending), sum(processing), sum(completed), sum(failed), sum(cancelled) FROM job_counts;
  `);
}
