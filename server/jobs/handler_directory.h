#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "jobs/job_handler.h"
#include "jobs/worker_directory.h"
#include "jobs/worker_types.h"

namespace taskgate::jobs {

// The handlers in the server, which take everybody's jobs, but for what they leave to workers.
class HandlerDirectory final : public WorkerDirectory {
 public:
  HandlerDirectory(const std::vector<HandlerRegistration>& handlers, const Clock& clock)
      : handlers_(handlers), clock_(clock) {}
  [[nodiscard]] bool serves(const UserId&, std::string_view type) const override {
    return std::any_of(handlers_.begin(), handlers_.end(), [&](const HandlerRegistration& each) {
      const auto& types = each.types.types;
      const bool selected = (std::find(types.begin(), types.end(), type) != types.end()) != each.types.all_but;
      return selected && !(each.left_to_workers && each.left_to_workers->leaves_alone(type, clock_.now()));
    });
  }

 private:
  std::vector<HandlerRegistration> handlers_;
  const Clock& clock_;
};

}  // namespace taskgate::jobs
