#include "handlers/attempt_reporter.h"

#include <boost/asio/post.hpp>

namespace taskgate::handlers {

void AttemptReporter::progress(double percent, std::string message) {
  {
    const std::lock_guard lock(mutex_);
    progress_.emplace(percent, std::move(message));
    if (std::exchange(posted_, true)) return;
  }
  post_delivery();
}

void AttemptReporter::log(std::string line) {
  {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    if (std::exchange(posted_, true)) return;
  }
  post_delivery();
}

void AttemptReporter::post_delivery() {
  boost::asio::post(loop_, [self = shared_from_this()] { self->deliver(); });
}

void AttemptReporter::deliver() {
  std::optional<std::pair<double, std::string>> progress;
  std::vector<std::string> lines;
  {
    const std::lock_guard lock(mutex_);
    posted_ = false;
    progress = std::exchange(progress_, std::nullopt);
    lines.swap(lines_);
  }
  if (!context_) return;
  for (std::string& line : lines) context_->log(std::move(line));
  if (progress) context_->progress(progress->first, std::move(progress->second));
}

void AttemptReporter::close() {
  deliver();
  context_.reset();
}

}  // namespace taskgate::handlers
