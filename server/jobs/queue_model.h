#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "jobs/job_store.h"

namespace taskgate::jobs {

// What must be true of a queue, in the plainest way there is: every question is answered by looking at every job. It
// shares no code with the engines beyond the records themselves. For tests; see queue_simulator.h.
class QueueModel {
 public:
  struct Violation : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  static void require(bool holds, const std::string& what) {
    if (!holds) throw Violation(what);
  }

  struct Entry {
    Job job;  // the fields that compare() names are kept up to date
    std::map<std::int64_t, AttemptOutcome> ended;
    // Its moment has come once, though the clock may have been set back since: engines may start it or wait again.
    bool once_due = false;
    bool ended_once = false;
  };
  // A token bucket. After the clock was set back nobody can say what is in it, until the rate is set anew.
  struct Bucket {
    std::int64_t credit = 0;
    Time at;
    bool known = true;
  };

  std::map<JobId, Entry> jobs;
  std::map<std::string, TypeControl> types;
  std::map<std::string, QueueControl> queues;
  std::map<UserId, UserControl> users;
  std::map<std::string, Bucket> buckets;
  std::map<std::pair<UserId, std::string>, JobId> keys;  // the latest to take each unique key
  std::map<std::string, Time> answered;                  // idempotency keys, and until when they are remembered
  std::set<JobId> followed;                              // changed as a consequence, by the verb that was learned last

  static constexpr int crashes_max = 3;

  // ---- What may start.
  static bool selects(const TypeSelection& types, const Job& job) {
    return (std::find(types.types.begin(), types.types.end(), job.type) != types.types.end()) != types.all_but;
  }
  [[nodiscard]] int awaited(const Job& job) const {
    if (job.status != JobStatus::pending) return 0;
    return static_cast<int>(std::count_if(job.terms.depends_on.begin(), job.terms.depends_on.end(),
                                          [this](JobId id) { return jobs.at(id).job.status != JobStatus::completed; }));
  }
  // Never started and never ended: only such a job can expire.
  static bool is_expired(const Entry& entry, Time now) {
    const Job& job = entry.job;
    return job.status == JobStatus::pending && job.fence == 0 && !entry.ended_once && job.terms.expires_at &&
           *job.terms.expires_at <= now;
  }
  [[nodiscard]] bool is_due(const Entry& entry, Time now) const {
    const Job& job = entry.job;
    return job.status == JobStatus::pending && awaited(job) == 0 && (!job.run_at || *job.run_at <= now);
  }
  [[nodiscard]] bool may_be_due(const Entry& entry, Time now) const {
    if (is_due(entry, now)) return true;
    return entry.once_due && entry.job.status == JobStatus::pending && awaited(entry.job) == 0;
  }

  enum class Held { no, perhaps, yes };
  // Whether a pause or a limit keeps the job from starting. Slots are counted by looking at every job.
  [[nodiscard]] Held held_up(const Job& job, Time now) const {
    std::int64_t of_type = 0;
    std::int64_t of_user = 0;
    std::int64_t of_both = 0;
    for (const auto& [id, entry] : jobs) {
      const Job& other = entry.job;
      if (other.status != JobStatus::processing) continue;
      of_type += other.type == job.type ? 1 : 0;
      of_user += other.user_id == job.user_id ? 1 : 0;
      of_both += other.type == job.type && other.user_id == job.user_id ? 1 : 0;
    }
    const auto reached = [](const std::optional<std::int64_t>& limit, std::int64_t running) {
      return limit && running >= *limit;
    };
    if (queue_control(job.queue).paused || reached(user_control(job.user_id).concurrency, of_user)) return Held::yes;
    const TypeControl control = type_control(job.type);
    if (control.paused || reached(control.concurrency, of_type) || reached(control.concurrency_per_user, of_both)) {
      return Held::yes;
    }
    if (!control.rate) return Held::no;
    const Bucket& bucket = buckets.at(job.type);
    if (!bucket.known) return Held::perhaps;
    return credit(bucket, *control.rate, now) >= control.rate->window.count() ? Held::no : Held::yes;
  }
  [[nodiscard]] TypeControl type_control(const std::string& type) const {
    const auto found = types.find(type);
    return found == types.end() ? TypeControl{} : found->second;
  }
  [[nodiscard]] QueueControl queue_control(const std::string& queue) const {
    const auto found = queues.find(queue);
    return found == queues.end() ? QueueControl{} : found->second;
  }
  [[nodiscard]] UserControl user_control(const UserId& user) const {
    const auto found = users.find(user);
    return found == users.end() ? UserControl{} : found->second;
  }
  void set_type_control(const std::string& type, const TypeControl& control, Time now) {
    if (control.rate && control.rate != type_control(type).rate) {
      buckets[type] = {control.rate->starts * control.rate->window.count(), now, true};
    }
    types[type] = control;
  }
  void take_token(const std::string& type, Time now) {
    const TypeControl control = type_control(type);
    if (!control.rate) return;
    Bucket& bucket = buckets.at(type);
    bucket.credit = credit(bucket, *control.rate, now) - control.rate->window.count();
    bucket.at = now;
  }
  void clock_moved(Time from, Time to) {
    for (auto& [type, bucket] : buckets) bucket.known = bucket.known && to >= from;
    for (auto& [id, entry] : jobs) {
      if (entry.job.run_at && *entry.job.run_at <= to) entry.once_due = true;
    }
  }

