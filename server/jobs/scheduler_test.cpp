#include "jobs/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "jobs/manual_alarms.h"
#include "jobs/memory_schedule_store.h"

namespace taskgate::jobs {
namespace {

using namespace std::chrono_literals;

class SchedulerTest : public ::testing::Test {
 protected:
  SchedulerTest() {
    ann.user_id.bytes[0] = 1;
    clock.set(from_iso8601("2026-01-31T09:00:00.000Z").value());
  }
  ~SchedulerTest() override {
    if (scheduler) stop();
  }

  void start() {
    SchedulerOptions options;
    options.alarms = alarms;
    options.owner_may_run = [this](UserId) { return answer(owner_may_run); };
    scheduler = std::make_unique<Scheduler>(loop.get_executor(), store, service, jobs, clock, ids, options);
    scheduler->start();
    ManualAlarms::run_ready(loop);
  }
  void stop() {
    bool stopped = false;
    boost::asio::co_spawn(loop, scheduler->stop(), [&stopped](std::exception_ptr) { stopped = true; });
    ManualAlarms::run_ready(loop);
    EXPECT_TRUE(stopped);
    scheduler.reset();
  }
  static Awaitable<bool> answer(bool value) { co_return value; }
  void pass(std::chrono::milliseconds time) { alarms->run_for(loop, time); }

