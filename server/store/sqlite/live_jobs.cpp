#include "store/sqlite/live_jobs.h"

#include <algorithm>

namespace taskgate::sqlite {

using jobs::JobStatus;

namespace {

void count(std::map<std::string, std::int64_t, std::less<>>& numbers, std::string_view name, int by) {
  auto place = numbers.find(name);
  if (place == numbers.end()) place = numbers.emplace(std::string(name), 0).first;
  place->second += by;
  if (place->second == 0) numbers.erase(place);
}

// The first of those without a control, and all that have one, by name, with the numbers of waiting jobs filled in.
template <class Standings, class Name>
Standings overview_of(Standings known, const std::map<std::string, std::int64_t, std::less<>>& waiting, Name name) {
  std::map<std::string_view, std::int64_t> missing(waiting.begin(), waiting.end());
  for (auto& each : known) {
    const auto found = missing.find(each.*name);
    if (found == missing.end()) continue;
    each.live.waiting = found->second;
    missing.erase(found);
  }
  for (const auto& [text, number] : missing) known.push_back({std::string(text), {}, {0, number, 0}});
  std::sort(known.begin(), known.end(), [&](const auto& a, const auto& b) { return a.*name < b.*name; });
  std::size_t without_control = 0;
  std::erase_if(known, [&](const auto& each) {
    using Control = std::remove_cvref_t<decltype(each.control)>;
    return each.control == Control{} && ++without_control > jobs::overview_names_max;
  });
  return known;
}

}  // namespace

LiveJobs::LiveJobs(std::uint32_t fair_share_every) : fair_share_every_(fair_share_every), ready_(fair_share_every) {}

LiveCounts LiveJobs::rebuild(JobRows& rows, ControlRows& controls) {
  ++changes_;
  ready_ = jobs::ReadyQueue(fair_share_every_);
  waiting_.clear();
  waiting_by_type_.clear();
  waiting_by_queue_.clear();
  leases_.clear();
  // A bucket without a kept level was never taken from: it is full at any time.
  for (const auto& each : controls.types()) ready_.set_type_control(each.type, each.control, Time{}, each.level);
  for (const auto& [queue, control] : controls.queues()) ready_.set_queue_control(queue, control);
  for (const auto& [user, control] : controls.users()) ready_.set_user_control(user, control);
  LiveCounts counts;
  rows.for_each_live([this, &counts](const LiveRow& row) {
    enter_row(row);
    auto& [pending, processing] = counts[row.user_id];
    ++(row.status == JobStatus::processing ? processing : pending);
  });
  return counts;
}

void LiveJobs::enter_row(const LiveRow& row) {
  if (row.status == JobStatus::processing) {
    // A row without its lease would never be reclaimed; taken as expired it is.
    leases_.emplace(row.lease_expires_at.value_or(Time{}), row.id);
    ready_.start({row.id, row.user_id, row.type, row.priority, row.queue});
  } else if (row.status == JobStatus::pending && (row.run_at || row.blocked_by > 0)) {
    // One that depends on others enters when the last of them has completed.
    if (row.blocked_by == 0) waiting_.add(row.type, *row.run_at, row.id);
    count_waiting(row.type, row.queue, +1);
  } else if (row.status == JobStatus::pending) {
    ready_.push({row.id, row.user_id, row.type, row.priority, row.queue});
  }
}

void LiveJobs::enter(const jobs::Job& job, Time now) {
  ++changes_;
  const bool delayed = job.run_at && *job.run_at > now;
  if (job.status == JobStatus::processing) {
    leases_.emplace(job.lease_expires_at.value_or(Time{}), job.id);
    ready_.start({job.id, job.user_id, job.type, job.priority, job.queue});
  } else if (job.status == JobStatus::pending && (delayed || job.blocked_by > 0)) {
    // One that depends on others enters when the last of them has completed.
    if (job.blocked_by == 0) waiting_.add(job.type, *job.run_at, job.id);
    count_waiting(job.type, job.queue, +1);
  } else if (job.status == JobStatus::pending) {
    ready_.push({job.id, job.user_id, job.type, job.priority, job.queue});
  }
}

bool LiveJobs::leave(const Standing& job) {
  ++changes_;
  if (job.status == JobStatus::processing) {
    leases_.erase({job.lease_expires_at.value_or(Time{}), job.id});
    return ready_.finish(job.id);
  }
  if (job.status == JobStatus::pending && !ready_.remove(job.id)) {
    // Popped, but not started.
    if (ready_.holds_slot(job.id)) return ready_.finish(job.id);
    if (job.run_at) waiting_.remove(job.type, *job.run_at, job.id);
    count_waiting(job.type, job.queue, -1);
  }
  return false;
}

void LiveJobs::renew(const Standing& before, const jobs::Job& after) {
  ++changes_;
  leases_.erase({before.lease_expires_at.value_or(Time{}), before.id});
  leases_.emplace(after.lease_expires_at.value_or(Time{}), after.id);
}

void LiveJobs::count_waiting(std::string_view type, std::string_view queue, int by) {
  count(waiting_by_type_, type, by);
  count(waiting_by_queue_, queue, by);
}

void LiveJobs::promote_due(JobRows& rows, Time now) {
  while (const auto id = waiting_.take_due(now)) {
    ++changes_;
    const auto row = rows.find_pending(*id);
    if (!row) continue;
    count_waiting(row->type, row->queue, -1);
    // Already ready: someone else edited its row by hand, and it came back another way.
    if (!ready_.contains(*id)) ready_.push({*id, row->user_id, row->type, row->priority, row->queue});
  }
}

std::optional<JobId> LiveJobs::pop(const jobs::TypeSelection& types, const jobs::Scope& scope, Time now) {
  const auto next = ready_.pop(types, now, scope.user);
  if (!next) return std::nullopt;
  ++changes_;
  return next->id;
}

void LiveJobs::set_type_control(const std::string& type, const jobs::TypeControl& control, Time now) {
  ++changes_;
  ready_.set_type_control(type, control, now);
}

void LiveJobs::set_queue_control(const std::string& queue, const jobs::QueueControl& control) {
  ++changes_;
  ready_.set_queue_control(queue, control);
}

void LiveJobs::set_user_control(const UserId& user, const jobs::UserControl& control) {
  ++changes_;
  ready_.set_user_control(user, control);
}

std::optional<Time> LiveJobs::next_due(const jobs::TypeSelection& types) const {
  const auto due = waiting_.next_due(types);
  const auto start = ready_.next_start(types);
  if (!due || !start) return due ? due : start;
  return std::min(*due, *start);
}

std::vector<jobs::TypeStanding> LiveJobs::types() const {
  return overview_of(ready_.types(), waiting_by_type_, &jobs::TypeStanding::type);
}

std::vector<jobs::QueueStanding> LiveJobs::queues() const {
  return overview_of(ready_.queues(), waiting_by_queue_, &jobs::QueueStanding::queue);
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
