#pragma once

#include <cstddef>
#include <cstdint>

#include "base/async.h"
#include "base/result.h"
#include "jobs/job_record.h"

namespace taskgate::jobs {

struct Scope;

// Reading what is kept about jobs beside themselves. It is written by the verbs of JobStore that cause it: `beat` adds
// lines and checkpoints, `cancel`, `retry` and `change` leave a note.
class JobRecordStore {
 public:
  virtual ~JobRecordStore() = default;

  // The lines after the one of that number (0: from the oldest that is kept), at most `limit`. Errors: not_found, the
  // same for absent and for outside the scope.
  virtual Awaitable<Result<LogPage>> log(Scope scope, JobId id, std::int64_t after, std::size_t limit) = 0;
  // Errors: not_found.
  virtual Awaitable<Result<JobRecord>> record(Scope scope, JobId id) = 0;
};

}  // namespace taskgate::jobs
