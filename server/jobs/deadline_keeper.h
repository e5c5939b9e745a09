#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "jobs/runner_environment.h"
#include "jobs/store_pause.h"

namespace taskgate::jobs {

// Ends what takes too long: jobs that were not started in time, and attempts of workers outside this program that go on
// past their timeout (those become failures, retried as agreed; the worker's lease is over). Within a quarter of a
// second of the moment.
//
// It sleeps until the earliest deadline the store knows, or until one is agreed that is earlier; an idle store is left
// alone.
class DeadlineKeeper {
 public:
  explicit DeadlineKeeper(std::shared_ptr<const RunnerEnvironment> environment);

  // Until quit().
  Awaitable<void> keep();
  void quit();
  // Whether the job, as it stands now, has a deadline before those that are waited for. Callable on any thread; then
  // look_again() on the loop.
  [[nodiscard]] bool is_news(const Job& job) const;
  void look_again() { alarm_->ring(); }

 private:
  void report_expired(const std::vector<Job>& jobs);
  Awaitable<bool> settle(std::vector<Job> timed_out);

  std::shared_ptr<const RunnerEnvironment> environment_;
  std::shared_ptr<Alarm> alarm_;
  StorePause pause_;
  bool quitting_ = false;
  std::atomic<std::int64_t> next_;  // milliseconds since 1970; what ends later than this is no news
};

}  // namespace taskgate::jobs
