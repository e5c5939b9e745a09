#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "jobs/job_handler.h"
#include "jobs/worker_directory.h"

namespace taskgate::jobs {

// The handlers in the server, which take everybody's jobs.
class HandlerDirectory final : public WorkerDirectory {
 public:
  explicit HandlerDirectory(const std::vector<HandlerRegistration>& handlers) {
    for (const auto& each : handlers) selections_.push_back(each.types);
  }
  [[nodiscard]] bool serves(const UserId&, std::string_view type) const override {
    return std::any_of(selections_.begin(), selections_.end(), [type](const TypeSelection& each) {
      return (std::find(each.types.begin(), each.types.end(), type) != each.types.end()) != each.all_but;
    });
  }

 private:
  std::vector<TypeSelection> selections_;
};

}  // namespace taskgate::jobs
