#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "handlers/command_output.h"
#include "jobs/job_handler.h"

namespace taskgate::handlers {

// Carries what a command says from the thread that reads it to the attempt's loop. Of progress the latest wins, so that
// a command that reports a million times costs no more memory than one that reports once; lines are bounded by
// CommandOutput.
class AttemptReporter final : public CommandListener, public std::enable_shared_from_this<AttemptReporter> {
 public:
  AttemptReporter(boost::asio::any_io_executor loop, std::shared_ptr<jobs::JobContext> context)
      : loop_(std::move(loop)), context_(std::move(context)) {}

  void progress(double percent, std::string message) override;
  void log(std::string line) override;
  // On the loop: hands over what is still here.
  void deliver();
  // On the loop: hands that over, and nothing afterwards.
  void close();

 private:
  void post_delivery();

  boost::asio::any_io_executor loop_;
  std::shared_ptr<jobs::JobContext> context_;  // on the loop only; null once closed
  std::mutex mutex_;                           // for the rest
  std::optional<std::pair<double, std::string>> progress_;
  std::vector<std::string> lines_;
  bool posted_ = false;
};

}  // namespace taskgate::handlers
