#pragma once

#include <algorithm>
#include <cctype>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/job_store.h"
#include "jobs/ready_queue.h"

namespace taskgate::jobs {

// A JobStore in memory, for tests: the whole port, honestly, without a disk under it. Every engine's conformance suite
// runs against it too, so that what services and runner are tested with behaves like what they run on. Thread-safe.
class MemoryJobStore : public JobStore {
 public:
  explicit MemoryJobStore(std::uint32_t fair_share_every = 8) : ready_(fair_share_every) {}

  // The next `calls` calls throw StoreFailure and change nothing.
  void fail_next(int calls) {
    const std::lock_guard lock(mutex_);
    failures_ = calls;
  }
  // How many calls there were, failed ones included: an idle program makes none.
  [[nodiscard]] std::size_t calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  // What stopping and starting the program does to this store: the order in memory is built anew from the jobs.
  void rebuild_queue() {
    const std::lock_guard lock(mutex_);
    ready_ = ReadyQueue{};
    waiting_.clear();
    for (const auto& [id, record] : records_) {
      if (record.job.status == JobStatus::pending) enqueue(record.job);
    }
  }

  Awaitable<void> submit(std::vector<Job> jobs, Time now) override {
    const std::lock_guard lock(mutex_);
    enter();
    for (Job& job : jobs) {
      if (job.run_at && *job.run_at <= now) job.run_at.reset();
      const auto place = records_.try_emplace(job.id).first;
      place->second.job = std::move(job);
      enqueue(place->second.job);
    }
    co_return;
  }

  Awaitable<Claim> claim(ClaimRequest request, Time now) override {
    const std::lock_guard lock(mutex_);
    enter();
    promote_due(now);
    Claim claim;
    while (claim.jobs.size() < request.max) {
      const auto next = ready_.pop(request.types);
      if (!next) break;
      Record& record = records_.at(next->id);
      start(record, request, now);
      claim.jobs.push_back(record.job);
    }
    if (claim.jobs.size() < request.max) claim.next_due = earliest_due(request.types);
    co_return claim;
  }

  Awaitable<std::vector<Settled>> settle(std::vector<Settlement> settlements, Time now) override {
    const std::lock_guard lock(mutex_);
    enter();
    std::vector<Settled> answers;
    answers.reserve(settlements.size());
    for (const Settlement& settlement : settlements) answers.push_back(settle_one(settlement, now));
    co_return answers;
  }

  Awaitable<std::vector<std::optional<Job>>> beat(std::vector<Beat> beats, Time now) override {
    const std::lock_guard lock(mutex_);
    enter();
    std::vector<std::optional<Job>> answers;
    answers.reserve(beats.size());
    for (const Beat& each : beats) answers.push_back(beat_one(each, now));
    co_return answers;
  }

  Awaitable<std::vector<Job>> reclaim_expired(int crashes_max, Time now) override {
    const std::lock_guard lock(mutex_);
    enter();
    std::vector<Job> changed;
    for (auto& [id, record] : records_) {
      if (record.job.status != JobStatus::processing || *record.job.lease_expires_at >= now) continue;
      crash(record, crashes_max, now);
      changed.push_back(record.job);
    }
    co_return changed;
  }

  Awaitable<std::vector<Job>> recover(std::string worker, int crashes_max, std::chrono::milliseconds lease,
                                      Time now) override {
    const std::lock_guard lock(mutex_);
    enter();
    std::vector<Job> changed;
    for (auto& [id, record] : records_) {
      if (record.job.status != JobStatus::processing) continue;
      if (record.job.worker == worker) {
        crash(record, crashes_max, now);
        changed.push_back(record.job);
      } else {
        record.job.lease_expires_at = now + lease;
      }
    }
    co_return changed;
  }

  Awaitable<Result<Job>> cancel(Scope scope, JobId id, Time now) override {
    const std::lock_guard lock(mutex_);
    enter();
    Record* record = find(scope, id);
    if (record == nullptr) co_return not_found("Job");
    Job& job = record->job;
    if (is_finished(job.status)) co_return conflict("already_finished", "The job is already finished");
    if (job.status == JobStatus::processing) {
      end_attempt(*record, AttemptOutcome::cancelled, std::nullopt, now);
    } else {
      dequeue(job);
    }
    ++job.fence;
    finish(job, JobStatus::cancelled, now);
    co_return job;
  }

