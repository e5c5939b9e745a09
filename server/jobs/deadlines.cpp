#include "jobs/deadlines.h"

#include <fmt/format.h>

namespace taskgate::jobs {

std::optional<Time> start_deadline(const Job& job) {
  if (job.status != JobStatus::pending || job.fence != 0) return std::nullopt;
  return job.terms.expires_at;
}

std::optional<Time> attempt_deadline(const Job& job) {
  if (job.status != JobStatus::processing || !job.terms.timeout || !job.started_at) return std::nullopt;
  return *job.started_at + *job.terms.timeout;
}

std::string timeout_error(std::chrono::milliseconds timeout) {
  return fmt::format("Timed out after {:g} s", static_cast<double>(timeout.count()) / 1000);
}

}  // namespace taskgate::jobs
