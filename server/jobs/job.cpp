#include "jobs/job.h"

#include <array>

namespace taskgate::jobs {
namespace {

// In the order of the enumerations; these words are on the wire and in databases.
constexpr std::array<std::string_view, 5> status_names = {"pending", "processing", "completed", "failed", "cancelled"};
constexpr std::array<std::string_view, 5> outcome_names = {"completed", "failed", "crashed", "cancelled", "released"};

}  // namespace

std::string_view to_string(JobStatus status) { return status_names[static_cast<std::size_t>(status)]; }

std::optional<JobStatus> parse_job_status(std::string_view text) {
  for (std::size_t index = 0; index < status_names.size(); ++index) {
    if (status_names[index] == text) return static_cast<JobStatus>(index);
  }
  return std::nullopt;
}

bool is_finished(JobStatus status) { return status != JobStatus::pending && status != JobStatus::processing; }

std::string_view to_string(AttemptOutcome outcome) { return outcome_names[static_cast<std::size_t>(outcome)]; }

}  // namespace taskgate::jobs