  Awaitable<Result<Job>> retry(Scope scope, JobId id, Time now) override {
    const std::lock_guard lock(mutex_);
    enter();
    Record* record = find(scope, id);
    if (record == nullptr) co_return not_found("Job");
    Job& job = record->job;
    if (job.status == JobStatus::completed) co_return conflict("already_completed", "The job is already completed");
    if (!is_finished(job.status)) co_return conflict("not_finished", "The job is not finished");
    job.retries = 0;
    job.crashes = 0;
    job.progress = 0;
    job.progress_message.reset();
    job.error.reset();
    job.result.reset();
    job.completed_at.reset();
    wait(job, std::nullopt, now);
    co_return job;
  }

  Awaitable<Result<Job>> get(Scope scope, JobId id) override {
    const std::lock_guard lock(mutex_);
    enter();
    const Record* record = find(scope, id);
    if (record == nullptr) co_return not_found("Job");
    co_return record->job;
  }

  Awaitable<Result<std::vector<Attempt>>> attempts(Scope scope, JobId id) override {
    const std::lock_guard lock(mutex_);
    enter();
    const Record* record = find(scope, id);
    if (record == nullptr) co_return not_found("Job");
    co_return record->attempts;
  }

  Awaitable<JobPage> list(Scope scope, JobFilter filter, std::size_t limit, std::optional<JobId> before) override {
    const std::lock_guard lock(mutex_);
    enter();
    JobPage page;
    std::size_t bytes = 0;
    for (auto each = records_.rbegin(); each != records_.rend(); ++each) {
      const Job& job = each->second.job;
      if ((before && job.id >= *before) || !visible(scope, job) || !matches(filter, job)) continue;
      if (page.jobs.size() == limit || bytes >= page_bytes_max) {
        page.next = page.jobs.back().id;
        break;
      }
      page.jobs.push_back(job);
      bytes += carried_bytes(job);
    }
    co_return page;
  }

  Awaitable<JobCounts> counts(Scope scope) override {
    const std::lock_guard lock(mutex_);
    enter();
    JobCounts counts;
    for (const auto& [id, record] : records_) {
      if (visible(scope, record.job)) ++count_of(counts, record.job.status);
    }
    co_return counts;
  }

 private:
  struct Record {
    Job job;
    std::vector<Attempt> attempts;
    std::map<std::int64_t, AttemptOutcome> ended;  // by fence: how each lease that is over ended
  };

  void enter() {
    ++calls_;
    if (failures_ == 0) return;
    --failures_;
    throw StoreFailure("the store is broken on purpose");
  }

  static Error conflict(std::string reason, std::string message) {
    return {ErrorCode::conflict, std::move(reason), std::move(message), {}, std::nullopt};
  }
  static bool visible(const Scope& scope, const Job& job) { return !scope.user || *scope.user == job.user_id; }
  static bool selected(const TypeSelection& types, const std::string& type) {
    const bool listed = std::find(types.types.begin(), types.types.end(), type) != types.types.end();
    return listed != types.all_but;
  }
  static std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  }
  static bool matches(const JobFilter& filter, const Job& job) {
    if (filter.status && *filter.status != job.status) return false;
    if (filter.type && *filter.type != job.type) return false;
    if (!filter.text) return true;
    const std::string part = lower(*filter.text);
    return lower(job.type).find(part) != std::string::npos ||
           lower(job.error.value_or("")).find(part) != std::string::npos;
  }
  static std::int64_t& count_of(JobCounts& counts, JobStatus status) {
    switch (status) {
      case JobStatus::pending:
        return counts.pending;
      case JobStatus::processing:
        return counts.processing;
      case JobStatus::completed:
        return counts.completed;
      case JobStatus::failed:
        return counts.failed;
      case JobStatus::cancelled:
        break;
    }
    return counts.cancelled;
  }

  Record* find(const Scope& scope, JobId id) {
    const auto found = records_.find(id);
    return found == records_.end() || !visible(scope, found->second.job) ? nullptr : &found->second;
  }

