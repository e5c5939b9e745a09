#include "jobs/retention.h"

#include <algorithm>
#include <limits>

namespace taskgate::jobs {

bool is_past_retention(JobStatus status, std::optional<Time> completed_at, const Retention& retention, Time now) {
  if (!is_finished(status) || !completed_at) return false;
  const auto& kept = status == JobStatus::completed ? retention.completed : retention.failed;
  return kept && now - *completed_at >= *kept;
}

bool may_be_surplus(std::optional<Time> completed_at, Time now) {
  return completed_at && now - *completed_at >= kept_whatever_the_number;
}

JobId first_within_retention(const Retention& retention, Time now) {
  if (!retention.completed && !retention.failed) return JobId{0};
  const auto ever = std::chrono::milliseconds::max();
  const Time newest = now - std::min(retention.completed.value_or(ever), retention.failed.value_or(ever));
  return newest < Time{} ? JobId{0} : first_job_id_after(newest);
}

}  // namespace taskgate::jobs
