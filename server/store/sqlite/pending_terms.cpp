#include "store/sqlite/pending_terms.h"

#include <limits>

#include "jobs/deadlines.h"

namespace taskgate::sqlite {

void PendingTerms::rebuild(JobRows& rows) {
  starts_.clear();
  attempts_.clear();
  dependents_.clear();
  rows.for_each_with_terms([this](const jobs::Job& job) { update(job); });
}

// Both moments of a job are known from the job itself also when they are over: the terms never change, and `started_at`
// only when the next attempt begins.
void PendingTerms::update_watched(const jobs::Job& job) {
  const auto& terms = job.terms;
  if (terms.expires_at) {
    const Moment moment{*terms.expires_at, job.id};
    if (jobs::start_deadline(job)) {
      starts_.insert(moment);
    } else {
      starts_.erase(moment);
    }
  }
  if (terms.timeout && job.started_at) {
    const Moment moment{*job.started_at + *terms.timeout, job.id};
    if (jobs::attempt_deadline(job)) {
      attempts_.insert(moment);
    } else {
      attempts_.erase(moment);
    }
  }
  const bool waits = job.status == jobs::JobStatus::pending && job.blocked_by > 0;
  for (const JobId dependency : terms.depends_on) {
    if (waits) {
      dependents_.emplace(dependency, job.id);
    } else {
      dependents_.erase({dependency, job.id});
    }
  }
}

bool PendingTerms::is_awaited(JobId dependency) const {
  if (dependents_.empty()) return false;
  const auto first = dependents_.lower_bound({dependency, JobId{0}});
  return first != dependents_.end() && first->first == dependency;
}

std::vector<JobId> PendingTerms::dependents_of(JobId dependency) const {
  std::vector<JobId> dependents;
  for (auto each = dependents_.lower_bound({dependency, JobId{0}});
       each != dependents_.end() && each->first == dependency; ++each) {
    dependents.push_back(each->second);
  }
  return dependents;
}

std::vector<JobId> PendingTerms::due(const std::set<Moment>& moments, std::size_t limit, Time now) {
  std::vector<JobId> due;
  for (auto each = moments.begin(); each != moments.end() && each->first <= now && due.size() < limit; ++each)
    due.push_back(each->second);
  return due;
}

std::optional<Time> PendingTerms::next(Time now) const {
  const Moment after{now, JobId{std::numeric_limits<std::uint64_t>::max()}};
  std::optional<Time> earliest;
  for (const auto* moments : {&starts_, &attempts_}) {
    const auto each = moments->upper_bound(after);
    if (each != moments->end() && (!earliest || each->first < *earliest)) earliest = each->first;
  }
  return earliest;
}

}  // namespace taskgate::sqlite
