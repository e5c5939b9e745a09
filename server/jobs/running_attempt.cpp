#include "jobs/running_attempt.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/this_coro.hpp>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/json.h"
#include "base/printable.h"
#include "jobs/settlement.h"
#include "jobs/utf8_prefix.h"

namespace taskgate::jobs {
namespace {

constexpr std::size_t message_bytes_max = 1024;

}  // namespace

RunningAttempt::RunningAttempt(Job job, std::optional<std::string> checkpoint, std::shared_ptr<Alarm> alarm,
                               std::shared_ptr<Alarm> end_alarm, Outlets outlets)
    : renewed_at(job.started_at.value_or(Time{})),
      ended(std::move(end_alarm)),
      job_(std::move(job)),
      checkpoint_(std::move(checkpoint)),
      alarm_(std::move(alarm)),
      outlets_(std::move(outlets)) {}

void RunningAttempt::progress(double percent, std::string message) {
  if (stopped()) return;
  const double bounded = std::isnan(percent) ? 0 : std::clamp(percent, 0.0, 100.0);
  unsaved_progress = Progress{bounded, utf8_prefix(std::move(message), message_bytes_max)};
  outlets_.progressed();
}

void RunningAttempt::log(std::string line) {
  if (!is_utf8(line)) line = to_printable(line);
  line = utf8_prefix(std::move(line), log_line_bytes_max);
  outlets_.log_line(attempt_name(job_) + ": " + line);
  if (stopped()) return;
  auto& log = unsaved_words.log;
  // More would not be kept anyway.
  if (log.size() >= static_cast<std::size_t>(log_lines_kept_max)) log.erase(log.begin());
  log.push_back({std::move(line)});
  outlets_.progressed();
}

bool RunningAttempt::save_checkpoint(std::string json) {
  if (json.size() > checkpoint_bytes_max || !parse_json(json)) return false;
  if (stopped()) return true;
  unsaved_words.checkpoint = std::move(json);
  outlets_.progressed();
  return true;
}

void RunningAttempt::take_words(Beat& beat) {
  beat.checkpoint = std::exchange(unsaved_words.checkpoint, std::nullopt);
  beat.log = std::exchange(unsaved_words.log, {});
}

void RunningAttempt::give_back_words(Beat& beat) {
  if (!unsaved_words.checkpoint) unsaved_words.checkpoint = std::move(beat.checkpoint);
  auto& log = unsaved_words.log;
  log.insert(log.begin(), std::make_move_iterator(beat.log.begin()), std::make_move_iterator(beat.log.end()));
  constexpr auto most = static_cast<std::size_t>(log_lines_kept_max);
  if (log.size() > most) log.erase(log.begin(), log.end() - static_cast<std::ptrdiff_t>(most));
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
