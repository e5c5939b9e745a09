#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "base/signal.h"
#include "jobs/deadlines.h"
#include "jobs/job.h"
#include "jobs/job_action.h"
#include "jobs/job_filter.h"
#include "jobs/job_record_store.h"
#include "jobs/queue_control.h"
#include "jobs/retention.h"
#include "jobs/submission.h"

namespace taskgate::jobs {

// A page ends before its limit once its jobs carry this many bytes of data, results and errors: a thousand jobs of the
// largest size would need half a gigabyte to answer.
inline constexpr std::size_t page_bytes_max = std::size_t{8} << 20;

[[nodiscard]] inline std::size_t carried_bytes(const Job& job) {
  return job.data.size() + (job.result ? job.result->size() : 0) + (job.error ? job.error->size() : 0);
}

// A claim likewise ends early: with a job that brings what it carries to this many bytes.
inline constexpr std::size_t claim_bytes_max = std::size_t{8} << 20;

// Types that are remembered: the first so many of each user, and of everybody together.
inline constexpr std::size_t known_types_max = 1'000;
inline constexpr std::size_t known_types_all_max = 10'000;

// Which types a worker takes: those listed, or all but those listed.
struct TypeSelection {
  std::vector<std::string> types;
  bool all_but = false;
};

struct ClaimRequest {
  std::string worker;  // who claims; stored with the lease
  TypeSelection types;
  std::size_t max = 1;
  std::chrono::milliseconds lease{30'000};
  Scope scope = {};  // whose jobs
  // Whose key the worker claims with; nothing for the program's own runner. Workers of two users may have one name.
  std::optional<UserId> worker_user = std::nullopt;
};

struct Claim {
  std::vector<Job> jobs;  // now `processing`, with the fence that every later change must present
  // When it ended early with jobs left that could start: now. Otherwise, when fewer than `max` were ready: the earliest
  // moment at which a waiting job (a delay, a retry) becomes ready, if any does. It may be the job of a user outside
  // the scope.
  std::optional<Time> next_due;
  // What an earlier attempt left for this one, as JSON text, of those jobs that have it.
  std::map<JobId, std::string> checkpoints = {};
};

// How an attempt ends, decided by the rules in jobs/ and only carried out by the store.
enum class SettlementKind : std::uint8_t {
  complete,  // → completed, `result`, progress 100
  retry,     // → pending at `run_at`, `error`, retries + 1
  fail,      // → failed, `error`
  release,   // → pending at `run_at` or at once; neither the attempt nor a retry is counted
};

struct Settlement {
  JobId id;
  std::int64_t fence = 0;
  SettlementKind kind = SettlementKind::complete;
  std::optional<std::string> result;  // JSON text
  std::optional<std::string> error;
  std::optional<Time> run_at;
};

enum class SettleStatus : std::uint8_t {
  ok,
  already_settled,  // this very lease was settled before; nothing changed
  stale_lease,      // the lease is not the current one; nothing changed
  cancelled,        // the job was cancelled while it ran; nothing changed
};

struct Settled {
  SettleStatus status = SettleStatus::stale_lease;
  std::optional<Job> job;  // as it stands after an `ok`
};

// A sign of life from the holder of a lease.
struct Beat {
  JobId id;
  std::int64_t fence = 0;
  std::optional<std::chrono::milliseconds> extend;  // the lease now ends at now + extend
  std::optional<double> progress;                   // 0 to 100
  std::optional<std::string> progress_message;
  std::optional<std::string> checkpoint = {};  // JSON text for the next attempt, instead of the last one; `null`: none
  std::vector<LogLine> log = {};               // added to the job's log
};

// Where jobs are kept. Each method is one atomic verb, on disk when it returns; batches where load is. `now` is a
// parameter. A broken engine throws StoreFailure: then nothing of the call happened. Callable from any coroutine on any
// loop, concurrently.
//
// Order of claims: see ready_queue.h.
class JobStore : public JobRecordStore {
 public:
  // Jobs that changed as a consequence of a verb on others, each once it is on disk: a dependency ended, a unique key
  // was taken over. Emitted by whoever called the verb, before the verb returns.
  Signal<Job> job_followed;

  // A slot was given back that a ready job was held up for by a limit: claim again. Emitted likewise.
  Signal<> slot_freed;

