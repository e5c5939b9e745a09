#pragma once

namespace taskgate::sqlite {

// Who took a unique key last. Whether it still holds the key is told by the job; `until` is the end of a window, for
// which the row is kept when the job has finished. Answers kept for an Idempotency-Key. Live jobs with terms are found
// without reading the others.
inline constexpr const char* migration_0004_submit_options = R"sql(
CREATE TABLE job_unique_keys (
  user_id BLOB NOT NULL,
  key TEXT NOT NULL,
  job_id INTEGER NOT NULL,
  until INTEGER,
  PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_unique_keys_by_end ON job_unique_keys (until) WHERE until IS NOT NULL;

CREATE TABLE job_idempotency_keys (
  id INTEGER PRIMARY KEY,
  user_id BLOB NOT NULL,
  key TEXT NOT NULL,
  request BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  answer TEXT NOT NULL,
  UNIQUE (user_id, key)
) STRICT;
CREATE INDEX job_idempotency_keys_by_end ON job_idempotency_keys (expires_at);

CREATE INDEX jobs_live_with_terms ON jobs (id) WHERE completed_at IS NULL AND terms IS NOT NULL;
)sql";

}  // namespace taskgate::sqlite
