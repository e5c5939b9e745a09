#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/explanation.h"
#include "jobs/job_store.h"
#include "jobs/ready_queue.h"
#include "jobs/system_job.h"

namespace taskgate::jobs {

// A JobStore in memory, for tests: the whole port, honestly, without a disk under it. Every engine's conformance suite
// runs against it too, so that what services and runner are tested with behaves like what they run on. Thread-safe.
class MemoryJobStore : public JobStore {
 public:
  explicit MemoryJobStore(std::uint32_t fair_share_every = 8, std::int64_t backlog_max = 0)
      : fair_share_every_(fair_share_every), backlog_max_(backlog_max), ready_(fair_share_every) {}

  // The next `calls` calls throw StoreFailure and change nothing.
  void fail_next(int calls) {
    const std::lock_guard lock(mutex_);
    failures_ = calls;
  }
  // Called when a job has ended, within the verb that ended it; the jobs that it gives are added in the same verb.
  using FollowEnds = std::function<std::vector<Job>(const Job& ended, Time now)>;
  void follow_ends(FollowEnds follow) { follow_ends_ = std::move(follow); }
  // How many calls there were, failed ones included: an idle program makes none.
  [[nodiscard]] std::size_t calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  // What stopping and starting the program does to this store: the order in memory is built anew from the jobs.
  void rebuild_queue() {
    const std::lock_guard lock(mutex_);
    const ReadyQueue old = std::exchange(ready_, ReadyQueue(fair_share_every_));
    for (const TypeStanding& each : old.types()) {
      const auto level = levels_.find(each.type);
      ready_.set_type_control(each.type, each.control, Time{},
                              level == levels_.end() ? std::nullopt : std::optional(level->second));
    }
    for (const QueueStanding& each : old.queues()) ready_.set_queue_control(each.queue, each.control);
    for (const auto& [user, control] : old.user_controls()) ready_.set_user_control(user, control);
    waiting_.clear();
    for (const auto& [id, record] : records_) {
      if (record.job.status == JobStatus::pending) enqueue(record.job);
      if (record.job.status == JobStatus::processing) ready_.start(ready_job(record.job));
    }
  }

  Awaitable<Result<void>> submit(std::vector<Job> jobs, Time now) override {
    const Turn turn(*this);
    for (const Job& job : jobs) {
      const auto same_user = [&job](const Job& each) { return each.user_id == job.user_id; };
      if (auto full = backlog_refusal(job.user_id, std::count_if(jobs.begin(), jobs.end(), same_user))) co_return *full;
    }
    for (Job& job : jobs) {
      if (job.run_at && *job.run_at <= now) job.run_at.reset();
      const auto place = records_.try_emplace(job.id).first;
      place->second.sealed = std::exchange(job.sealed, std::nullopt);
      place->second.job = std::move(job);
      note_type(place->second.job);
      enqueue(place->second.job);
    }
    co_return Result<void>{};
  }

  Awaitable<Result<SubmitAnswer>> submit_all(SubmitRequest request, Time now) override {
    const Turn turn(*this);
    SubmitAnswer answer;
    const auto& identity = request.idempotency;
    if (identity) {
      const auto kept = answers_.find({identity->user, identity->key});
      if (kept != answers_.end() && kept->second.expires_at > now) {
        if (kept->second.request != identity->request) co_return idempotency_mismatch();
        answer.repeated = kept->second.text;
        co_return answer;
      }
    }
    for (Submission& submission : request.submissions) answer.jobs.push_back(submit_one(std::move(submission), now));
    const auto accepted = [](const Submitted& each) { return each.status != SubmitStatus::refused; };
    if (identity && std::any_of(answer.jobs.begin(), answer.jobs.end(), accepted)) {
      answers_[{identity->user, identity->key}] = {identity->request, identity->expires_at,
                                                   identity->write_answer(answer.jobs)};
    }
    co_return answer;
  }

