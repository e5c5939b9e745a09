#pragma once

namespace taskgate::sqlite {

// What operators set about the queue, see jobs/queue_control.h; only what differs from the defaults has a row.
// rate_credit and rate_credit_at are the level of the type's token bucket, kept by the claims that take from it.
inline constexpr const char* migration_0003_queue_controls = R"sql(
CREATE TABLE type_controls (
  type TEXT PRIMARY KEY NOT NULL,
  paused INTEGER NOT NULL,
  concurrency INTEGER,
  concurrency_per_user INTEGER,
  rate_starts INTEGER,
  rate_window_ms INTEGER,
  rate_credit INTEGER,
  rate_credit_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE queue_controls (
  queue TEXT PRIMARY KEY NOT NULL,
  paused INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE user_controls (
  user_id BLOB PRIMARY KEY NOT NULL,
  concurrency INTEGER,
  weight REAL NOT NULL,
  backlog INTEGER
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace taskgate::sqlite
