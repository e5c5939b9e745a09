#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "jobs/job.h"
#include "store/sqlite/job_rows.h"

namespace taskgate::sqlite {

// What live jobs wait for besides their turn, in memory as the writer's alone: when they expire, when their attempt has
// taken too long, which jobs they depend on. Only jobs with such terms are in it.
class PendingTerms {
 public:
  void rebuild(JobRows& rows);

  // To be called with a job after each change. Costs nothing for jobs without terms.
  void update(const jobs::Job& job) {
    if (!job.terms.empty()) update_watched(job);
  }

  // Whether a pending job waits for that one.
  [[nodiscard]] bool is_awaited(JobId dependency) const;
  [[nodiscard]] std::vector<JobId> dependents_of(JobId dependency) const;
  // Up to `limit` jobs whose deadline is not after `now`, the earliest first.
  [[nodiscard]] std::vector<JobId> expired(std::size_t limit, Time now) const { return due(starts_, limit, now); }
  [[nodiscard]] std::vector<JobId> timed_out(std::size_t limit, Time now) const { return due(attempts_, limit, now); }
  // The earliest deadline after `now`.
  [[nodiscard]] std::optional<Time> next(Time now) const;

 private:
  using Moment = std::pair<Time, JobId>;

  void update_watched(const jobs::Job& job);
  [[nodiscard]] static std::vector<JobId> due(const std::set<Moment>& moments, std::size_t limit, Time now);

  std::set<Moment> starts_;                       // pending, with a start_deadline
  std::set<Moment> attempts_;                     // processing, with an attempt_deadline
  std::set<std::pair<JobId, JobId>> dependents_;  // (what is waited for, who waits)
};

}  // namespace taskgate::sqlite