  Awaitable<Claim> claim(ClaimRequest request, Time now) override {
    const Turn turn(*this);
    promote_due(now);
    Claim claim;
    std::size_t bytes = 0;
    while (claim.jobs.size() < request.max && bytes < claim_bytes_max) {
      const auto next = ready_.pop(request.types, now, request.scope.user);
      if (!next) break;
      Record& record = records_.at(next->id);
      if (is_expired(record.job, now)) {
        if (ready_.finish(record.job.id)) slot_freed_ = true;
        expire(record.job, now);
        followed_.push_back(record.job);
        continue;
      }
      start(record, request, now);
      if (record.checkpoint) {
        bytes += record.checkpoint->size();
        claim.checkpoints.emplace(record.job.id, *record.checkpoint);
      }
      claim.jobs.push_back(record.job);
      bytes += carried_bytes(record.job);
      claim.jobs.back().sealed = record.sealed;
    }
    for (const auto& [type, level] : ready_.take_changed_levels()) levels_.insert_or_assign(type, level);
    if (claim.jobs.size() < request.max) {
      claim.next_due = bytes < claim_bytes_max ? earliest_due(request.types) : now;
    }
    co_return claim;
  }

  Awaitable<std::vector<Settled>> settle(std::vector<Settlement> settlements, Time now) override {
    const Turn turn(*this);
    std::vector<Settled> answers;
    answers.reserve(settlements.size());
    for (const Settlement& settlement : settlements) answers.push_back(settle_one(settlement, now));
    co_return answers;
  }

  Awaitable<std::vector<Job>> release_held(UserId worker_user, std::string worker, Time now) override {
    const Turn turn(*this);
    std::vector<Job> released;
    for (auto& [id, record] : records_) {
      const Job& job = record.job;
      if (job.status != JobStatus::processing || job.worker_user != worker_user || job.worker != worker) continue;
      (void)settle_one({id, job.fence, SettlementKind::release, std::nullopt, std::nullopt, std::nullopt}, now);
      released.push_back(job);
    }
    co_return released;
  }

  Awaitable<std::vector<std::optional<Job>>> beat(std::vector<Beat> beats, Time now) override {
    const Turn turn(*this);
    std::vector<std::optional<Job>> answers;
    answers.reserve(beats.size());
    for (const Beat& each : beats) answers.push_back(beat_one(each, now));
    co_return answers;
  }

  Awaitable<std::vector<Job>> reclaim_expired(int crashes_max, Time now) override {
    const Turn turn(*this);
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
    const Turn turn(*this);
    std::vector<Job> changed;
    for (auto& [id, record] : records_) {
      if (record.job.status != JobStatus::processing) continue;
      if (record.job.worker == worker) {
        crash(record, crashes_max, now);
        changed.push_back(record.job);
      } else {
        record.job.lease_expires_at = std::max(*record.job.lease_expires_at, now + lease);
      }
    }
    co_return changed;
  }

  Awaitable<DeadlineCheck> check_deadlines(std::string own_worker, std::size_t limit, Time now) override {
    const Turn turn(*this);
    DeadlineCheck check;
    for (auto& [id, record] : records_) {
      Job& job = record.job;
      if (is_expired(job, now)) {
        if (check.expired.size() == limit) {
          check.more = true;
          continue;
        }
        dequeue(job);
        expire(job, now);
        check.expired.push_back(job);
      } else if (const auto deadline = attempt_deadline(job);
                 deadline && *deadline <= now && job.worker != own_worker) {
        if (check.timed_out.size() == limit) {
          check.more = true;
        } else {
          check.timed_out.push_back(job);
        }
      }
    }
    for (const auto& [id, record] : records_) {
      for (const auto& deadline : {start_deadline(record.job), attempt_deadline(record.job)}) {
        if (deadline && *deadline > now && (!check.next || *deadline < *check.next)) check.next = deadline;
      }
    }
    co_return check;
  }

  Awaitable<Result<Job>> cancel(Scope scope, JobId id, Time now) override {
    const Turn turn(*this);
    co_return cancel_one(scope, id, now);
  }

