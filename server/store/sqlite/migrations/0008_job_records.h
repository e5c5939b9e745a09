#pragma once

namespace taskgate::sqlite {

// What is kept about jobs beside their rows, see jobs/job_record.h. Few jobs have any of it; none of it is touched by a
// submit, a first claim or a settlement. It goes with the job, see job_belongings.h.
// bytes_before: of all earlier lines of the job, dropped ones included. level: NULL, or of jobs::LogLevel.
// job_notes.kind: of jobs::NoteKind.
inline constexpr const char* migration_0008_job_records = R"sql(
CREATE TABLE job_checkpoints (
  job_id INTEGER PRIMARY KEY,
  checkpoint TEXT NOT NULL
) STRICT;

CREATE TABLE job_log_lines (
  job_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  logged_at INTEGER NOT NULL,
  bytes_before INTEGER NOT NULL,
  level INTEGER,
  line TEXT NOT NULL,
  PRIMARY KEY (job_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_notes (
  job_id INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  noted_at INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  actor BLOB,
  ended_as INTEGER,
  ended_at INTEGER,
  error TEXT,
  priority_before REAL,
  priority REAL,
  run_at INTEGER,
  PRIMARY KEY (job_id, revision)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace taskgate::sqlite
