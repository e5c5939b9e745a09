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
[[nodiscard]] jobs::JobPage list_jobs(Database& database, const jobs::Scope& scope, const jobs::JobFilter& filter,
                                      std::size_t limit, std::optional<JobId> before);

}  // namespace taskgate::sqlite