  Awaitable<Result<Job>> retry(Scope scope, JobId id, Time now) override {
    const Turn turn(*this);
    co_return retry_one(scope, id, now);
  }

  Awaitable<std::vector<ActedJob>> act(JobActionRequest request, Time now) override {
    const Turn turn(*this);
    std::vector<ActedJob> acted;
    for (const JobId id : request.ids) {
      const Record* record = find(request.scope, id);
      if (record != nullptr && !matches(request.filter, record->job)) {
        acted.push_back({id, no_longer_matches()});
      } else {
        acted.push_back({id, request.action == JobAction::cancel ? cancel_one(request.scope, id, now)
                                                                 : retry_one(request.scope, id, now)});
      }
    }
    co_return acted;
  }

  Awaitable<Result<Job>> change(Scope scope, JobId id, JobChange change, Time now) override {
    const Turn turn(*this);
    Record* record = find(scope, id);
    if (record == nullptr) co_return not_found("Job");
    Job& job = record->job;
    if (job.status != JobStatus::pending) co_return conflict("not_pending", "Only a job that waits can be changed");
    dequeue(job);
    add_note(*record, change_note(job, change, scope.actor, now));
    if (change.priority) job.priority = *change.priority;
    if (change.run_at) job.run_at = *change.run_at > now ? change.run_at : std::nullopt;
    touch(job, now);
    enqueue(job);
    co_return job;
  }

  Awaitable<TypeControl> control_type(std::string type, TypeControlChange change, Time now) override {
    const Turn turn(*this);
    const TypeControl before = ready_.type_control(type);
    const TypeControl control = changed(before, change);
    if (control.rate != before.rate) levels_.erase(type);
    ready_.set_type_control(type, control, now);
    co_return control;
  }

  Awaitable<QueueControl> control_queue(std::string queue, QueueControlChange change, Time) override {
    const Turn turn(*this);
    const QueueControl control = changed(ready_.queue_control(queue), change);
    ready_.set_queue_control(queue, control);
    co_return control;
  }

  Awaitable<UserControl> control_user(UserId user, UserControlChange change, Time) override {
    const Turn turn(*this);
    const UserControl control = changed(ready_.user_control(user), change);
    ready_.set_user_control(user, control);
    co_return control;
  }

  Awaitable<QueueOverview> queue_overview(Time now) override {
    const Turn turn(*this);
    promote_due(now);
    std::map<std::string, TypeStanding> types;
    for (TypeStanding& each : ready_.types()) types[each.type] = std::move(each);
    std::map<std::string, QueueStanding> queues;
    for (QueueStanding& each : ready_.queues()) queues[each.queue] = std::move(each);
    for (const auto& [id, record] : records_) {
      if (record.job.status != JobStatus::pending || ready_.contains(id)) continue;
      ++types.try_emplace(record.job.type, TypeStanding{record.job.type, {}, {}}).first->second.live.waiting;
      ++queues.try_emplace(record.job.queue, QueueStanding{record.job.queue, {}, {}}).first->second.live.waiting;
    }
    QueueOverview overview;
    for (auto& [name, each] : types) overview.types.push_back(std::move(each));
    for (auto& [name, each] : queues) overview.queues.push_back(std::move(each));
    for (const auto& [user, control] : ready_.user_controls()) {
      overview.users.push_back({user, control, pending_of(user), static_cast<std::int64_t>(ready_.running_of(user))});
    }
    std::sort(overview.users.begin(), overview.users.end(),
              [](const auto& a, const auto& b) { return a.user_id < b.user_id; });
    overview.backlog_max = backlog_max_;
    co_return overview;
  }

  Awaitable<Result<Explanation>> explain(Scope scope, JobId id, Time now) override {
    const Turn turn(*this);
    promote_due(now);
    const Record* record = find(scope, id);
    if (record == nullptr) co_return not_found("Job");
    co_return explanation_of(record->job, ready_, now);
  }

