#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
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
#include "jobs/new_job.h"

namespace taskgate::jobs {

// What makes a request recognisable when it is sent again: `Idempotency-Key` and a digest of what it asked for.
struct RequestIdentity {
  std::string key;  // 1–255 characters of printable ASCII
  Sha256Digest request{};
  std::function<std::string(const std::vector<Submitted>&)> write_answer;  // of this request; kept for 24 hours
};

// The rules about jobs, for those who own them. Thread-safe; callable on any loop.
class JobService {
 public:
  JobService(JobStore& store, const Clock& clock, IdGenerator& ids, JobOptions options = {});

  // On disk when it returns. Errors: validation_failed (`type`: "Job type is required" when empty; `data`; `priority`;
  // …). too_many_requests `backlog_full` when the caller has as many pending jobs as allowed. With a unique key: the
  // job that holds it, which may be an older one; conflict `unique_key_taken` under the policy `reject`.
  Awaitable<Result<Job>> submit(Principal caller, NewJob job);
  // Many at once, in one change of the store; `jobs` holds what could be read of each, or why not. One answer for each,
  // in order: those that are refused (as `submit` would) do not keep the others out. With an identity a repetition
  // gives `repeated` instead. Errors: validation_failed (`Idempotency-Key`); conflict `idempotency_mismatch`.
  Awaitable<Result<SubmitAnswer>> submit_all(Principal caller, std::vector<Result<NewJob>> jobs,
                                             std::optional<RequestIdentity> identity);
  // A user's own job, or any job for an admin. Errors: not_found, also when it is somebody else's.
  Awaitable<Result<Job>> get(Principal caller, JobId id);
  Awaitable<Result<std::vector<Attempt>>> attempts(Principal caller, JobId id);
  Awaitable<JobPage> list_own(Principal caller, JobFilter filter, std::size_t limit, std::optional<JobId> before);
  // Everybody's, or those of one user. Errors: forbidden `admin_only`.
  Awaitable<Result<JobPage>> list_all(Principal caller, Scope of, JobFilter filter, std::size_t limit,
                                      std::optional<JobId> before);
  Awaitable<JobCounts> count_own(Principal caller);
  Awaitable<Result<JobCounts>> count_all(Principal caller);  // Errors: forbidden `admin_only`
  // Errors: not_found; conflict `already_finished`.
  Awaitable<Result<Job>> cancel(Principal caller, JobId id);
  // Errors: not_found; conflict `not_finished`, `already_completed`, `unique_key_taken`, `dependency_failed`.
  Awaitable<Result<Job>> retry(Principal caller, JobId id);
  // Another priority or time for a job that waits. Errors: validation_failed; not_found; conflict `not_pending`.
  Awaitable<Result<Job>> change(Principal caller, JobId id, JobChange change);

  // Cancels or retries many jobs, in changes of the store of 1,000 jobs each; what was done stays done when a later one
  // fails. A repetition finds less to do. Errors: forbidden `admin_only`; validation_failed (`ids`, `limit`,
  // `filter.status` when the action cannot concern any of those).
  Awaitable<Result<JobActionReport>> act(Principal caller, JobActionOrder order);

  // A job's status or progress changed; it is on disk. Emitted for every change, whoever made it (the runner emits here
  // too).
  Signal<Job> job_changed;
  // Jobs may have become ready: claim again.
  Signal<> work_available;
  // A running job was cancelled, and has that fence now: stop the handlers of attempts with an older one.
  Signal<JobId, std::int64_t> job_cancelled;
  // An attempt's lines were added to the job's log.
  Signal<LoggedLines> job_logged;

 private:
  void announce(const Job& job);
  Awaitable<void> act_on(JobActionRequest request, JobActionReport& report);

  JobStore& store_;
  const Clock& clock_;
  IdGenerator& ids_;
  JobOptions options_;
};

}  // namespace taskgate::jobs
