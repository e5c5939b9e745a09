#pragma once

#include <vector>

#include "base/result.h"
#include "jobs/job_store.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// The reading verbs of jobs::JobStore, inside one read transaction; see there for what each does.

[[nodiscard]] bool is_in_scope(Database& database, const jobs::Scope& scope, JobId id);
[[nodiscard]] Result<jobs::Job> get_job(Database& database, const jobs::Scope& scope, JobId id);
[[nodiscard]] Result<std::vector<jobs::Attempt>> get_attempts(Database& database, const jobs::Scope& scope, JobId id);

// Which part of which list. No more than `examined_max` rows are looked at for one answer.
struct ListQuestion {
  const jobs::Scope& scope;
  const jobs::JobFilter& filter;
  std::size_t limit = 0;
  std::optional<JobId> before;
  std::size_t examined_max = 0;
};
[[nodiscard]] jobs::JobPage list_jobs(Database& database, const ListQuestion& question);
[[nodiscard]] jobs::JobIdPage list_job_ids(Database& database, const ListQuestion& question);

}  // namespace taskgate::sqlite