  Awaitable<PruneStep> prune(Retention retention, PrunePlace place, std::size_t limit, Time now) override {
    const Turn turn(*this);
    std::erase_if(answers_, [now](const auto& each) { return each.second.expires_at <= now; });
    std::int64_t surplus = retention.finished_max ? finished_of(std::nullopt) - *retention.finished_max : 0;
    std::map<UserId, std::int64_t> surplus_of;
    std::vector<JobId> removed;
    for (const auto& [id, record] : records_) {
      const Job& job = record.job;
      if (removed.size() == limit) break;
      if (!is_finished(job.status) || is_awaited(id)) continue;
      if (job.terms.unique_for == UniqueFor::window && holds_unique_key(job, now)) continue;
      auto& of_user = surplus_of.try_emplace(job.user_id, 0).first->second;
      if (of_user == 0 && retention.finished_per_user_max)
        of_user = finished_of(job.user_id) - *retention.finished_per_user_max;
      const bool too_many = surplus > 0 || of_user > 0;
      if (!is_past_retention(job.status, job.completed_at, retention, now) &&
          !(too_many && may_be_surplus(job.completed_at, now)))
        continue;
      removed.push_back(id);
      --surplus;
      // Never 0 again once it has been used up: that would count anew.
      of_user = of_user == 1 ? -1 : of_user - 1;
    }
    for (const JobId id : removed) records_.erase(id);
    PruneStep step{removed.size(), std::nullopt};
    if (removed.size() == limit) step.next = place;
    co_return step;
  }

  Awaitable<Result<Job>> get(Scope scope, JobId id) override {
    const Turn turn(*this);
    const Record* record = find(scope, id);
    if (record == nullptr) co_return not_found("Job");
    co_return record->job;
  }

  Awaitable<Result<std::vector<Attempt>>> attempts(Scope scope, JobId id) override {
    const Turn turn(*this);
    const Record* record = find(scope, id);
    if (record == nullptr) co_return not_found("Job");
    co_return record->attempts;
  }

  Awaitable<Result<LogPage>> log(Scope scope, JobId id, std::int64_t after, std::size_t limit) override {
    const Turn turn(*this);
    const Record* record = find(scope, id);
    if (record == nullptr) co_return not_found("Job");
    LogPage page;
    for (const KeptLine& line : record->log) {
      if (line.number <= after) continue;
      page.more = page.lines.size() == limit;
      if (page.more) break;
      page.lines.push_back(line);
    }
    co_return page;
  }

  Awaitable<Result<JobRecord>> record(Scope scope, JobId id) override {
    const Turn turn(*this);
    const Record* found = find(scope, id);
    if (found == nullptr) co_return not_found("Job");
    JobRecord whole{found->job, found->attempts, found->notes};
    co_return whole;
  }

  Awaitable<JobPage> list(Scope scope, JobFilter filter, std::size_t limit, std::optional<JobId> before) override {
    const Turn turn(*this);
    JobPage page;
    std::size_t bytes = 0;
    for (auto each = records_.rbegin(); each != records_.rend(); ++each) {
      const Job& job = each->second.job;
      if ((before && job.id >= *before) || !listed(scope, job) || !matches(filter, job)) continue;
      if (page.jobs.size() == limit || bytes >= page_bytes_max) {
        page.next = page.jobs.back().id;
        break;
      }
      page.jobs.push_back(job);
      bytes += carried_bytes(job);
    }
    co_return page;
  }

  Awaitable<JobIdPage> list_ids(Scope scope, JobFilter filter, std::size_t limit,
                                std::optional<JobId> before) override {
    const Turn turn(*this);
    JobIdPage page;
    for (auto each = records_.rbegin(); each != records_.rend(); ++each) {
      const Job& job = each->second.job;
      if ((before && job.id >= *before) || !listed(scope, job) || !matches(filter, job)) continue;
      if (page.ids.size() == limit) {
        page.next = page.ids.back();
        break;
      }
      page.ids.push_back(job.id);
    }
    co_return page;
  }