  // ---- What becomes of a job. All of them note in `followed` which others change as a consequence.
  void start(Entry& entry, const std::string& worker, std::chrono::milliseconds lease, Time now) {
    Job& job = entry.job;
    take_token(job.type, now);
    job.status = JobStatus::processing;
    ++job.attempts;
    ++job.fence;
    job.run_at.reset();
    entry.once_due = false;
    job.worker = worker;
    job.started_at = now;
    job.lease_expires_at = now + lease;
  }
  void wait(Entry& entry, std::optional<Time> run_at, Time now) {
    Job& job = entry.job;
    job.status = JobStatus::pending;
    job.worker.reset();
    job.lease_expires_at.reset();
    job.run_at = run_at && *run_at > now ? run_at : std::nullopt;
    entry.once_due = false;
  }
  void finish(Entry& entry, JobStatus status) {
    Job& job = entry.job;
    job.status = status;
    job.worker.reset();
    job.lease_expires_at.reset();
    job.run_at.reset();
    entry.once_due = false;
    entry.ended_once = true;
    for (auto& [id, other] : jobs) {
      const auto& awaits = other.job.terms.depends_on;
      if (other.job.status != JobStatus::pending) continue;
      if (std::find(awaits.begin(), awaits.end(), job.id) == awaits.end()) continue;
      const bool fails =
          status != JobStatus::completed && other.job.terms.on_dependency_failure == OnDependencyFailure::fail;
      if (fails) finish(other, JobStatus::failed);
      if (fails || status == JobStatus::completed) followed.insert(id);
    }
  }
  void crash(Entry& entry, Time now) {
    entry.ended[entry.job.fence] = AttemptOutcome::crashed;
    ++entry.job.crashes;
    if (entry.job.crashes > crashes_max) {
      finish(entry, JobStatus::failed);
    } else {
      wait(entry, std::nullopt, now);
    }
  }
  void expire(Entry& entry) {
    ++entry.job.fence;
    finish(entry, JobStatus::failed);
  }
  void cancel(Entry& entry) {
    if (entry.job.status == JobStatus::processing) entry.ended[entry.job.fence] = AttemptOutcome::cancelled;
    ++entry.job.fence;
    finish(entry, JobStatus::cancelled);
  }
  SettleStatus settle(Entry& entry, const Settlement& settlement, Time now) {
    Job& job = entry.job;
    if (job.status != JobStatus::processing || job.fence != settlement.fence) {
      const auto ended = entry.ended.find(settlement.fence);
      if (ended == entry.ended.end() || ended->second == AttemptOutcome::crashed) return SettleStatus::stale_lease;
      return ended->second == AttemptOutcome::cancelled ? SettleStatus::cancelled : SettleStatus::already_settled;
    }
    static constexpr AttemptOutcome outcomes[] = {AttemptOutcome::completed, AttemptOutcome::failed,
                                                  AttemptOutcome::failed, AttemptOutcome::released};
    entry.ended[job.fence] = outcomes[static_cast<std::size_t>(settlement.kind)];
    switch (settlement.kind) {
      case SettlementKind::complete:
        job.result = settlement.result;
        finish(entry, JobStatus::completed);
        break;
      case SettlementKind::fail:
        finish(entry, JobStatus::failed);
        break;
      case SettlementKind::retry:
        ++job.retries;
        wait(entry, settlement.run_at, now);
        break;
      case SettlementKind::release:
        --job.attempts;
        wait(entry, settlement.run_at, now);
        break;
    }
    return SettleStatus::ok;
  }

