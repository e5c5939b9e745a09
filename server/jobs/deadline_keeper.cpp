#include "jobs/deadline_keeper.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "jobs/deadlines.h"
#include "jobs/settlement.h"

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t jobs_per_look = 1'000;
// Deadlines that lie close together are dealt with together.
constexpr milliseconds shortest_wait{250};
// Waits for a moment of the wall clock are cut into pieces of at most this, so that a clock that is set is noticed.
constexpr milliseconds longest_wait{60'000};
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

}  // namespace

DeadlineKeeper::DeadlineKeeper(std::shared_ptr<const RunnerEnvironment> environment)
    : environment_(std::move(environment)),
      alarm_(environment_->make_alarm()),
      pause_(environment_->make_alarm()),
      next_(never) {}

void DeadlineKeeper::quit() {
  quitting_ = true;
  alarm_->ring();
  pause_.ring();
}

bool DeadlineKeeper::is_news(const Job& job) const {
  auto deadline = start_deadline(job);
  if (!deadline && job.worker != environment_->options.worker) deadline = attempt_deadline(job);
  return deadline && deadline->time_since_epoch().count() < next_;
}

Awaitable<void> DeadlineKeeper::keep() {
  while (!quitting_) {
    // What is agreed while the store looks is news, whenever it ends: the store may have looked before.
    next_ = never;
    auto call =
        environment_->store.check_deadlines(environment_->options.worker, jobs_per_look, environment_->clock.now());
    auto check = co_await try_store(std::move(call), "check deadlines", pause_);
    if (!check) continue;
    report_expired(check->expired);
    const bool all_settled = co_await settle(std::move(check->timed_out));
    if (!all_settled || check->more || quitting_) continue;
    std::optional<milliseconds> wait;
    if (check->next) {
      next_ = check->next->time_since_epoch().count();
      wait = std::clamp<milliseconds>(*check->next - environment_->clock.now(), shortest_wait, longest_wait);
    }
    co_await alarm_->wait(wait);
  }
}

void DeadlineKeeper::report_expired(const std::vector<Job>& jobs) {
  for (const Job& job : jobs) {
    environment_->options.log_line("job " + to_string(job.id) + " \"" + job.type + "\" expired before it was started");
    environment_->service.job_changed(job);
  }
}

// False when the store is broken, after a pause.
Awaitable<bool> DeadlineKeeper::settle(std::vector<Job> timed_out) {
  if (timed_out.empty()) co_return true;
  const RunnerOptions& options = environment_->options;
  const Time now = environment_->clock.now();
  std::vector<Settlement> settlements;
  for (const Job& job : timed_out) {
    FailedAttempt failed;
    failed.error = timeout_error(*job.terms.timeout);
    settlements.push_back(
        settlement_of(job, std::move(failed), options.backoff, options.result_bytes_max, options.random(), now));
  }
  auto call = environment_->store.settle(settlements, now);
  const auto settled = co_await try_store(std::move(call), "settle", pause_);
  if (!settled) co_return false;
  bool any_ready = false;
  for (std::size_t index = 0; index < timed_out.size(); ++index) {
    if (settled->at(index).status != SettleStatus::ok) continue;
    options.log_line(settlement_line(timed_out[index], settlements[index], now));
    any_ready = any_ready || settlements[index].kind == SettlementKind::retry;
    environment_->service.job_changed(*settled->at(index).job);
  }
  if (any_ready) environment_->service.work_available();
  co_return true;
}

}  // namespace taskgate::jobs
