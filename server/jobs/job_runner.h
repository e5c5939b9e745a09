#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "jobs/alarm.h"
#include "jobs/job_handler.h"
#include "jobs/job_service.h"
#include "jobs/job_store.h"
#include "jobs/retry.h"

namespace taskgate::jobs {

struct RunnerOptions {
  std::string worker = "server";  // the name its leases are held under
  std::chrono::milliseconds lease{30'000};
  std::chrono::milliseconds progress_every{250};  // progress is stored at most this often per job
  std::chrono::milliseconds stop_grace{5'000};    // handlers may finish for so long when the server stops
  int crashes_max = 3;
  std::size_t result_bytes_max = 256 * 1024;
  BackoffPolicy backoff;
  // Chance in [0, 1) for the jitter of the backoff; empty: random.
  std::function<double()> random;
  // Where the lines about attempts go; empty: the log.
  std::function<void(const std::string&)> log_line;
  // What waits wait on; null: the machine's timers.
  std::shared_ptr<AlarmSource> alarms;
};

// Claims jobs for the handlers registered with it, runs them on one loop, keeps their leases alive, settles them, and
// puts back what others let expire. It logs one line per attempt:
//   job 0193… "Send invoice" attempt 1 failed: Simulated permanent failure; retry 1 of 3 in 1.0 s
//
// It never polls an idle store: it waits for `work_available`, for the next due moment the last claim named, or for a
// free place. A broken store (StoreFailure) is logged and tried again after a pause that grows to 5 s. While it is
// broken, handlers go on; their leases are renewed before anything is reclaimed afterwards.
//
// A handler that was told to stop (cancelled, lease lost) and goes on for longer than the grace is cut off: what it
// awaits ends with operation_aborted.
class JobRunner {
 public:
  // Emits on the service's signals what it changes. `loop` is the executor everything runs on.
  JobRunner(boost::asio::any_io_executor loop, JobStore& store, JobService& service, const Clock& clock,
            RunnerOptions options, std::vector<HandlerRegistration> handlers);
  ~JobRunner();

  // Recovers what an earlier run of the program left behind (crash counting, poison), then starts claiming.
  void start();
  // Claims no more, lets handlers finish within the grace, hands the rest back to the queue unharmed (no attempt
  // spent). Awaitable from any loop; then the runner may be destroyed.
  Awaitable<void> stop();

 private:
  class Implementation;
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace taskgate::jobs