  // ---- Retry by hand, submission.
  [[nodiscard]] static bool holds_key(const Job& job, Time now) {
    if (job.terms.unique_for == UniqueFor::live) return !is_finished(job.status);
    if (job.terms.unique_for == UniqueFor::pending) return job.status == JobStatus::pending;
    return job.terms.unique_until && now < *job.terms.unique_until;
  }
  Entry* holder(const Job& job, Time now) {
    if (!job.terms.unique_key) return nullptr;
    const auto taken = keys.find({job.user_id, *job.terms.unique_key});
    if (taken == keys.end()) return nullptr;
    Entry& entry = jobs.at(taken->second);
    return holds_key(entry.job, now) ? &entry : nullptr;
  }
  // The reason for which it is refused; empty: it waits again.
  std::string retry(Entry& entry, Time now) {
    Job& job = entry.job;
    if (job.status == JobStatus::completed) return "already_completed";
    if (!is_finished(job.status)) return "not_finished";
    if (has_broken_dependency(job)) return "dependency_failed";
    if (job.terms.unique_key && job.terms.unique_for != UniqueFor::window) {
      const Entry* other = holder(job, now);
      if (other != nullptr && other->job.id != job.id) return "unique_key_taken";
      keys[{job.user_id, *job.terms.unique_key}] = job.id;
    }
    job.retries = job.crashes = 0;
    // One that failed without ever having been started is not new any more either.
    job.fence = std::max<std::int64_t>(job.fence, 1);
    wait(entry, std::nullopt, now);
    return {};
  }
  [[nodiscard]] bool has_broken_dependency(const Job& job) const {
    return job.terms.on_dependency_failure == OnDependencyFailure::fail &&
           std::any_of(job.terms.depends_on.begin(), job.terms.depends_on.end(), [this](JobId id) {
             const JobStatus status = jobs.at(id).job.status;
             return is_finished(status) && status != JobStatus::completed;
           });
  }
  [[nodiscard]] bool backlog_is_full(const UserId& user, std::int64_t more) const {
    const std::int64_t cap = user_control(user).backlog.value_or(0);
    const auto waiting = std::count_if(jobs.begin(), jobs.end(), [&user](const auto& each) {
      return each.second.job.user_id == user && each.second.job.status == JobStatus::pending;
    });
    return cap != 0 && waiting + more > cap;
  }
  struct Expected {
    SubmitStatus status = SubmitStatus::created;
    std::string reason;  // of a refusal
    JobId id;            // the job that is answered with
  };
  Expected submit(const Submission& submission, Time now) {
    Job job = submission.job;
    const bool full = backlog_is_full(job.user_id, 1);
    for (const JobId id : job.terms.depends_on) {
      if (!jobs.contains(id) || jobs.at(id).job.user_id != job.user_id) {
        return {SubmitStatus::refused, "validation_failed", {}};
      }
    }
    if (Entry* other = holder(job, now)) {
      if (submission.on_duplicate == UniquePolicy::return_existing) return {SubmitStatus::existing, {}, other->job.id};
      if (submission.on_duplicate == UniquePolicy::reject) return {SubmitStatus::refused, "unique_key_taken", {}};
      if (full) return {SubmitStatus::refused, "backlog_full", {}};
      if (!is_finished(other->job.status)) {
        followed.insert(other->job.id);
        cancel(*other);
      }
    }
    if (full) return {SubmitStatus::refused, "backlog_full", {}};
    add(std::move(job), now);
    return {SubmitStatus::created, {}, submission.job.id};
  }
  void add(Job job, Time now) {
    const JobId id = job.id;
    if (job.run_at && *job.run_at <= now) job.run_at.reset();
    Entry& entry = jobs[id];
    entry.job = std::move(job);
    if (has_broken_dependency(entry.job)) finish(entry, JobStatus::failed);
    if (entry.job.terms.unique_key && holds_key(entry.job, now)) {
      keys[{entry.job.user_id, *entry.job.terms.unique_key}] = id;
    }
  }

