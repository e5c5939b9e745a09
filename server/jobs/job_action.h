#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/job.h"
#include "jobs/job_filter.h"

namespace taskgate::jobs {

// What a person does with many jobs at once.
enum class JobAction : std::uint8_t { cancel, retry };

[[nodiscard]] inline std::optional<JobAction> parse_job_action(std::string_view text) {
  if (text == "cancel") return JobAction::cancel;
  if (text == "retry") return JobAction::retry;
  return std::nullopt;
}

// The statuses in which the action finds something to do.
[[nodiscard]] constexpr JobStatusSet statuses_for(JobAction action) {
  if (action == JobAction::cancel) return {JobStatus::pending, JobStatus::processing};
  return {JobStatus::failed, JobStatus::cancelled};
}

// Act on those of the jobs that match the filter at that moment.
struct JobActionRequest {
  JobAction action = JobAction::cancel;
  Scope scope;
  std::vector<JobId> ids;
  JobFilter filter;
};

// The job after the action, or why nothing happened to it: the errors of JobStore::cancel and JobStore::retry, and
// conflict `no_longer_matches`.
struct ActedJob {
  JobId id;
  Result<Job> job;
};

// What was asked for: the jobs named, or those that match a filter, the newest first.
struct JobActionOrder {
  JobAction action = JobAction::cancel;
  bool everybody = false;  // others' jobs, too: for admins
  Scope of = {};           // with `everybody`: those of one user only
  std::vector<JobId> ids = {};
  std::optional<JobFilter> filter = std::nullopt;  // instead of `ids`
  std::size_t limit = 1'000;                       // of a filter: the most jobs of one call, up to action_jobs_max
  std::optional<JobId> before = std::nullopt;      // of a filter: `next` of the call before
};
inline constexpr std::size_t action_ids_max = 1'000;
inline constexpr std::size_t action_jobs_max = 10'000;

struct JobActionReport {
  struct Refused {
    JobId id;
    Error error;
  };
  std::size_t matched = 0;            // jobs that were meant and are the caller's to act on
  std::size_t done = 0;               // of those: changed
  std::vector<Refused> refused = {};  // the others, and ids without a job
  std::optional<JobId> next = {};     // of a filter: there may be more, go on with it as `before`
};

[[nodiscard]] inline Error no_longer_matches() {
  return {ErrorCode::conflict, "no_longer_matches", "The job changed and does not match the filter any more", {}, {}};
}

}  // namespace taskgate::jobs