  Awaitable<std::vector<std::string>> types(Scope scope) override {
    const Turn turn(*this);
    const auto known = types_.find(scope.user.value_or(UserId{}));
    if (known == types_.end()) co_return std::vector<std::string>{};
    co_return std::vector<std::string>(known->second.begin(), known->second.end());
  }

  Awaitable<JobCounts> counts(Scope scope) override {
    const Turn turn(*this);
    JobCounts counts;
    for (const auto& [id, record] : records_) {
      if (listed(scope, record.job)) ++count_of(counts, record.job.status);
    }
    co_return counts;
  }

 private:
  struct Record {
    Job job;
    std::optional<std::string> sealed;
    std::vector<Attempt> attempts;
    std::map<std::int64_t, AttemptOutcome> ended;  // by fence: how each lease that is over ended
    std::optional<std::string> checkpoint;
    std::deque<KeptLine> log;
    std::int64_t lines_logged = 0;
    std::int64_t log_bytes = 0;  // of those kept
    std::vector<JobNote> notes;
  };

  struct KeptAnswer {
    Sha256Digest request;
    Time expires_at;
    std::string text;
  };

  // One verb: alone with the store, and telling at its end what followed from it.
  class Turn {
   public:
    explicit Turn(MemoryJobStore& store) : store_(store), lock_(store.mutex_) {
      store_.followed_.clear();
      store_.slot_freed_ = false;
      store_.enter();
    }
    ~Turn() {
      const std::vector<Job> followed = std::move(store_.followed_);
      const bool slot_freed = store_.slot_freed_;
      lock_.unlock();
      for (const Job& job : followed) store_.job_followed(job);
      if (slot_freed) store_.slot_freed();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    MemoryJobStore& store_;
    std::unique_lock<std::mutex> lock_;
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
  static bool listed(const Scope& scope, const Job& job) {
    return visible(scope, job) && (scope.user || job.user_id != system_owner);
  }
  static bool selected(const TypeSelection& types, const std::string& type) {
    const bool listed = std::find(types.types.begin(), types.types.end(), type) != types.types.end();
    return listed != types.all_but;
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

  void note_type(const Job& job) {
    if (job.user_id == system_owner) return;
    if (types_[job.user_id].size() < known_types_max) types_[job.user_id].insert(job.type);
    if (types_[UserId{}].size() < known_types_all_max) types_[UserId{}].insert(job.type);
  }
  Record* find(const Scope& scope, JobId id) {
    const auto found = records_.find(id);
    return found == records_.end() || !visible(scope, found->second.job) ? nullptr : &found->second;
  }

  static ReadyJob ready_job(const Job& job) { return {job.id, job.user_id, job.type, job.priority, job.queue}; }
  [[nodiscard]] std::int64_t pending_of(const UserId& user) const {
    return std::count_if(records_.begin(), records_.end(), [&user](const auto& each) {
      return each.second.job.user_id == user && each.second.job.status == JobStatus::pending;
    });
  }
  [[nodiscard]] std::int64_t finished_of(const std::optional<UserId>& user) const {
    return std::count_if(records_.begin(), records_.end(), [&user](const auto& each) {
      const UserId& owner = each.second.job.user_id;
      return (user ? owner == *user : owner != system_owner) && is_finished(each.second.job.status);
    });
  }
  // Whether a waiting job depends on it.
  [[nodiscard]] bool is_awaited(JobId id) const {
    return std::any_of(records_.begin(), records_.end(), [id](const auto& each) {
      const Job& job = each.second.job;
      const auto& ids = job.terms.depends_on;
      return job.status == JobStatus::pending && job.blocked_by > 0 &&
             std::find(ids.begin(), ids.end(), id) != ids.end();
    });
  }
  // Why the user may not have so many more pending jobs.
  [[nodiscard]] std::optional<Error> backlog_refusal(const UserId& user, std::int64_t more) const {
    if (user == system_owner) return std::nullopt;
    const std::int64_t cap = ready_.user_control(user).backlog.value_or(backlog_max_);
    if (cap == 0 || pending_of(user) + more <= cap) return std::nullopt;
    return backlog_full(cap);
  }

  void enqueue(const Job& job) {
    if (job.blocked_by > 0) return;
    if (job.run_at) {
      waiting_.emplace(*job.run_at, job.id);
    } else {
      ready_.push(ready_job(job));
    }
  }
  void dequeue(const Job& job) {
    if (!ready_.remove(job.id)) waiting_.erase({job.run_at.value_or(Time{}), job.id});
  }
  void promote_due(Time now) {
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
      const Job& job = records_.at(waiting_.begin()->second).job;
      waiting_.erase(waiting_.begin());
      ready_.push(ready_job(job));
    }
  }
  std::optional<Time> earliest_due(const TypeSelection& types) {
    const auto start = ready_.next_start(types);
    for (const auto& [due, id] : waiting_) {
      if (selected(types, records_.at(id).job.type)) return start ? std::min(*start, due) : due;
    }
    return start;
  }

  static void touch(Job& job, Time now) {
    ++job.revision;
    job.updated_at = now;
  }
  static void drop_lease(Job& job) {
    job.worker.reset();
    job.worker_user.reset();
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
    job.worker_user = request.worker_user;
    job.lease_expires_at = now + request.lease;
    touch(job, now);
    record.attempts.push_back({job.attempts, request.worker, now, std::nullopt, std::nullopt, std::nullopt, job.fence});
  }
  void end_attempt(Record& record, AttemptOutcome outcome, std::optional<std::string> error, Time now) {
    Attempt& attempt = record.attempts.back();
    attempt.ended_at = now;
    attempt.outcome = outcome;
    attempt.error = std::move(error);
    record.ended[record.job.fence] = outcome;
    const std::int64_t forgotten = record.job.fence - attempts_kept_max;
    std::erase_if(record.attempts, [forgotten](const Attempt& each) { return each.fence <= forgotten; });
    std::erase_if(record.ended, [forgotten](const auto& each) { return each.first <= forgotten; });
    if (ready_.finish(record.job.id)) slot_freed_ = true;
  }
  void finish(Job& job, JobStatus status, Time now) {
    job.status = status;
    job.completed_at = now;
    job.run_at.reset();
    job.blocked_by = 0;
    drop_lease(job);
    touch(job, now);
    if (const auto kept = records_.find(job.id); kept != records_.end()) kept->second.sealed.reset();
    add_what_follows(job, now);
    tell_dependents(job, now);
  }
  void add_what_follows(const Job& ended, Time now) {
    if (!follow_ends_) return;
    for (Job& job : follow_ends_(ended, now)) {
      Job& kept = records_.try_emplace(job.id).first->second.job;
      kept = std::move(job);
      enqueue(kept);
      followed_.push_back(kept);
    }
  }
  void fail(Job& job, std::string error, Time now) {
    job.error = std::move(error);
    finish(job, JobStatus::failed, now);
  }
  void tell_dependents(const Job& ended, Time now) {
    for (auto& [id, record] : records_) {
      Job& job = record.job;
      const auto& waits_for = job.terms.depends_on;
      if (job.status != JobStatus::pending || job.blocked_by == 0) continue;
      if (std::find(waits_for.begin(), waits_for.end(), ended.id) == waits_for.end()) continue;
      if (ended.status == JobStatus::completed) {
        --job.blocked_by;
        touch(job, now);
        enqueue(job);
      } else if (job.terms.on_dependency_failure == OnDependencyFailure::wait) {
        continue;
      } else {
        fail(job, dependency_failure(ended.id, ended.status), now);
      }
      followed_.push_back(job);
    }
  }
  static void add_note(Record& record, JobNote note) {
    record.notes.push_back(std::move(note));
    if (static_cast<std::int64_t>(record.notes.size()) > notes_kept_max) record.notes.erase(record.notes.begin());
  }
  static void add_lines(Record& record, const std::vector<LogLine>& lines, Time now) {
    for (const LogLine& line : lines) {
      record.log.push_back({++record.lines_logged, record.job.attempts, now, line.level, line.text});
      record.log_bytes += static_cast<std::int64_t>(line.text.size());
    }
    while (static_cast<std::int64_t>(record.log.size()) > log_lines_kept_max || record.log_bytes > log_bytes_kept_max) {
      record.log_bytes -= static_cast<std::int64_t>(record.log.front().text.size());
      record.log.pop_front();
    }
  }
  void end_by_hand(Record& record, std::optional<UserId> actor, Time now) {
    Job& job = record.job;
    if (job.status == JobStatus::processing) {
      end_attempt(record, AttemptOutcome::cancelled, std::nullopt, now);
    } else {
      dequeue(job);
    }
    ++job.fence;
    add_note(record, cancel_note(job, actor, now));
    finish(job, JobStatus::cancelled, now);
  }

  Result<Job> cancel_one(const Scope& scope, JobId id, Time now) {
    Record* record = find(scope, id);
    if (record == nullptr) return not_found("Job");
    if (is_finished(record->job.status)) return conflict("already_finished", "The job is already finished");
    end_by_hand(*record, scope.actor, now);
    return record->job;
  }

  Result<Job> retry_one(const Scope& scope, JobId id, Time now) {
    Record* record = find(scope, id);
    if (record == nullptr) return not_found("Job");
    Job& job = record->job;
    if (job.status == JobStatus::completed) return conflict("already_completed", "The job is already completed");
    if (!is_finished(job.status)) return conflict("not_finished", "The job is not finished");
    if (auto refusal = hold_up(job)) {
      job.blocked_by = 0;
      return std::move(*refusal);
    }
    if (job.terms.unique_key && job.terms.unique_for != UniqueFor::window) {
      const Record* holder = holder_of(job, now);
      if (holder != nullptr && holder->job.id != job.id) {
        job.blocked_by = 0;
        return unique_key_taken(holder->job.id);
      }
      unique_[{job.user_id, *job.terms.unique_key}] = job.id;
    }
    add_note(*record, retry_note(job, scope.actor, now));
    // Nor is it new any more if it failed without ever having been started: its start has no deadline from here on.
    job.fence = std::max<std::int64_t>(job.fence, 1);
    job.retries = 0;
    job.crashes = 0;
    job.progress = 0;
    job.progress_message.reset();
    job.error.reset();
    job.result.reset();
    job.completed_at.reset();
    wait(job, std::nullopt, now);
    return job;
  }

  static bool is_expired(const Job& job, Time now) {
    const auto deadline = start_deadline(job);
    return deadline && *deadline <= now;
  }
  // Out of the queue already.
  void expire(Job& job, Time now) {
    ++job.fence;
    fail(job, expired_error, now);
  }

  Record* holder_of(const Job& job, Time now) {
    const auto taken = unique_.find({job.user_id, *job.terms.unique_key});
    if (taken == unique_.end()) return nullptr;
    const auto holder = records_.find(taken->second);
    if (holder == records_.end()) return nullptr;
    return holds_unique_key(holder->second.job, now) ? &holder->second : nullptr;
  }
  // Counts what the job waits for; gives what keeps it from waiting.
  std::optional<Error> hold_up(Job& job) {
    job.blocked_by = 0;
    for (const JobId id : job.terms.depends_on) {
      const auto found = records_.find(id);
      if (found == records_.end()) {
        // It had completed when this one started.
        if (job.started_at) continue;
        return dependency_gone(id);
      }
      const Job& dependency = found->second.job;
      if (dependency.status == JobStatus::completed) continue;
      if (is_finished(dependency.status) && job.terms.on_dependency_failure == OnDependencyFailure::fail) {
        return dependency_failed(id);
      }
      ++job.blocked_by;
    }
    return std::nullopt;
  }
  Submitted submit_one(Submission submission, Time now) {
    Job& job = submission.job;
    const auto full = backlog_refusal(job.user_id, 1);
    for (const JobId id : job.terms.depends_on) {
      const auto dependency = records_.find(id);
      if (dependency == records_.end() || dependency->second.job.user_id != job.user_id) {
        return {SubmitStatus::refused, {}, unknown_dependency(id)};
      }
    }
    const bool may_yield =
        job.terms.unique_key && submission.on_duplicate != UniquePolicy::replace && holder_of(job, now) != nullptr;
    if (full && !may_yield) return {SubmitStatus::refused, {}, full};
    if (job.terms.unique_key) {
      if (Record* holder = holder_of(job, now)) {
        if (submission.on_duplicate == UniquePolicy::return_existing) return {SubmitStatus::existing, holder->job, {}};
        if (submission.on_duplicate == UniquePolicy::reject) {
          return {SubmitStatus::refused, {}, unique_key_taken(holder->job.id)};
        }
        if (!is_finished(holder->job.status)) {
          end_by_hand(*holder, job.user_id, now);
          followed_.push_back(holder->job);
        }
      }
    }
    if (job.run_at && *job.run_at <= now) job.run_at.reset();
    for (const JobId id : job.terms.depends_on) {
      const Job& dependency = records_.at(id).job;
      if (dependency.status == JobStatus::completed) continue;
      ++job.blocked_by;
      if (!is_finished(dependency.status) || job.terms.on_dependency_failure == OnDependencyFailure::wait) continue;
      if (job.status == JobStatus::pending) {
        job.status = JobStatus::failed;
        job.error = dependency_failure(id, dependency.status);
        job.completed_at = now;
        job.run_at.reset();
      }
    }
    if (job.status != JobStatus::pending) job.blocked_by = 0;
    if (holds_unique_key(job, now)) unique_[{job.user_id, *job.terms.unique_key}] = job.id;
    Job& kept = records_.try_emplace(job.id).first->second.job;
    kept = std::move(job);
    note_type(kept);
    if (kept.status == JobStatus::pending) {
      enqueue(kept);
    } else {
      add_what_follows(kept, now);
    }
    return {SubmitStatus::created, kept, {}};
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
        return wait(job, settlement.run_at, now);
    }
  }