  void enqueue(const Job& job) {
    if (job.run_at) {
      waiting_.emplace(*job.run_at, job.id);
    } else {
      ready_.push({job.id, job.user_id, job.type, job.priority});
    }
  }
  void dequeue(const Job& job) {
    if (!ready_.remove(job.id)) waiting_.erase({job.run_at.value_or(Time{}), job.id});
  }
  void promote_due(Time now) {
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
      const Job& job = records_.at(waiting_.begin()->second).job;
      waiting_.erase(waiting_.begin());
      ready_.push({job.id, job.user_id, job.type, job.priority});
    }
  }
  std::optional<Time> earliest_due(const TypeSelection& types) {
    for (const auto& [due, id] : waiting_) {
      if (selected(types, records_.at(id).job.type)) return due;
    }
    return std::nullopt;
  }

  static void touch(Job& job, Time now) {
    ++job.revision;
    job.updated_at = now;
  }
  static void drop_lease(Job& job) {
    job.worker.reset();
    job.lease_expires_at.reset();
  }
  static void start(Record& record, const ClaimRequest& request, Time now) {
    Job& job = record.job;
    job.status = JobStatus::processing;
    ++job.attempts;
    ++job.fence;
    job.progress = 0;
    job.progress_message.reset();
    job.run_at.reset();
    job.started_at = now;
    job.worker = request.worker;
    job.lease_expires_at = now + request.lease;
    touch(job, now);
    record.attempts.push_back({job.attempts, request.worker, now, std::nullopt, std::nullopt, std::nullopt});
  }
  static void end_attempt(Record& record, AttemptOutcome outcome, std::optional<std::string> error, Time now) {
    Attempt& attempt = record.attempts.back();
    attempt.ended_at = now;
    attempt.outcome = outcome;
    attempt.error = std::move(error);
    record.ended[record.job.fence] = outcome;
  }
  static void finish(Job& job, JobStatus status, Time now) {
    job.status = status;
    job.completed_at = now;
    job.run_at.reset();
    drop_lease(job);
    touch(job, now);
  }
  void wait(Job& job, std::optional<Time> run_at, Time now) {
    job.status = JobStatus::pending;
    job.run_at = run_at && *run_at > now ? run_at : std::nullopt;
    drop_lease(job);
    touch(job, now);
    enqueue(job);
  }
  void crash(Record& record, int crashes_max, Time now) {
    Job& job = record.job;
    end_attempt(record, AttemptOutcome::crashed, "The worker stopped without a word", now);
    ++job.crashes;
    if (job.crashes > crashes_max) {
      job.error = "poison: the job crashed " + std::to_string(job.crashes) + " times";
      finish(job, JobStatus::failed, now);
    } else {
      wait(job, std::nullopt, now);
    }
  }

  Settled settle_one(const Settlement& settlement, Time now) {
    const auto found = records_.find(settlement.id);
    if (found == records_.end()) return {};
    Record& record = found->second;
    Job& job = record.job;
    if (job.status != JobStatus::processing || settlement.fence != job.fence) {
      return {explain_refusal(record, settlement.fence), std::nullopt};
    }
    apply(record, settlement, now);
    return {SettleStatus::ok, job};
  }
  // Why the settlement of a lease that is over changes nothing.
  static SettleStatus explain_refusal(const Record& record, std::int64_t fence) {
    const auto ended = record.ended.find(fence);
    if (ended == record.ended.end() || ended->second == AttemptOutcome::crashed) return SettleStatus::stale_lease;
    return ended->second == AttemptOutcome::cancelled ? SettleStatus::cancelled : SettleStatus::already_settled;
  }
  void apply(Record& record, const Settlement& settlement, Time now) {
    Job& job = record.job;
    switch (settlement.kind) {
      case SettlementKind::complete:
        end_attempt(record, AttemptOutcome::completed, std::nullopt, now);
        job.result = settlement.result;
        job.error.reset();
        job.progress = 100;
        return finish(job, JobStatus::completed, now);
      case SettlementKind::retry:
        end_attempt(record, AttemptOutcome::failed, settlement.error, now);
        job.error = settlement.error;
        ++job.retries;
        return wait(job, settlement.run_at, now);
      case SettlementKind::fail:
        end_attempt(record, AttemptOutcome::failed, settlement.error, now);
        job.error = settlement.error;
        return finish(job, JobStatus::failed, now);
      case SettlementKind::release:
        end_attempt(record, AttemptOutcome::released, std::nullopt, now);
        --job.attempts;
        return wait(job, std::nullopt, now);
    }
  }

  std::optional<Job> beat_one(const Beat& beat, Time now) {
    const auto found = records_.find(beat.id);
    if (found == records_.end()) return std::nullopt;
    Job& job = found->second.job;
    if (job.status != JobStatus::processing || job.fence != beat.fence) return std::nullopt;
    if (beat.extend) job.lease_expires_at = now + *beat.extend;
    if (beat.progress) job.progress = *beat.progress;
    if (beat.progress_message) job.progress_message = beat.progress_message;
    if (beat.progress || beat.progress_message) touch(job, now);
    return job;
  }

  mutable std::mutex mutex_;
  int failures_ = 0;
  std::size_t calls_ = 0;
  std::map<JobId, Record> records_;
  ReadyQueue ready_;
  std::set<std::pair<Time, JobId>> waiting_;  // pending with `run_at` in the future
};

}  // namespace taskgate::jobs
