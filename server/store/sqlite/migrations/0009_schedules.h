#pragma once

namespace taskgate::sqlite {

// Schedules and what their jobs are made from. look_at is when the next slot is due; it is later than next_run_at while
// the slot waits for room. The revision is what a firing compares, so that each slot is fired once.
inline constexpr const char* migration_0009_schedules = R"sql(
CREATE TABLE schedules (
  id INTEGER PRIMARY KEY,
  user_id BLOB NOT NULL,
  name TEXT NOT NULL,
  revision INTEGER NOT NULL,
  cron TEXT,              -- NULL: every_ms
  time_zone TEXT NOT NULL,
  every_ms INTEGER,
  anchor INTEGER NOT NULL,
  missed_fire INTEGER NOT NULL,   -- 0 skip, 1 once
  overlap INTEGER NOT NULL,       -- 0 skip, 1 allow, 2 replace
  paused INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  next_run_at INTEGER,
  look_at INTEGER,
  last_run_at INTEGER,
  last_job_id INTEGER,
  last_skipped_at INTEGER,
  last_skip_reason INTEGER,
  type TEXT NOT NULL,
  priority REAL NOT NULL,
  max_retries INTEGER,
  queue TEXT,
  tags TEXT,              -- JSON array; NULL: none
  ttl_ms INTEGER,
  terms TEXT,             -- timeout and backoff as JSON of jobs::JobTerms; NULL: none
  data TEXT NOT NULL,
  UNIQUE (user_id, name)
) STRICT;
CREATE INDEX schedules_due ON schedules (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX schedules_by_user ON schedules (user_id, id);
)sql";

}  // namespace taskgate::sqlite
