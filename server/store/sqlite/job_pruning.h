#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "jobs/retention.h"
#include "store/sqlite/write_context.h"

namespace taskgate::sqlite {

// A finished job that may go, as a reader saw it.
struct PrunableJob {
  JobId id;
  Time completed_at;
};

struct PrunableJobs {
  std::vector<PrunableJob> jobs;
  std::optional<jobs::PrunePlace> next;
  bool keys_have_expired = false;
};

// The first half of a step of pruning, for readers: looks at a bounded number of rows.
[[nodiscard]] PrunableJobs find_prunable_jobs(Database& database, const jobs::Retention& retention,
                                              const jobs::PrunePlace& place, std::size_t limit, Time now);
// The second half: removes those that nothing has happened to since and that nobody needs. Their number.
[[nodiscard]] std::size_t prune_jobs(WriteContext& context, const std::vector<PrunableJob>& jobs, std::size_t limit,
                                     Time now);

}  // namespace taskgate::sqlite
