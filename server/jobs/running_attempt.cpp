#include "jobs/running_attempt.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/this_coro.hpp>
#include <cmath>
#include <utility>

#include "jobs/settlement.h"
#include "jobs/utf8_prefix.h"

namespace taskgate::jobs {
namespace {

constexpr std::size_t message_bytes_max = 1024;

}  // namespace

RunningAttempt::RunningAttempt(Job job, std::shared_ptr<Alarm> alarm, std::shared_ptr<Alarm> end_alarm, Outlets outlets)
    : renewed_at(job.started_at.value_or(Time{})),
      ended(std::move(end_alarm)),
      job_(std::move(job)),
      alarm_(std::move(alarm)),
      outlets_(std::move(outlets)) {}

void RunningAttempt::progress(double percent, std::string message) {
  if (stopped()) return;
  const double bounded = std::isnan(percent) ? 0 : std::clamp(percent, 0.0, 100.0);
  unsaved_progress = Progress{bounded, utf8_prefix(std::move(message), message_bytes_max)};
  outlets_.progressed();
}

void RunningAttempt::log(std::string line) {
  outlets_.log_line(attempt_name(job_) + ": " + utf8_prefix(std::move(line), message_bytes_max));
}

Awaitable<bool> RunningAttempt::sleep(std::chrono::milliseconds duration) {
  if (!stopped()) co_await alarm_->wait(duration);
  co_return !stopped();
}

void RunningAttempt::on_stop(std::function<void()> told) {
  if (stopped() && told) {
    told();
  } else {
    on_stop_ = std::move(told);
  }
}

void RunningAttempt::stop(StopReason reason) {
  if (stop_reason_) return;
  stop_reason_ = reason;
  alarm_->ring();
  if (const auto told = std::exchange(on_stop_, {})) told();
  outlets_.told_to_stop(shared_from_this());
}

Awaitable<HandlerOutcome> outcome_of(std::shared_ptr<JobHandler> handler, std::shared_ptr<RunningAttempt> attempt) {
  // A coroutine of its own, so that cutting it off leaves ours able to settle.
  const auto loop = co_await boost::asio::this_coro::executor;
  auto token = boost::asio::bind_cancellation_slot(attempt->cancellation_slot(), boost::asio::use_awaitable);
  std::string thrown;
  try {
    auto body = handler->run(attempt);
    auto running = boost::asio::co_spawn(loop, std::move(body), token);
    HandlerOutcome outcome = co_await std::move(running);
    co_return outcome;
  } catch (const std::exception& error) {
    thrown = error.what();
  } catch (...) {
    thrown = "The handler threw something that is no exception";
  }
  FailedAttempt failed;
  failed.error = std::move(thrown);
  co_return HandlerOutcome{std::move(failed)};
}

}  // namespace taskgate::jobs