  std::optional<Job> beat_one(const Beat& beat, Time now) {
    const auto found = records_.find(beat.id);
    if (found == records_.end()) return std::nullopt;
    Job& job = found->second.job;
    if (job.status != JobStatus::processing || job.fence != beat.fence) return std::nullopt;
    if (beat.checkpoint) found->second.checkpoint = *beat.checkpoint == "null" ? std::nullopt : beat.checkpoint;
    add_lines(found->second, beat.log, now);
    if (beat.extend) job.lease_expires_at = now + *beat.extend;
    if (beat.progress) job.progress = *beat.progress;
    if (beat.progress_message) job.progress_message = beat.progress_message;
    if (beat.progress || beat.progress_message) touch(job, now);
    return job;
  }

  FollowEnds follow_ends_;
  mutable std::mutex mutex_;
  int failures_ = 0;
  std::size_t calls_ = 0;
  std::map<JobId, Record> records_;
  std::map<UserId, std::set<std::string>> types_;           // of everybody: under the id that nobody has
  std::map<std::pair<UserId, std::string>, JobId> unique_;  // the latest to take each key, see submission.h
  std::map<std::pair<UserId, std::string>, KeptAnswer> answers_;
  std::vector<Job> followed_;  // told at the end of the verb
  std::uint32_t fair_share_every_;
  std::int64_t backlog_max_;
  bool slot_freed_ = false;  // by the verb that runs
  ReadyQueue ready_;
  std::map<std::string, StartBucket::Level> levels_;  // of the token buckets, as of the latest claim
  std::set<std::pair<Time, JobId>> waiting_;          // pending with `run_at` in the future
};

}  // namespace taskgate::jobs
