#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/alarm.h"
#include "jobs/job_handler.h"

namespace taskgate::jobs {

// Why a handler was told to stop.
enum class StopReason { cancelled, lease_lost, timed_out, server_stopping };

// One attempt while its handler runs: what the handler sees of it (JobContext), and what the runner does to it. On the
// runner's loop.
class RunningAttempt final : public JobContext, public std::enable_shared_from_this<RunningAttempt> {
 public:
  struct Outlets {
    std::function<void(const std::string&)> log_line;
    std::function<void()> progressed;  // there is something to store
    std::function<void(std::shared_ptr<RunningAttempt>)> told_to_stop;
  };
  // `checkpoint` is what the claim gave.
  RunningAttempt(Job job, std::optional<std::string> checkpoint, std::shared_ptr<Alarm> alarm,
                 std::shared_ptr<Alarm> end_alarm, Outlets outlets);

  [[nodiscard]] const Job& job() const override { return job_; }
  void progress(double percent, std::string message) override;
  void log(std::string line) override;
  [[nodiscard]] const std::optional<std::string>& checkpoint() const override { return checkpoint_; }
  bool save_checkpoint(std::string json) override;
  [[nodiscard]] bool stopped() const override { return stop_reason_.has_value(); }
  Awaitable<bool> sleep(std::chrono::milliseconds duration) override;
  void on_stop(std::function<void()> told) override;

  // The first reason stays.
  void stop(StopReason reason);
  [[nodiscard]] std::optional<StopReason> stop_reason() const { return stop_reason_; }
  // Ends whatever the handler waits for, with operation_aborted.
  void cut() { cancellation_.emit(boost::asio::cancellation_type::terminal); }
  [[nodiscard]] boost::asio::cancellation_slot cancellation_slot() { return cancellation_.slot(); }
  [[nodiscard]] const std::shared_ptr<Alarm>& alarm() const { return alarm_; }

  struct Progress {
    double percent = 0;
    std::string message;
  };
  std::optional<Progress> unsaved_progress;  // the latest, not stored yet
  // What it said that is not stored yet, beside its progress.
  struct Words {
    std::optional<std::string> checkpoint;
    std::vector<LogLine> log;
    [[nodiscard]] bool empty() const { return !checkpoint && log.empty(); }
  };
  Words unsaved_words;
  bool words_under_way = false;  // the lease keeper is storing some
  // Moves unsaved words into a beat, or back in front of those that came meanwhile when the beat was not stored.
  void take_words(Beat& beat);
  void give_back_words(Beat& beat);
  [[nodiscard]] bool has_news() const { return unsaved_progress || !unsaved_words.empty(); }
  std::optional<Time> news_saved_at;
  Time renewed_at;                  // when the lease was last taken or renewed
  bool settling = false;            // the handler has returned: only its outcome matters from now on
  std::shared_ptr<Alarm> deadline;  // of jobs with a timeout: rings when the handler has returned
  std::shared_ptr<Alarm> ended;     // rung when the handler has returned; for whoever would cut it off

 private:
  Job job_;
  std::optional<std::string> checkpoint_;
  std::shared_ptr<Alarm> alarm_;
  Outlets outlets_;
  std::optional<StopReason> stop_reason_;
  std::function<void()> on_stop_;
  boost::asio::cancellation_signal cancellation_;
};

// What the handler makes of the attempt; what it throws is a retryable failure.
Awaitable<HandlerOutcome> outcome_of(std::shared_ptr<JobHandler> handler, std::shared_ptr<RunningAttempt> attempt);

}  // namespace taskgate::jobs
