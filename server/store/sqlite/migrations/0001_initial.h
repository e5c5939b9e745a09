#pragma once

namespace taskgate::sqlite {

// Times are milliseconds since 1970 in UTC. Ids of users and sessions are blobs (12 and 16 bytes).
inline constexpr const char* migration_0001_initial = R"sql(
CREATE TABLE users (
  id BLOB PRIMARY KEY NOT NULL,
  email TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
  email_verified INTEGER NOT NULL DEFAULT 0,
  disabled INTEGER NOT NULL DEFAULT 0,
  token_version INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE one_time_tokens (
  hash BLOB PRIMARY KEY NOT NULL,
  user_id BLOB NOT NULL,
  purpose INTEGER NOT NULL,
  email TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_tokens_by_user ON one_time_tokens (user_id, purpose);
CREATE INDEX one_time_tokens_by_expiry ON one_time_tokens (expires_at);

CREATE TABLE sessions (
  id BLOB PRIMARY KEY NOT NULL,
  user_id BLOB NOT NULL,
  counter INTEGER NOT NULL,
  rotated_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  idle_expires_at INTEGER NOT NULL,
  absolute_expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions
  (min(idle_expires_at, absolute_expires_at, coalesce(revoked_at, 9223372036854775807)));

-- The hot table: one row a job, updated in place, so it has no index that a claim would change. What is read by every claim comes
-- first, long texts last. status: 0 pending, 1 processing, 2 completed, 3 failed, 4 cancelled; completed_at is set in the last three.
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  status INTEGER NOT NULL,
  user_id BLOB NOT NULL,
  type TEXT NOT NULL,
  priority REAL NOT NULL,
  run_at INTEGER,
  lease_expires_at INTEGER,
  completed_at INTEGER,
  fence INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  retries INTEGER NOT NULL,
  max_retries INTEGER NOT NULL,
  crashes INTEGER NOT NULL,
  progress REAL NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  started_at INTEGER,
  worker TEXT,            -- of the latest attempt, while processing and once completed
  progress_message TEXT,
  queue TEXT,             -- NULL: 'default'
  tags TEXT,              -- JSON array; NULL: none
  error TEXT,
  result TEXT,
  data TEXT               -- NULL: too long to be carried along by every update, see job_data
) STRICT;
CREATE INDEX jobs_by_user ON jobs (user_id, id);
-- What the queue in memory is rebuilt from. Its condition is on completed_at and not on status, so that a claim leaves it alone.
CREATE INDEX jobs_live ON jobs (id) WHERE completed_at IS NULL;
-- Failed and cancelled jobs are few and looked for; they must be found among millions of completed ones.
CREATE INDEX jobs_stopped ON jobs (status, id) WHERE status >= 3;
CREATE INDEX jobs_stopped_by_user ON jobs (user_id, status, id) WHERE status >= 3;

-- Written once with the job, so that long data is not rewritten by each change of status.
CREATE TABLE job_data (
  job_id INTEGER PRIMARY KEY,
  data TEXT NOT NULL
) STRICT;

-- Attempts that ended, but for the one that completed the job: that one, like a running one, is read from the job's own row.
-- outcome: 1 failed, 2 crashed, 3 cancelled, 4 released.
CREATE TABLE job_attempts (
  job_id INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  worker TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  error TEXT,
  PRIMARY KEY (job_id, fence)
) STRICT, WITHOUT ROWID;

-- How many jobs each user has in each status, kept in the transaction that changes them. The empty user_id stands for everybody.
CREATE TABLE job_counts (
  user_id BLOB PRIMARY KEY NOT NULL,
  pending INTEGER NOT NULL,
  processing INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  cancelled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace taskgate::sqlite
