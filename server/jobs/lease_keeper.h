#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "jobs/runner_environment.h"
#include "jobs/store_pause.h"

namespace taskgate::jobs {

// The runner's signs of life: renews the leases of running attempts, stores their progress and what they say, and puts
// back jobs whose holders (workers outside this program) fell silent. An outage of the store costs no attempt: own
// leases are renewed first, and everybody else gets a fresh lease after it, as after a restart; so it is when the
// program stood still or the clock was set forward.
//
// It is quiet when there is nothing to keep: no attempt runs and nobody else holds a lease.
class LeaseKeeper {
 public:
  LeaseKeeper(std::shared_ptr<const RunnerEnvironment> environment, RunningSet& running);

  // Reclaims what an earlier run of the program held. False when the store is broken (after a pause): call again.
  Awaitable<bool> recover();
  // Until quit().
  Awaitable<void> keep();
  void quit();
  // Ends a pause after a failure of the store.
  void hurry() { pause_.ring(); }
  // There is a new attempt, or news from one.
  void look_again() { alarm_->ring(); }
  // Somebody else may hold a lease from now on.
  void watch_others();

 private:
  [[nodiscard]] bool is_renewal_due(const RunningAttempt& attempt, Time now) const;
  [[nodiscard]] bool is_news_due(const RunningAttempt& attempt, Time now) const;
  [[nodiscard]] bool is_reclaim_due(Time now) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> until_next(Time now) const;
  Awaitable<bool> send_beats();
  void take_answer(RunningAttempt& attempt, const Beat& beat, const std::optional<Job>& answer, Time sent_at);
  Awaitable<bool> grant_fresh_leases();
  Awaitable<bool> reclaim();
  void report_crashed(const std::vector<Job>& jobs);

  std::shared_ptr<const RunnerEnvironment> environment_;
  RunningSet& running_;
  std::shared_ptr<Alarm> alarm_;
  StorePause pause_;
  bool quitting_ = false;
  bool watching_others_ = true;  // until the store says that nobody else holds a lease
  std::uint64_t watch_requests_ = 0;
  bool others_were_cut_off_ = false;  // from the store: it failed since the last look
  std::optional<Time> reclaimed_at_;
};

}  // namespace taskgate::jobs
