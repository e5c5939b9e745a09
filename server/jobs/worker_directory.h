#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"

namespace taskgate::jobs {

// Who takes jobs now: handlers in the server, workers that claim over the network. `app` puts it together from those it
// made.
class WorkerDirectory {
 public:
  virtual ~WorkerDirectory() = default;
  // Whether anybody who is there now takes this user's jobs of this type. Cheap; callable from any thread.
  [[nodiscard]] virtual bool serves(const UserId& user, std::string_view type) const = 0;
};

// Several as one. They must outlive it.
class WorkerDirectories final : public WorkerDirectory {
 public:
  explicit WorkerDirectories(std::vector<const WorkerDirectory*> parts) : parts_(std::move(parts)) {}
  [[nodiscard]] bool serves(const UserId& user, std::string_view type) const override {
    return std::any_of(parts_.begin(), parts_.end(),
                       [&](const WorkerDirectory* each) { return each->serves(user, type); });
  }

 private:
  std::vector<const WorkerDirectory*> parts_;
};

}  // namespace taskgate::jobs
