#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "jobs/job.h"

namespace taskgate::jobs {

// For how long finished jobs are kept. A job exists at least until it has finished and one of these says that it may
// go: its age, or that there are too many. By number the job that was submitted first goes first.
struct Retention {
  std::optional<std::chrono::milliseconds> completed = std::chrono::hours{7 * 24};  // nothing: for ever
  std::optional<std::chrono::milliseconds> failed = std::chrono::hours{30 * 24};    // and cancelled; likewise
  std::optional<std::int64_t> finished_max;                                         // of all users together
  std::optional<std::int64_t> finished_per_user_max;
};

// A job that has just finished is kept so long whatever the numbers are, so that whoever waits for it can read its
// result.
inline constexpr std::chrono::minutes kept_whatever_the_number{1};

// Whether the age alone lets the job go. False for one that has not finished.
[[nodiscard]] bool is_past_retention(JobStatus status, std::optional<Time> completed_at, const Retention& retention,
                                     Time now);
// Whether it may go because there are too many.
[[nodiscard]] bool may_be_surplus(std::optional<Time> completed_at, Time now);
// Jobs with this id or a later one were submitted too late to be past their retention.
[[nodiscard]] JobId first_within_retention(const Retention& retention, Time now);

// How far a round of pruning has come; only the store that gave it reads it. A new one begins a round.
struct PrunePlace {
  bool by_user = false;  // the second half of the round, which looks at users with too many
  UserId user{};
  JobId job{};
};

struct PruneStep {
  std::size_t removed = 0;
  std::optional<PrunePlace> next;  // where to go on; nothing: the round is over
};

}  // namespace taskgate::jobs
