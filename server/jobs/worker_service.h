#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "base/principal.h"
#include "base/result.h"
#include "jobs/job_service.h"
#include "jobs/job_store.h"
#include "jobs/retry.h"
#include "jobs/worker_directory.h"
#include "jobs/worker_poll.h"
#include "jobs/worker_registry.h"
#include "jobs/worker_types.h"

namespace taskgate::jobs {

struct WorkerOptions {
  std::string lease_secret;           // the key of lease tokens is derived from it
  std::string own_worker = "server";  // the name of this program's own runner, which no other may take
  std::size_t result_bytes_max = 256 * 1024;
  std::chrono::milliseconds progress_every{250};  // progress of a job is announced at most this often
  BackoffPolicy backoff;
  std::function<double()> random;                    // chance in [0, 1) for the jitter; empty: random
  std::function<void(const std::string&)> log_line;  // where the lines about attempts go; empty: the log
  std::shared_ptr<AlarmSource> alarms;               // null: the machine's timers
  std::shared_ptr<WorkerTypes> types;                // is told what workers ask for; null: nobody is
};

// What a worker says about a job in its hands.
enum class WorkerVerb : std::uint8_t {
  complete,  // with `result`
  fail,      // with `error`; retried as the server's rules say, unless not `retryable`; after `delay`, if given
  snooze,    // later, after `delay` (default 0); spends no retry
  release,   // back into the queue at once; spends nothing
};
struct WorkerSettle {
  std::string lease;
  JobId id;
  WorkerVerb verb = WorkerVerb::complete;
  std::string result = "null";  // JSON text that has been checked
  std::string error;
  bool retryable = true;
  std::optional<std::chrono::milliseconds> delay;
};
struct WorkerBeat {
  std::string lease;
  JobId id;
  std::optional<std::chrono::milliseconds> extend;  // nothing: as long as the lease was granted for
  std::optional<double> progress;                   // percent
  std::optional<std::string> message;
  std::vector<LogLine> log;               // for the job's log and the terminal; the first log_lines_per_beat_max
  std::optional<std::string> checkpoint;  // JSON text that has been checked, for the next attempt; `null`: none
};

// One answer each, in the order of the request: `ok`, `already_settled`, `stale_lease`, `cancelled` for a settle; `ok`,
// `stale_lease`, `cancel` for a beat.
struct WorkerAnswer {
  JobId id;
  std::string_view outcome;
};

struct WorkerClaim {
  std::string worker;                       // 1–128 printable characters; unique among the workers of the key's user
  std::vector<std::string> types;           // 1–100
  std::int64_t max = 1;                     // 1–1000
  std::chrono::milliseconds wait{0};        // 0–30 s
  std::chrono::milliseconds lease{30'000};  // 1 s–1 h
  std::vector<WorkerSettle> settle;         // done first
  std::vector<WorkerBeat> beat;
};
struct ClaimedJob {
  Job job;
  std::string lease;
  std::optional<std::string> checkpoint = {};  // what an earlier attempt left, as JSON text
};
struct WorkerClaimAnswer {
  std::vector<ClaimedJob> jobs;
  std::vector<WorkerAnswer> settled;
  std::vector<WorkerAnswer> beats;
  std::vector<WorkerCancel> cancels;
  bool drain = false;  // the server is stopping: claim no more here
};

// A worker as it is shown to admins.
struct WorkerView {
  std::string name;
  UserId user_id;
  bool all_users = false;
  std::vector<std::string> types;
  Time seen_at;
  bool waiting = false;
  std::vector<Job> jobs;  // in its hands, without their data
};

// The rules for workers outside this program: who gets which job, what their words mean, and when they are told that a
// job is theirs no more. The caller's key decides whose jobs it may have. Crashes are the lease keeper's business.
// Thread-safe; every method may be called on any loop.
class WorkerService final : public WorkerDirectory {
 public:
  // Settles and beats of one request, at most this many.
  static constexpr std::size_t items_max = 1'000;
  // Lines of one beat that are kept; the rest is dropped, and a line says so.
  static constexpr std::size_t log_lines_per_beat_max = 100;

  // `loop` is where progress that was held back is announced.
  WorkerService(boost::asio::any_io_executor loop, JobStore& store, JobService& jobs, const Clock& clock,
                WorkerOptions options);
  ~WorkerService() override;

  // Settles, beats, then claims; without a job to be had it waits until there is one, or a cancel to tell, at most
  // `wait`. When the poll is abandoned, its place is free at once and what it had claimed goes back. Errors:
  // validation_failed (worker, types, max, waitMs, leaseMs, settle, beat).
  Awaitable<Result<WorkerClaimAnswer>> claim(Principal caller, WorkerClaim claim, std::shared_ptr<WorkerPoll> poll);
  Awaitable<std::vector<WorkerAnswer>> settle(Principal caller, std::vector<WorkerSettle> settles);
  Awaitable<std::vector<WorkerAnswer>> beat(Principal caller, std::vector<WorkerBeat> beats);
  // Hands back every job that this worker of the caller's holds, no attempt spent. How many jobs that were.
  Awaitable<std::size_t> bye(Principal caller, std::string worker);

  // Errors: forbidden `admin_only`.
  Result<std::vector<WorkerView>> list(const Principal& caller);

  // Whether a worker that takes such a job waits here now, or was heard of within the last minute.
  [[nodiscard]] bool serves(const UserId& user, std::string_view type) const override;

  // The server is stopping: whoever waits is answered now, claims get nothing any more. Settles and beats still count.
  void drain();

  class Implementation;  // for the parts of the service only

 private:
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace taskgate::jobs
