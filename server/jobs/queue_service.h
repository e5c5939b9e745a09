#pragma once

#include <string>

#include "base/async.h"
#include "base/clock.h"
#include "base/principal.h"
#include "base/result.h"
#include "jobs/job_service.h"
#include "jobs/job_store.h"
#include "jobs/queue_control.h"
#include "jobs/worker_directory.h"

namespace taskgate::jobs {

// A type of which there are or were jobs.
struct KnownType {
  std::string type;
  bool served = false;              // somebody who is there now takes the caller's jobs of it
  std::optional<LiveFigures> live;  // of everybody's jobs; only where those were asked for
};

// The rules about the queue as a whole: what admins set and see, and why a job has not started. Thread-safe; callable
// on any loop.
class QueueService {
 public:
  // Whoever waits for work is woken through `jobs` when a change may let jobs start.
  QueueService(JobStore& store, JobService& jobs, const WorkerDirectory& workers, const Clock& clock)
      : store_(store), jobs_(jobs), workers_(workers), clock_(clock) {}

  // Errors: forbidden `admin_only`.
  Awaitable<Result<QueueOverview>> overview(Principal caller);
  // In force and on disk when it returns; gives what holds now. What runs goes on, whatever is set.
  // Errors: forbidden `admin_only`; validation_failed naming each field that is out of its range.
  Awaitable<Result<TypeControl>> control_type(Principal caller, std::string type, TypeControlChange change);
  Awaitable<Result<QueueControl>> control_queue(Principal caller, std::string queue, QueueControlChange change);
  Awaitable<Result<UserControl>> control_user(Principal caller, UserId user, UserControlChange change);

  // The types of jobs the caller has submitted, by name, or everybody has. Errors: forbidden `admin_only` (everybody).
  Awaitable<Result<std::vector<KnownType>>> types(Principal caller, bool everybody);
  // Why the caller's job, or any for an admin, stands where it stands. Errors: not_found.
  Awaitable<Result<Explanation>> explain(Principal caller, JobId id);

 private:
  JobStore& store_;
  JobService& jobs_;
  const WorkerDirectory& workers_;
  const Clock& clock_;
};

// The explanation as a sentence for a person.
[[nodiscard]] std::string describe(const Explanation& explanation);

}  // namespace taskgate::jobs