  // Adds jobs as given (ids made by the caller, unique). Jobs with `run_at` after `now` wait until then. For jobs
  // without unique key and without dependencies; others go through submit_all. Errors: too_many_requests
  // `backlog_full`, when one of the users has too many pending jobs by then: none is added.
  virtual Awaitable<Result<void>> submit(std::vector<Job> jobs, Time now) = 0;
  // The same for any jobs: those whose unique key is held are dealt with as they say, those with dependencies wait
  // until all have completed. One that depends on a job that is not its user's is refused (validation_failed
  // `dependsOn`); on one that failed or was cancelled, it is failed from the start, unless it agreed to wait. One that
  // is too many for its user's backlog is refused (`backlog_full`). Errors: conflict, reason `idempotency_mismatch`.
  virtual Awaitable<Result<SubmitAnswer>> submit_all(SubmitRequest request, Time now) = 0;
  // Starts up to `max` ready jobs in claim order, fewer when they carry more than claim_bytes_max: attempts + 1, fence
  // + 1, progress 0, `run_at` cleared, `started_at` = now. The only verb that gives what a job carries sealed.
  virtual Awaitable<Claim> claim(ClaimRequest request, Time now) = 0;
  // One answer per settlement, in order. Each stands alone.
  virtual Awaitable<std::vector<Settled>> settle(std::vector<Settlement> settlements, Time now) = 0;
  // Releases, as a settlement does, every job that this worker of this user holds. The jobs as they stand after that.
  virtual Awaitable<std::vector<Job>> release_held(UserId worker_user, std::string worker, Time now) = 0;
  // One answer per beat: the job after an accepted beat, nothing when the lease is not current.
  virtual Awaitable<std::vector<std::optional<Job>>> beat(std::vector<Beat> beats, Time now) = 0;
  // Puts back every job whose lease ended before `now`: crashes + 1, retries untouched, its place kept. With more than
  // `crashes_max` crashes it becomes failed instead, error "poison: …". The jobs as they stand after that.
  virtual Awaitable<std::vector<Job>> reclaim_expired(int crashes_max, Time now) = 0;
  // At the start of the program: jobs held by `worker` (this program's own runner) are reclaimed at once, as above;
  // leases of all others last until now + lease at least.
  virtual Awaitable<std::vector<Job>> recover(std::string worker, int crashes_max, std::chrono::milliseconds lease,
                                              Time now) = 0;

  // Ends up to `limit` pending jobs past their start_deadline (failed, error "expired"), and names up to `limit`
  // running jobs past their attempt_deadline that are not held by `own_worker` (which looks after its own). See
  // deadlines.h.
  virtual Awaitable<DeadlineCheck> check_deadlines(std::string own_worker, std::size_t limit, Time now) = 0;

  // → cancelled, at once, also while it runs (the fence rises, so the holder can change nothing more).
  // Errors: not_found (outside the scope, too); conflict, reason `already_finished`.
  virtual Awaitable<Result<Job>> cancel(Scope scope, JobId id, Time now) = 0;
  // failed or cancelled → pending at once, with retries and crashes from 0 and `error` cleared. Errors: not_found;
  // conflict, reason `not_finished` or `already_completed`; `unique_key_taken` when another job holds its unique key by
  // now; `dependency_failed` when it would fail at once again, because a job it depends on failed or was cancelled, or,
  // when it never started, is not kept any more.
  virtual Awaitable<Result<Job>> retry(Scope scope, JobId id, Time now) = 0;
  // Gives a pending job another priority or another time. Errors: not_found; conflict, reason `not_pending`.
  virtual Awaitable<Result<Job>> change(Scope scope, JobId id, JobChange change, Time now) = 0;
  // `cancel` or `retry` on each of the jobs, in order, all in one change; each stands alone. One answer for each.
  virtual Awaitable<std::vector<ActedJob>> act(JobActionRequest request, Time now) = 0;

  // Limits, pauses and weights, see queue_control.h: in force at once, also for jobs that wait already. Gives what
  // holds now.
  virtual Awaitable<TypeControl> control_type(std::string type, TypeControlChange change, Time now) = 0;
  virtual Awaitable<QueueControl> control_queue(std::string queue, QueueControlChange change, Time now) = 0;
  virtual Awaitable<UserControl> control_user(UserId user, UserControlChange change, Time now) = 0;
  virtual Awaitable<QueueOverview> queue_overview(Time now) = 0;
  // Who serves the job's type is not considered. Errors: not_found.
  virtual Awaitable<Result<Explanation>> explain(Scope scope, JobId id, Time now) = 0;

  // One step of a round over the finished jobs, see retention.h: removes up to `limit` that may go, each with all that
  // hangs on it. A job is kept while a waiting one depends on it, and while its unique key's window runs. Also forgets
  // idempotency keys that have expired. Small steps disturb nobody; begin with an empty place and go on at `next`.
  virtual Awaitable<PruneStep> prune(Retention retention, PrunePlace place, std::size_t limit, Time now) = 0;

  // Errors: not_found, the same for absent and for outside the scope.
  virtual Awaitable<Result<Job>> get(Scope scope, JobId id) = 0;
  // Oldest first, the running one last. Errors: not_found.
  virtual Awaitable<Result<std::vector<Attempt>>> attempts(Scope scope, JobId id) = 0;
  // In lists and counts "all" is all users: the server's own jobs are seen by asking for those of `system_owner`.
  virtual Awaitable<JobPage> list(Scope scope, JobFilter filter, std::size_t limit, std::optional<JobId> before) = 0;
  // The same jobs, their ids only; quicker. It may name some that only nearly match: whoever acts on them asks again.
  virtual Awaitable<JobIdPage> list_ids(Scope scope, JobFilter filter, std::size_t limit,
                                        std::optional<JobId> before) = 0;
  virtual Awaitable<JobCounts> counts(Scope scope) = 0;
  // The types of jobs that were ever submitted, by name; of one user known_types_max, of everybody known_types_all_max.
  virtual Awaitable<std::vector<std::string>> types(Scope scope) = 0;
};

}  // namespace taskgate::jobs
