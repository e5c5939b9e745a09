#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/principal.h"
#include "base/result.h"
#include "base/signal.h"
#include "jobs/job.h"
#include "jobs/job_store.h"

namespace taskgate::jobs {

// What a client asks for; the service checks every field.
struct NewJob {
  std::string type;                // 1–128 printable characters (code points), spaces allowed
  std::string data = "{}";         // JSON text, at most `data_bytes_max`
  double priority = 0;             // finite
  std::optional<int> max_retries;  // 0–100
  std::optional<std::chrono::milliseconds> delay;  // 0–365 days
};

struct JobOptions {
  std::size_t data_bytes_max = 256 * 1024;
  std::size_t result_bytes_max = 256 * 1024;
  int max_retries = 3;
};

// The rules about jobs, for those who own them. Thread-safe; callable on any loop.
class JobService {
 public:
  JobService(JobStore& store, const Clock& clock, IdGenerator& ids, JobOptions options = {});

  // On disk when it returns. Errors: validation_failed (`type`: "Job type is required" when empty; `data`; `priority`; …).
  Awaitable<Result<Job>> submit(Principal caller, NewJob job);
  // A user's own job, or any job for an admin. Errors: not_found, also when it is somebody else's.
  Awaitable<Result<Job>> get(Principal caller, JobId id);
  Awaitable<Result<std::vector<Attempt>>> attempts(Principal caller, JobId id);
  Awaitable<JobPage> list_own(Principal caller, JobFilter filter, std::size_t limit, std::optional<JobId> before);
  // Errors: forbidden `admin_only`.
  Awaitable<Result<JobPage>> list_all(Principal caller, JobFilter filter, std::size_t limit, std::optional<JobId> before);
  Awaitable<JobCounts> count_own(Principal caller);
  Awaitable<Result<JobCounts>> count_all(Principal caller);  // Errors: forbidden `admin_only`
  // Errors: not_found; conflict `already_finished`.
  Awaitable<Result<Job>> cancel(Principal caller, JobId id);
  // Errors: not_found; conflict `not_finished`, `already_completed`.
  Awaitable<Result<Job>> retry(Principal caller, JobId id);

  // A job's status or progress changed; it is on disk. Emitted for every change, whoever made it (the runner emits here too).
  Signal<Job> job_changed;
  // Jobs may have become ready: claim again.
  Signal<> work_available;
  // A running job was cancelled: stop its handler.
  Signal<JobId> job_cancelled;

 private:
  JobStore& store_;
  const Clock& clock_;
  IdGenerator& ids_;
  JobOptions options_;
};

}  // namespace taskgate::jobs
