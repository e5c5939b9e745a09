#pragma once

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "jobs/schedule_store.h"
#include "store/conformance/engine.h"
#include "store/conformance/parallel.h"

namespace taskgate::conformance {

using namespace std::chrono_literals;
using namespace taskgate::jobs;

// One engine's schedules, with the jobs they make.
class ScheduleEngine {
 public:
  virtual ~ScheduleEngine() = default;
  virtual ScheduleStore& schedules() = 0;
  virtual JobStore& jobs() = 0;
  // Stops the engine and starts it again over what it has stored.
  virtual void reopen() = 0;
};

struct ScheduleEngineMaker {
  std::string name;
  std::function<std::unique_ptr<ScheduleEngine>()> make;
  friend std::ostream& operator<<(std::ostream& out, const ScheduleEngineMaker& maker) { return out << maker.name; }
};

// What the tests of jobs::ScheduleStore share.
class ScheduleSuite : public ::testing::TestWithParam<ScheduleEngineMaker> {
 protected:
  ScheduleStore& store() { return engine_->schedules(); }
  JobStore& jobs() { return engine_->jobs(); }
  void reopen() { engine_->reopen(); }
  template <class T>
  static T run(Awaitable<T> task) {
    return run_to_completion(std::move(task));
  }

  // Every minute, the next in one.
  Schedule make_schedule(std::string name, const UserId& user) {
    Schedule schedule;
    schedule.id = ScheduleId{ids_.next_job_id(now).value};
    schedule.user_id = user;
    schedule.name = std::move(name);
    schedule.job.type = "report";
    schedule.timing.every = 60s;
    schedule.timing.anchor = now;
    schedule.overlap = Overlap::allow;
    schedule.created_at = now;
    schedule.updated_at = now;
    schedule.next_run_at = now + 60s;
    schedule.look_at = schedule.next_run_at;
    return schedule;
  }
  Schedule make_schedule(std::string name = "hourly") { return make_schedule(std::move(name), alice); }
  Schedule create(Schedule schedule) {
    EXPECT_TRUE(run(store().create(schedule, schedules_max)).has_value());
    return get(schedule.id);
  }
  Schedule create() { return create(make_schedule()); }
  Schedule get(ScheduleId id) { return run(store().get({}, id)).value(); }

  // Of the slot that the schedule waits for.
  Firing firing_of(const Schedule& schedule) {
    Firing firing;
    firing.id = schedule.id;
    firing.revision = schedule.revision;
    firing.slot = schedule.next_run_at;
    firing.next = schedule.next_run_at.value_or(now) + 60s;
    firing.retry_at = now + 5s;
    firing.job = job_of(schedule, {}, ids_, now).value();
    return firing;
  }
  Firing firing_out_of_turn(const Schedule& schedule) {
    Firing firing = firing_of(schedule);
    firing.slot.reset();
    firing.next.reset();
    return firing;
  }
  Fired fire(Firing firing) {
    std::vector<Firing> firings;
    firings.push_back(std::move(firing));
    return run(store().fire(std::move(firings), now)).at(0);
  }
  // At its slot.
  Fired fire(const Schedule& schedule) {
    now = std::max(now, schedule.next_run_at.value_or(now));
    return fire(firing_of(schedule));
  }
  Job job(JobId id) { return run(jobs().get({}, id)).value(); }
  std::size_t count_jobs() { return run(jobs().list({}, {}, 1'000, std::nullopt)).jobs.size(); }
  // As many pending jobs as are there are all that alice may have.
  void fill_backlog() {
    Job job;
    job.id = ids_.next_job_id(now);
    job.user_id = alice;
    job.type = "other";
    job.run_at = now + 24h;
    job.created_at = now;
    std::vector<Job> one;
    one.push_back(std::move(job));
    run(jobs().submit(std::move(one), now));
    UserControlChange change;
    change.backlog = 1;
    run(jobs().control_user(alice, std::move(change), now));
  }
  void lift_backlog() {
    UserControlChange change;
    change.backlog = 100;
    run(jobs().control_user(alice, std::move(change), now));
  }
  void finish(JobId id) {
    ClaimRequest request{"worker", {{}, true}, 100};
    for (const Job& claimed : run(jobs().claim(std::move(request), now)).jobs) {
      if (claimed.id != id) continue;
      std::vector<Settlement> settlements;
      settlements.push_back(
          {claimed.id, claimed.fence, SettlementKind::complete, std::nullopt, std::nullopt, std::nullopt});
      run(jobs().settle(std::move(settlements), now));
    }
  }

  static constexpr std::size_t schedules_max = 3;

  Time now{1'767'225'600'000ms};
  const UserId alice{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  const UserId bob{{2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};

 private:
  std::unique_ptr<ScheduleEngine> engine_ = GetParam().make();
  IdGenerator ids_;
};

}  // namespace taskgate::conformance
