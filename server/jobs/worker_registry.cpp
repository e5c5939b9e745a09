#include "jobs/worker_registry.h"

namespace taskgate::jobs {
namespace {

constexpr std::chrono::minutes forget_jobs_after{1};
constexpr std::chrono::minutes forget_workers_after{10};
constexpr std::chrono::minutes tidy_every{1};
constexpr std::size_t cancels_max = 1'000;

}  // namespace

WorkerRegistry::Worker& WorkerRegistry::seen(const Key& key, Time now) {
  if (now < tidied_at_ || now - tidied_at_ >= tidy_every) tidy(now);
  Worker& worker = workers_[key];
  worker.seen_at = now;
  return worker;
}

void WorkerRegistry::hold(const Key& key, const Job& job) {
  const auto found = held_.find(job.id);
  if (found != held_.end()) erase(found);
  Hold& hold = held_[job.id];
  hold.worker = key;
  hold.held.job = job;
  hold.held.job.data.clear();
  hold.held.lease_ends = job.lease_expires_at.value_or(Time{});
  workers_[key].jobs.insert(job.id);
}

HeldJob* WorkerRegistry::find(JobId id, std::int64_t fence) {
  const auto found = held_.find(id);
  return found == held_.end() || found->second.held.job.fence != fence ? nullptr : &found->second.held;
}

void WorkerRegistry::drop(JobId id, std::int64_t fence) {
  const auto found = held_.find(id);
  if (found != held_.end() && found->second.held.job.fence == fence) erase(found);
}

void WorkerRegistry::erase(std::unordered_map<JobId, Hold>::iterator place) {
  workers_[place->second.worker].jobs.erase(place->first);
  held_.erase(place);
}

void WorkerRegistry::job_changed(const Job& job) {
  const auto found = held_.find(job.id);
  if (found == held_.end()) return;
  const HeldJob& held = found->second.held;
  // Older than the claim: the news was overtaken.
  if (job.revision <= held.job.revision) return;
  if (job.status == JobStatus::processing && job.fence == held.job.fence) return;
  Worker& worker = workers_[found->second.worker];
  const bool cancelled = job.status == JobStatus::cancelled;
  if (worker.cancels.size() < cancels_max) worker.cancels.push_back({job.id, cancelled ? "cancelled" : "lease_lost"});
  for (const auto& poll : worker.polls) poll->ring();
  erase(found);
}

std::vector<WorkerCancel> WorkerRegistry::take_cancels(const Key& key) {
  const auto worker = workers_.find(key);
  return worker == workers_.end() ? std::vector<WorkerCancel>{} : std::exchange(worker->second.cancels, {});
}

std::vector<HeldJob> WorkerRegistry::held_by(const Key& key) const {
  std::vector<HeldJob> jobs;
  const auto worker = workers_.find(key);
  if (worker == workers_.end()) return jobs;
  for (const JobId id : worker->second.jobs) jobs.push_back(held_.at(id).held);
  return jobs;
}

void WorkerRegistry::tidy(Time now) {
  tidied_at_ = now;
  for (auto hold = held_.begin(); hold != held_.end();) {
    const auto next = std::next(hold);
    if (hold->second.held.lease_ends + forget_jobs_after < now) erase(hold);
    hold = next;
  }
  std::erase_if(workers_, [now](const auto& each) {
    const Worker& worker = each.second;
    return worker.jobs.empty() && worker.polls.empty() && worker.seen_at + forget_workers_after < now;
  });
}

std::vector<Job> WorkerRegistry::take_untold(Time now) {
  std::vector<Job> jobs;
  for (auto& [id, hold] : held_) {
    if (!hold.held.untold) continue;
    jobs.push_back(std::move(*hold.held.untold));
    hold.held.untold.reset();
    hold.held.told_at = now;
  }
  return jobs;
}

}  // namespace taskgate::jobs
