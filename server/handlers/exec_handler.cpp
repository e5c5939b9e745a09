#include "handlers/exec_handler.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "handlers/attempt_reporter.h"
#include "handlers/job_body.h"

namespace taskgate::handlers {
namespace {

class ExecHandler final : public jobs::JobHandler {
 public:
  ExecHandler(Command command, WorkerPool& pool) : command_(std::move(command)), pool_(pool) {}

  Awaitable<jobs::HandlerOutcome> run(std::shared_ptr<jobs::JobContext> context) override {
    const auto loop = co_await boost::asio::this_coro::executor;
    const auto stop = std::make_shared<StopSignal>();
    const auto reporter = std::make_shared<AttemptReporter>(loop, context);
    context->on_stop([stop] { stop->raise(); });
    auto work = [command = command_, input = job_body(context->job()), reporter, stop] {
      return run_command(command, input, *reporter, *stop);
    };
    auto running = run_in<CommandEnd>(pool_, std::move(work));
    const auto end = co_await std::move(running);
    context->on_stop({});
    reporter->close();
    if (!end) co_return jobs::HandlerOutcome{busy()};
    co_return outcome_of(command_, *end);
  }

 private:
  static jobs::FailedAttempt busy() {
    jobs::FailedAttempt failed;
    failed.error = "No thread was free to run the command";
    return failed;
  }

  Command command_;
  WorkerPool& pool_;
};

std::string describe(const Command& command, const CommandEnd& end) {
  if (end.stopped) return "Stopped";
  if (!end.start_error.empty()) return fmt::format("{} cannot be started: {}", command.arguments[0], end.start_error);
  if (end.timed_out) {
    return fmt::format("Timed out after {:.1f} s", static_cast<double>(command.timeout.count()) / 1'000);
  }
  if (end.signal) return fmt::format("The command was killed by signal {}", *end.signal);
  return fmt::format("The command ended with exit code {}", end.exit_code.value_or(-1));
}

}  // namespace

jobs::HandlerOutcome outcome_of(const Command& command, const CommandEnd& end) {
  const bool is_success = end.exit_code == 0 && !end.timed_out && !end.stopped;
  if (is_success && end.result) {
    jobs::Succeeded succeeded;
    succeeded.result = *end.result;
    return succeeded;
  }
  jobs::FailedAttempt failed;
  failed.error = is_success ? end.complaint : describe(command, end);
  failed.retryable = !is_success && (end.exit_code != EX_DATAERR || end.timed_out);
  if (!is_success && !end.error_output.empty()) failed.error += ": " + end.error_output;
  return failed;
}

std::shared_ptr<jobs::JobHandler> make_exec_handler(Command command, WorkerPool& pool) {
  return std::make_shared<ExecHandler>(std::move(command), pool);
}

}  // namespace taskgate::handlers