  // ---- Whether a store says the same. Revisions are learned on the way.
  void compare(const std::vector<Job>& stored) {
    for (const auto& [id, entry] : jobs) {
      const bool there = std::any_of(stored.begin(), stored.end(), [id = id](const Job& job) { return job.id == id; });
      require(there, "an acknowledged job exists: job " + to_string(id) + " is gone");
    }
    for (const Job& job : stored) {
      require(jobs.contains(job.id), "only submitted jobs exist, but there is " + to_string(job.id));
      compare(jobs.at(job.id).job, job);
    }
    for (const Job& job : stored) jobs.at(job.id).job.revision = job.revision;
  }

  // Controls are as they were set, and what counts against a limit is what runs.
  void compare(const QueueOverview& overview) const {
    std::map<std::string, std::int64_t> running;
    std::map<UserId, std::int64_t> running_of;
    for (const auto& [id, entry] : jobs) {
      if (entry.job.status != JobStatus::processing) continue;
      ++running[entry.job.type];
      ++running_of[entry.job.user_id];
    }
    auto unseen_types = types;
    for (const TypeStanding& each : overview.types) {
      require(each.control == type_control(each.type), "type " + each.type + ": its control");
      require(each.live.running == running[each.type], "type " + each.type + ": the slots taken are the jobs that run");
      unseen_types.erase(each.type);
    }
    for (const auto& [type, control] : unseen_types) require(control == TypeControl{}, "a control is kept: " + type);
    for (const QueueStanding& each : overview.queues) {
      require(each.control == queue_control(each.queue), "queue " + each.queue + ": its control");
    }
    auto unseen_users = users;
    for (const UserStanding& each : overview.users) {
      require(each.control == user_control(each.user_id), "a user's control");
      require(each.running == running_of[each.user_id], "the slots a user takes are the jobs that run");
      unseen_users.erase(each.user_id);
    }
    for (const auto& [user, control] : unseen_users) require(control == UserControl{}, "a user's control is kept");
  }

 private:
  [[nodiscard]] static std::int64_t credit(const Bucket& bucket, const StartRate& rate, Time now) {
    const std::int64_t gained = (now - bucket.at).count() * rate.starts;
    return std::min(rate.starts * rate.window.count(), bucket.credit + std::max<std::int64_t>(0, gained));
  }
  void compare(const Job& expected, const Job& job) const {
    const std::string name = "job " + to_string(job.id) + ": ";
    require(job.status == expected.status, name + "status " + std::string(to_string(job.status)) + " instead of " +
                                               std::string(to_string(expected.status)));
    require(job.fence == expected.fence, name + "fence");
    require(job.attempts == expected.attempts, name + "attempts");
    require(job.retries == expected.retries, name + "retries: a crash is not a failure");
    require(job.crashes == expected.crashes, name + "crashes");
    require(job.priority == expected.priority, name + "priority: as submitted, over delay, retry and crash");
    require(job.worker == expected.worker, name + "holder");
    require(job.lease_expires_at == expected.lease_expires_at, name + "end of the lease");
    require(job.status != JobStatus::completed || job.result == expected.result, name + "result");
    require(!job.run_at || job.run_at == expected.run_at, name + "due moment");
    require(job.blocked_by == awaited(expected), name + "dependencies it waits for");
    require(job.revision >= expected.revision, name + "the revision only rises");
  }
};

}  // namespace taskgate::jobs
