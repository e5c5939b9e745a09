#include "store/sqlite/live_jobs.h"

namespace taskgate::sqlite {

using jobs::JobStatus;

LiveJobs::LiveJobs(std::uint32_t fair_share_every) : fair_share_every_(fair_share_every), ready_(fair_share_every) {}

void LiveJobs::rebuild(JobRows& rows) {
  ++changes_;
  ready_ = jobs::ReadyQueue(fair_share_every_);
  waiting_.clear();
  leases_.clear();
  rows.for_each_live([this](const LiveRow& row) { enter_row(row); });
}

void LiveJobs::enter_row(const LiveRow& row) {
  if (row.status == JobStatus::processing) {
    // A row without its lease would never be reclaimed; taken as expired it is.
    leases_.emplace(row.lease_expires_at.value_or(Time{}), row.id);
  } else if (row.status == JobStatus::pending && row.run_at) {
    waiting_.add(row.type, *row.run_at, row.id);
  } else if (row.status == JobStatus::pending) {
    ready_.push({row.id, row.user_id, row.type, row.priority});
  }
}

void LiveJobs::enter(const jobs::Job& job, Time now) {
  ++changes_;
  if (job.status == JobStatus::processing) {
    leases_.emplace(job.lease_expires_at.value_or(Time{}), job.id);
  } else if (job.status == JobStatus::pending && job.run_at && *job.run_at > now) {
    waiting_.add(job.type, *job.run_at, job.id);
  } else if (job.status == JobStatus::pending) {
    ready_.push({job.id, job.user_id, job.type, job.priority});
  }
}

void LiveJobs::leave(const Standing& job) {
  ++changes_;
  if (job.status == JobStatus::processing) {
    leases_.erase({job.lease_expires_at.value_or(Time{}), job.id});
  } else if (job.status == JobStatus::pending) {
    const bool waited = job.run_at && waiting_.remove(job.type, *job.run_at, job.id);
    if (!waited) ready_.remove(job.id);
  }
}

void LiveJobs::promote_due(JobRows& rows, Time now) {
  while (const auto id = waiting_.take_due(now)) {
    ++changes_;
    const auto row = rows.find_pending(*id);
    // Already ready: someone else edited its row by hand, and it came back another way.
    if (row && !ready_.contains(*id)) ready_.push({*id, row->user_id, row->type, row->priority});
  }
}

std::optional<JobId> LiveJobs::pop(const jobs::TypeSelection& types) {
  const auto next = ready_.pop(types);
  if (!next) return std::nullopt;
  ++changes_;
  return next->id;
}

std::vector<JobId> LiveJobs::expired_leases(Time before) const {
  std::vector<JobId> expired;
  for (auto lease = leases_.begin(); lease != leases_.end() && lease->first < before; ++lease)
    expired.push_back(lease->second);
  return expired;
}

std::vector<JobId> LiveJobs::leased() const {
  std::vector<JobId> all;
  all.reserve(leases_.size());
  for (const auto& lease : leases_) all.push_back(lease.second);
  return all;
}

}  // namespace taskgate::sqlite
