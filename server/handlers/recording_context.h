#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jobs/job_handler.h"

namespace taskgate::handlers {

// An attempt for tests: keeps what the handler says, and can be stopped.
class RecordingContext final : public jobs::JobContext {
 public:
  explicit RecordingContext(jobs::Job job) : job_(std::move(job)) {}

  [[nodiscard]] const jobs::Job& job() const override { return job_; }
  void progress(double percent, std::string message) override {
    progress_seen.emplace_back(percent, std::move(message));
  }
  void log(std::string line) override {
    lines.push_back(std::move(line));
    if (on_line) on_line(lines.back());
  }
  [[nodiscard]] const std::optional<std::string>& checkpoint() const override { return given_checkpoint; }
  bool save_checkpoint(std::string json) override {
    checkpoints.push_back(std::move(json));
    return true;
  }
  [[nodiscard]] bool stopped() const override { return stopped_; }
  Awaitable<bool> sleep(std::chrono::milliseconds) override { co_return !stopped_; }
  void on_stop(std::function<void()> told) override {
    told_ = std::move(told);
    if (stopped_ && told_) told_();
  }
  void stop() {
    stopped_ = true;
    if (told_) told_();
  }

  std::vector<std::pair<double, std::string>> progress_seen;
  std::vector<std::string> lines;
  std::optional<std::string> given_checkpoint;
  std::vector<std::string> checkpoints;  // saved
  std::function<void(const std::string& line)> on_line;

 private:
  jobs::Job job_;
  bool stopped_ = false;
  std::function<void()> told_;
};

inline jobs::Job example_job(std::string data = "{}") {
  jobs::Job job;
  job.id = JobId{0x0193000000000001};
  job.user_id.bytes[11] = 7;
  job.type = "Send invoice";
  job.data = std::move(data);
  job.attempts = 2;
  return job;
}

// Runs a handler to its end in the calling thread; `meanwhile` is called on the loop once it has begun.
inline jobs::HandlerOutcome run_handler(jobs::JobHandler& handler, std::shared_ptr<RecordingContext> context,
                                        const std::function<void()>& meanwhile = {}) {
  boost::asio::io_context loop;
  std::optional<jobs::HandlerOutcome> outcome;
  auto ended = [&outcome](std::exception_ptr failure, jobs::HandlerOutcome value) {
    if (failure) std::rethrow_exception(failure);
    outcome = std::move(value);
  };
  boost::asio::co_spawn(loop, handler.run(std::move(context)), ended);
  if (meanwhile) boost::asio::post(loop, meanwhile);
  loop.run();
  return std::move(outcome).value();
}

}  // namespace taskgate::handlers
