#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "jobs/job.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// Numbers of jobs that are kept (job_counts) and are not what the rows say. Nothing as user: all users', without
// the server's own jobs.
struct CountDifference {
  std::optional<UserId> user;
  jobs::JobCounts kept;
  jobs::JobCounts found;
};

// Counts every job and compares. Reads the whole table: seconds for ten million jobs. Throws DatabaseError.
[[nodiscard]] std::vector<CountDifference> find_count_differences(Database& database);
// The same, and sets the kept numbers right, inside the caller's write transaction.
std::vector<CountDifference> recount_jobs(Database& database);

// The same for live jobs alone, which are read at the start anyway: `pending` and `processing` of every user who has
// live jobs. The other numbers are left as they are.
using LiveCounts = std::unordered_map<UserId, std::pair<std::int64_t, std::int64_t>>;
[[nodiscard]] bool live_counts_differ(Database& database, const LiveCounts& found);

}  // namespace taskgate::sqlite
