#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/async.h"
#include "base/principal.h"
#include "base/result.h"
#include "jobs/job_history.h"
#include "jobs/job_store.h"

namespace taskgate::jobs {

// What a job's owner, or an admin, may read about it beside the job itself. Thread-safe; callable on any loop.
class JobRecordService {
 public:
  explicit JobRecordService(JobStore& store) : store_(store) {}

  // The lines after the one of that number (0: from the oldest that is kept), at most `limit` (1–1000). Errors:
  // not_found, also when the job is somebody else's.
  Awaitable<Result<LogPage>> log(Principal caller, JobId id, std::int64_t after, std::size_t limit);
  // Oldest first. Errors: not_found.
  Awaitable<Result<std::vector<JobEvent>>> history(Principal caller, JobId id);

 private:
  JobStore& store_;
};

}  // namespace taskgate::jobs