  static NewSchedule every(std::chrono::milliseconds interval) {
    NewSchedule wanted;
    wanted.name = "report";
    wanted.job.type = "report";
    wanted.timing.every = interval;
    wanted.overlap = Overlap::allow;
    return wanted;
  }
  ScheduleId create(NewSchedule wanted) {
    const auto made = run_to_completion(service.create(ann, std::move(wanted)));
    ManualAlarms::run_ready(loop);
    return made.value().schedule.id;
  }
  Schedule get(ScheduleId id) { return run_to_completion(service.get(ann, id)).value().schedule; }
  void change(ScheduleId id, ScheduleChange wanted) {
    ASSERT_TRUE(run_to_completion(service.change(ann, id, std::move(wanted))).has_value());
    ManualAlarms::run_ready(loop);
  }
  // When the jobs were made, oldest first, as times of day.
  std::vector<std::string> made() {
    std::vector<std::string> times;
    for (const Job& job : run_to_completion(job_store.list({}, {}, 10'000, std::nullopt)).jobs) {
      times.insert(times.begin(), to_iso8601(job.created_at).substr(11, 8));
    }
    return times;
  }
  static std::vector<std::string> times(std::initializer_list<const char*> list) { return {list.begin(), list.end()}; }

  Principal ann;
  ManualClock clock;
  IdGenerator ids;
  boost::asio::io_context loop;
  std::shared_ptr<ManualAlarms> alarms = std::make_shared<ManualAlarms>(clock);
  MemoryJobStore job_store;
  MemoryScheduleStore store{job_store};
  JobService jobs{job_store, clock, ids};
  ScheduleService service{store, jobs, clock, ids};
  std::unique_ptr<Scheduler> scheduler;
  bool owner_may_run = true;
};

TEST_F(SchedulerTest, MakesAJobAtEverySlotAndNotBefore) {
  start();
  const ScheduleId id = create(every(10min));
  pass(9min + 59s);
  EXPECT_EQ(made(), times({}));
  pass(1s);
  EXPECT_EQ(made(), times({"09:10:00"}));
  pass(30min);
  EXPECT_EQ(made(), times({"09:10:00", "09:20:00", "09:30:00", "09:40:00"}));
  EXPECT_EQ(get(id).last_run_at, clock.now());
}

TEST_F(SchedulerTest, AnnouncesTheJobsItMakes) {
  int wake_ups = 0;
  std::vector<Job> changed;
  jobs.work_available.connect([&wake_ups] { ++wake_ups; });
  jobs.job_changed.connect([&changed](const Job& job) { changed.push_back(job); });
  start();
  const ScheduleId id = create(every(10min));
  pass(10min);
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].terms.schedule_id, to_string(id));
  EXPECT_EQ(wake_ups, 1);
}

TEST_F(SchedulerTest, FollowsACronExpressionInItsZone) {
  start();
  NewSchedule wanted = every(1s);
  wanted.timing = {"0 12 * * *", "Europe/Berlin", std::nullopt};
  create(wanted);
  pass(24h);
  EXPECT_EQ(made(), times({"11:00:00"}));
}

TEST_F(SchedulerTest, LeavesAnIdleStoreAlone) {
  start();
  const auto calls = store.calls();
  pass(24h);
  EXPECT_EQ(store.calls(), calls);
}

TEST_F(SchedulerTest, LooksAgainWhenAScheduleIsMadeOrChanged) {
  start();
  const ScheduleId id = create(every(10h));
  pass(1min);
  ScheduleChange sooner;
  sooner.timing.every = 1min;
  change(id, sooner);
  pass(2min);
  EXPECT_EQ(made(), times({"09:02:00", "09:03:00"}));
  ScheduleChange pause;
  pause.paused = true;
  change(id, pause);
  pass(10min);
  EXPECT_EQ(made().size(), 2U);
  EXPECT_EQ(get(id).next_run_at, std::nullopt);
  pause.paused = false;
  change(id, pause);
  pass(1min);
  EXPECT_EQ(made().size(), 3U);
}

TEST_F(SchedulerTest, FiresSlotsThatAreLittleLateOneByOne) {
  create(every(20s));
  pass(60s);
  start();
  EXPECT_EQ(made(), times({"09:01:00", "09:01:00", "09:01:00"}));
  pass(20s);
  EXPECT_EQ(made().size(), 4U);
}

TEST_F(SchedulerTest, MakesUpForMissedSlotsOnce) {
  const ScheduleId id = create(every(10min));
  pass(35min);
  start();
  EXPECT_EQ(made(), times({"09:35:00"}));
  EXPECT_EQ(to_iso8601(*get(id).next_run_at), "2026-01-31T09:40:00.000Z");
  pass(5min);
  EXPECT_EQ(made(), times({"09:35:00", "09:40:00"}));
}

TEST_F(SchedulerTest, LeavesMissedSlotsOutWhereThePolicySaysSo) {
  NewSchedule wanted = every(10min);
  wanted.missed_fire = MissedFire::skip;
  const ScheduleId id = create(wanted);
  pass(35min);
  start();
  EXPECT_EQ(made(), times({}));
  EXPECT_EQ(get(id).last_skip_reason, SkipReason::missed);
  pass(5min);
  EXPECT_EQ(made(), times({"09:40:00"}));
}

TEST_F(SchedulerTest, StillFiresTheLastSlotWhenThatOneIsOnTime) {
  NewSchedule wanted = every(10min);
  wanted.missed_fire = MissedFire::skip;
  create(wanted);
  pass(30min + 20s);
  start();
  EXPECT_EQ(made(), times({"09:30:20"}));
}

TEST_F(SchedulerTest, FiresNothingTwiceWhenTheClockIsSetBack) {
  start();
  create(every(10min));
  pass(20min);
  EXPECT_EQ(made().size(), 2U);
  clock.advance(-15min);
  pass(24min);
  EXPECT_EQ(made().size(), 2U);
  pass(2min);
  EXPECT_EQ(made().size(), 3U);
}

TEST_F(SchedulerTest, NoticesWithinAMinuteThatTheClockWasSetForward) {
  start();
  create(every(10h));
  pass(1min);
  clock.advance(24h);
  pass(1min);
  EXPECT_EQ(made().size(), 1U);
}

TEST_F(SchedulerTest, LosesNoSlotWhileTheStoreIsBroken) {
  start();
  create(every(10min));
  pass(9min);
  store.fail_next(5);
  pass(1min);
  EXPECT_EQ(made(), times({}));
  pass(30s);
  EXPECT_EQ(made().size(), 1U);
  pass(10min);
  EXPECT_EQ(made().size(), 2U);
}

TEST_F(SchedulerTest, FiresASlotOnceWhenTheAnswerOfTheStoreIsLost) {
  start();
  create(every(10min));
  store.lose_next_answer();
  pass(15min);
  EXPECT_EQ(made(), times({"09:10:00"}));
}

TEST_F(SchedulerTest, WaitsForRoomInTheBacklogWithoutHoldingOthersUp) {
  NewJob earlier;
  earlier.type = "earlier";
  run_to_completion(jobs.submit(ann, earlier)).value();
  UserControlChange full;
  full.backlog = 1;
  run_to_completion(job_store.control_user(ann.user_id, full, clock.now()));
  start();
  const ScheduleId id = create(every(10min));
  NewSchedule other = every(10min);
  ann.user_id.bytes[0] = 2;
  create(other);
  ann.user_id.bytes[0] = 1;
  pass(10min);
  EXPECT_EQ(made(), times({"09:00:00", "09:10:00"}));
  EXPECT_TRUE(get(id).held_up());
  pass(20s);
  full.backlog = 10;
  run_to_completion(job_store.control_user(ann.user_id, full, clock.now()));
  pass(5s);
  EXPECT_EQ(made().size(), 3U);
  EXPECT_FALSE(get(id).held_up());
  EXPECT_EQ(to_iso8601(*get(id).next_run_at), "2026-01-31T09:20:00.000Z");
}

TEST_F(SchedulerTest, LeavesSlotsOfDisabledAccountsOut) {
  start();
  const ScheduleId id = create(every(10min));
  owner_may_run = false;
  pass(10min);
  EXPECT_EQ(made(), times({}));
  EXPECT_EQ(get(id).last_skip_reason, SkipReason::account_disabled);
  owner_may_run = true;
  pass(10min);
  EXPECT_EQ(made(), times({"09:20:00"}));
}

TEST_F(SchedulerTest, FiresMoreThanFitIntoOneLook) {
  for (int number = 0; number < 250; ++number) {
    NewSchedule wanted = every(10min);
    wanted.name = "report " + std::to_string(number);
    create(wanted);
  }
  start();
  pass(10min);
  EXPECT_EQ(made().size(), 250U);
}

TEST_F(SchedulerTest, TwoOfThemOverOneStoreFireEachSlotOnce) {
  start();
  SchedulerOptions options;
  options.alarms = alarms;
  Scheduler second(loop.get_executor(), store, service, jobs, clock, ids, options);
  second.start();
  create(every(10min));
  pass(1h);
  EXPECT_EQ(made().size(), 6U);
  bool stopped = false;
  boost::asio::co_spawn(loop, second.stop(), [&stopped](std::exception_ptr) { stopped = true; });
  ManualAlarms::run_ready(loop);
  EXPECT_TRUE(stopped);
}

TEST_F(SchedulerTest, GoesOnAfterARestartWhereItWas) {
  start();
  create(every(10min));
  pass(10min);
  stop();
  start();
  EXPECT_EQ(made().size(), 1U);
  pass(10min);
  EXPECT_EQ(made().size(), 2U);
}

}  // namespace
}  // namespace taskgate::jobs
