#pragma once

namespace taskgate::sqlite {

// The types of jobs each user has submitted, kept when the jobs are gone. The empty user_id stands for everybody.
inline constexpr const char* migration_0010_job_types = R"sql(
CREATE TABLE job_types (
  user_id BLOB NOT NULL,
  type TEXT NOT NULL,
  PRIMARY KEY (user_id, type)
) STRICT, WITHOUT ROWID;
INSERT INTO job_types SELECT DISTINCT user_id, type FROM jobs;
INSERT INTO job_types SELECT DISTINCT x'', type FROM job_types;
)sql";

}  // namespace taskgate::sqlite
