#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "jobs/memory_job_store.h"
#include "jobs/schedule_store.h"

namespace taskgate::jobs {

// A ScheduleStore in memory beside a MemoryJobStore, for tests: the whole port, under the same conformance suite as the
// engines. Thread-safe among its own calls.
class MemoryScheduleStore final : public ScheduleStore {
 public:
  explicit MemoryScheduleStore(MemoryJobStore& jobs) : jobs_(jobs) {}

  // The next `calls` calls throw StoreFailure and change nothing.
  void fail_next(int calls) { failures_ = calls; }
  // The next firing happens, and then the answer is lost: what a crash of the connection between them looks like.
  void lose_next_answer() { lose_answer_ = true; }
  // How many calls there were: an idle program makes none.
  [[nodiscard]] std::size_t calls() const { return calls_; }

  Awaitable<Result<void>> create(Schedule schedule, std::size_t schedules_max) override {
    const std::lock_guard lock(mutex_);
    enter();
    if (const auto holder = holder_of(schedule)) co_return schedule_name_taken(*holder);
    const auto same_user = [&schedule](const auto& each) { return each.second.user_id == schedule.user_id; };
    if (static_cast<std::size_t>(std::count_if(schedules_.begin(), schedules_.end(), same_user)) >= schedules_max) {
      co_return too_many_schedules(schedules_max);
    }
    schedules_.emplace(schedule.id, schedule);
    co_return Result<void>{};
  }

  Awaitable<Result<Schedule>> update(Schedule schedule) override {
    const std::lock_guard lock(mutex_);
    enter();
    const auto stored = schedules_.find(schedule.id);
    if (stored == schedules_.end()) co_return not_found("Schedule");
    if (stored->second.revision != schedule.revision) co_return schedule_changed();
    if (const auto holder = holder_of(schedule)) co_return schedule_name_taken(*holder);
    ++schedule.revision;
    stored->second = schedule;
    co_return schedule;
  }

  Awaitable<Result<void>> remove(Scope scope, ScheduleId id) override {
    const std::lock_guard lock(mutex_);
    enter();
    if (find(scope, id) == nullptr) co_return not_found("Schedule");
    schedules_.erase(id);
    co_return Result<void>{};
  }

  Awaitable<Result<Schedule>> get(Scope scope, ScheduleId id) override {
    const std::lock_guard lock(mutex_);
    enter();
    const Schedule* schedule = find(scope, id);
    if (schedule == nullptr) co_return not_found("Schedule");
    co_return *schedule;
  }

  Awaitable<SchedulePage> list(Scope scope, std::size_t limit, std::optional<ScheduleId> before) override {
    const std::lock_guard lock(mutex_);
    enter();
    SchedulePage page;
    for (auto each = schedules_.rbegin(); each != schedules_.rend(); ++each) {
      if (scope.user && each->second.user_id != *scope.user) continue;
      if (before && each->first >= *before) continue;
      if (page.schedules.size() == limit) {
        page.next = page.schedules.back().id;
        break;
      }
      page.schedules.push_back(each->second);
    }
    co_return page;
  }

  Awaitable<DueSchedules> due(std::size_t limit, Time now) override {
    const std::lock_guard lock(mutex_);
    enter();
    DueSchedules due;
    for (const auto& [id, schedule] : schedules_) {
      if (!schedule.look_at) continue;
      if (*schedule.look_at <= now) {
        due.schedules.push_back(schedule);
      } else if (!due.next || *schedule.look_at < *due.next) {
        due.next = schedule.look_at;
      }
    }
    const auto earlier = [](const Schedule& a, const Schedule& b) {
      return std::pair(*a.look_at, a.id) < std::pair(*b.look_at, b.id);
    };
    std::sort(due.schedules.begin(), due.schedules.end(), earlier);
    due.more = due.schedules.size() > limit;
    if (due.more) due.schedules.resize(limit);
    co_return due;
  }

  Awaitable<std::vector<Fired>> fire(std::vector<Firing> firings, Time now) override {
    const std::lock_guard lock(mutex_);
    enter();
    std::vector<Fired> answers;
    for (Firing& firing : firings) {
      auto one = fire_one(firing, now);
      answers.push_back(co_await std::move(one));
    }
    if (std::exchange(lose_answer_, false)) throw StoreFailure("the answer was lost on purpose");
    co_return answers;
  }

 private:
  void enter() {
    ++calls_;
    if (failures_ == 0) return;
    --failures_;
    throw StoreFailure("broken on purpose");
  }
  Schedule* find(const Scope& scope, ScheduleId id) {
    const auto stored = schedules_.find(id);
    if (stored == schedules_.end() || (scope.user && stored->second.user_id != *scope.user)) return nullptr;
    return &stored->second;
  }
  // Another schedule of the same user with the same name.
  [[nodiscard]] std::optional<ScheduleId> holder_of(const Schedule& schedule) const {
    for (const auto& [id, each] : schedules_) {
      if (id != schedule.id && each.user_id == schedule.user_id && each.name == schedule.name) return id;
    }
    return std::nullopt;
  }

  Awaitable<Fired> fire_one(Firing& firing, Time now) {
    Schedule* schedule = find({}, firing.id);
    if (schedule == nullptr || !is_current(*schedule, firing)) co_return Fired{};
    if (firing.kind == FiringKind::hold) {
      note_hold(*schedule, firing);
      co_return Fired{FireStatus::held, *schedule, std::nullopt, std::nullopt};
    }
    if (firing.kind == FiringKind::pass_over) {
      note_skip(*schedule, firing, firing.reason, now);
      co_return Fired{FireStatus::skipped, *schedule, std::nullopt, std::nullopt};
    }
    const Scope everybody;
    std::optional<Job> earlier;
    if (schedule->last_job_id && schedule->overlap != Overlap::allow) {
      auto job = co_await jobs_.get(everybody, *schedule->last_job_id);
      if (job && !is_finished(job->status)) earlier = std::move(*job);
    }
    if (earlier && schedule->overlap == Overlap::skip) {
      if (firing.slot) note_skip(*schedule, firing, SkipReason::overlap, now);
      co_return Fired{FireStatus::skipped, *schedule, std::move(earlier), std::nullopt};
    }
    SubmitRequest request;
    request.submissions.push_back({*firing.job, UniquePolicy::return_existing});
    auto answer = co_await jobs_.submit_all(std::move(request), now);
    Submitted& submitted = answer.value().jobs.at(0);
    if (submitted.status == SubmitStatus::refused) {
      if (firing.slot) note_hold(*schedule, firing);
      co_return Fired{FireStatus::held, *schedule, std::nullopt, std::move(submitted.refusal)};
    }
    if (earlier) {
      auto cancelled = co_await jobs_.cancel(everybody, earlier->id, now);
      if (cancelled) jobs_.job_followed(*cancelled);
    }
    note_run(*schedule, firing, submitted.job.id, now);
    co_return Fired{FireStatus::fired, *schedule, std::move(submitted.job), std::nullopt};
  }

  MemoryJobStore& jobs_;
  std::mutex mutex_;
  std::map<ScheduleId, Schedule> schedules_;
  int failures_ = 0;
  bool lose_answer_ = false;
  std::size_t calls_ = 0;
};

}  // namespace taskgate::jobs
