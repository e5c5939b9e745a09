#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/job_filter.h"

namespace taskgate::api {

// Reads the parts of a filter from text, wherever they come from; what is wrong is added to `faults` under the name of
// the part.
class JobFilterText {
 public:
  explicit JobFilterText(std::vector<FieldError>& faults, std::string prefix = "")
      : faults_(faults), prefix_(std::move(prefix)) {}

  // One status, or several separated by commas.
  void statuses(std::string_view text);
  void add_status(std::string_view name);
  void type(std::string_view text) { filter_.type = std::string(text); }
  void tag(std::string_view text) { filter_.tag = std::string(text); }
  void queue(std::string_view text) { filter_.queue = std::string(text); }
  void text(std::string_view text);
  void created_after(std::string_view text) { filter_.created_from = time("createdAfter", text); }
  void created_before(std::string_view text) { filter_.created_before = time("createdBefore", text); }

  [[nodiscard]] jobs::JobFilter take() { return std::move(filter_); }

 private:
  std::optional<Time> time(std::string_view name, std::string_view text);
  void fault(std::string_view name, std::string_view what);

  jobs::JobFilter filter_;
  bool any_status_ = true;
  std::vector<FieldError>& faults_;
  std::string prefix_;
};

}  // namespace taskgate::api
