#include "jobs/schedule_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/memory_schedule_store.h"

namespace taskgate::jobs {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Principal person(std::uint8_t number, Role role = Role::user) {
  Principal principal;
  principal.user_id.bytes[0] = number;
  principal.role = role;
  return principal;
}

class ScheduleServiceTest : public ::testing::Test {
 protected:
  ScheduleServiceTest() {
    clock.set(from_iso8601("2026-01-31T09:00:00.000Z").value());
    service.timing_changed.connect([this] { ++wake_ups; });
  }
  template <class T>
  static T run(Awaitable<T> task) {
    return run_to_completion(std::move(task));
  }
  static NewSchedule daily(std::string name = "nightly") {
    NewSchedule wanted;
    wanted.name = std::move(name);
    wanted.job.type = "report";
    wanted.timing.cron = "0 3 * * *";
    return wanted;
  }
  Result<ScheduleView> create(NewSchedule wanted) { return run(service.create(ann, std::move(wanted))); }
  Result<ScheduleView> change(ScheduleId id, ScheduleChange wanted) {
    return run(service.change(ann, id, std::move(wanted)));
  }
  static std::vector<std::string> fields_of(const Result<ScheduleView>& refused) {
    std::vector<std::string> fields;
    if (refused) return {"accepted"};
    for (const auto& fault : refused.error().fields) fields.push_back(fault.field);
    return fields;
  }
  static std::vector<std::string> shown(const std::vector<Time>& times) {
    std::vector<std::string> texts;
    for (const Time time : times) texts.push_back(to_iso8601(time).substr(0, 16));
    return texts;
  }

  const Principal ann = person(1);
  const Principal bob = person(2);
  const Principal admin = person(3, Role::admin);
  ManualClock clock;
  IdGenerator ids;
  MemoryJobStore job_store;
  MemoryScheduleStore store{job_store};
  JobService jobs{job_store, clock, ids};
  ScheduleService service{store, jobs, clock, ids, {.schedules_per_user_max = 2}};
  int wake_ups = 0;
};

TEST_F(ScheduleServiceTest, KeepsAScheduleAndTellsItsNextFiveRuns) {
  NewSchedule wanted = daily();
  wanted.job.type = " report ";
  wanted.timing.time_zone = "Europe/Berlin";
  const auto made = create(wanted).value();
  EXPECT_EQ(made.schedule.job.type, "report");
  EXPECT_EQ(made.schedule.overlap, Overlap::skip);
  EXPECT_EQ(made.schedule.missed_fire, MissedFire::once);
  EXPECT_THAT(shown(made.next_runs), ElementsAre("2026-02-01T02:00", "2026-02-02T02:00", "2026-02-03T02:00",
                                                 "2026-02-04T02:00", "2026-02-05T02:00"));
  EXPECT_EQ(made.schedule.next_run_at, made.next_runs[0]);
  EXPECT_EQ(wake_ups, 1);
  EXPECT_EQ(run(service.get(ann, made.schedule.id))->schedule.name, "nightly");
}

TEST_F(ScheduleServiceTest, NamesEveryFieldThatIsWrong) {
  NewSchedule wanted = daily("");
  wanted.job.type = "";
  wanted.job.priority = std::numeric_limits<double>::infinity();
  wanted.job.delay = 1s;
  wanted.job.run_at = clock.now();
  wanted.job.unique.emplace();
  wanted.job.unique->key = "k";
  wanted.job.depends_on = {JobId{1}};
  wanted.timing.cron = "99 * * * *";
  wanted.timing.time_zone = "Mars/Olympus";
  auto fields = fields_of(create(wanted));
  for (const char* field :
       {"name", "priority", "delayMs", "runAt", "uniqueKey", "dependsOn", "cron", "timeZone", "type"}) {
    EXPECT_THAT(fields, ::testing::Contains(field));
  }
  EXPECT_EQ(wake_ups, 0);
  EXPECT_THAT(fields_of(create(daily(std::string(129, 'x')))), ElementsAre("name"));
  EXPECT_THAT(fields_of(create(daily("a\nb"))), ElementsAre("name"));
}

TEST_F(ScheduleServiceTest, WantsOneTimingAndAZoneOnlyWithCron) {
  NewSchedule none = daily();
  none.timing = {};
  EXPECT_THAT(fields_of(create(none)), ElementsAre("cron"));
  NewSchedule both = daily();
  both.timing.every = 1h;
  EXPECT_THAT(fields_of(create(both)), ElementsAre("everyMs"));
  NewSchedule zoned = daily();
  zoned.timing = {std::nullopt, "Europe/Berlin", 1h};
  EXPECT_THAT(fields_of(create(zoned)), ElementsAre("timeZone"));
}

TEST_F(ScheduleServiceTest, ChangesWhatIsGivenAndNothingElse) {
  NewSchedule wanted = daily();
  wanted.job.queue = "slow";
  wanted.job.timeout = 5s;
  const auto made = create(wanted).value();
  clock.advance(1h);
  ScheduleChange other;
  other.name = "early";
  other.job.data = "[1]";
  other.job_fields = {"data", "timeoutMs"};
  other.overlap = Overlap::replace;
  const auto changed = change(made.schedule.id, other).value();
  EXPECT_EQ(changed.schedule.name, "early");
  EXPECT_EQ(changed.schedule.job.data, "[1]");
  EXPECT_EQ(changed.schedule.job.type, "report");
  EXPECT_EQ(changed.schedule.job.queue, "slow");
  EXPECT_EQ(changed.schedule.job.timeout, std::nullopt);
  EXPECT_EQ(changed.schedule.overlap, Overlap::replace);
  EXPECT_EQ(changed.schedule.updated_at, clock.now());
  EXPECT_EQ(changed.schedule.next_run_at, made.schedule.next_run_at);
}

TEST_F(ScheduleServiceTest, StartsOverWhenTheTimingChanges) {
  const auto id = create(daily()).value().schedule.id;
  ScheduleChange zone;
  zone.timing.time_zone = "Asia/Kolkata";
  EXPECT_EQ(shown(change(id, zone).value().next_runs)[0], "2026-01-31T21:30");
  ScheduleChange interval;
  interval.timing.every = 90min;
  const auto every = change(id, interval).value();
  EXPECT_EQ(every.schedule.timing.cron, std::nullopt);
  EXPECT_EQ(shown(every.next_runs)[0], "2026-01-31T10:30");
  EXPECT_THAT(fields_of(change(id, zone)), ElementsAre("timeZone"));
  ScheduleChange cron;
  cron.timing.cron = "@hourly";
  const auto hourly = change(id, cron).value();
  EXPECT_EQ(hourly.schedule.timing.every, std::nullopt);
  EXPECT_EQ(shown(hourly.next_runs)[0], "2026-01-31T10:00");
  EXPECT_EQ(wake_ups, 4);
  change(id, interval).value();
  clock.advance(30min);
  EXPECT_EQ(shown(change(id, interval).value().next_runs)[0], "2026-01-31T10:30") << "the same again changes nothing";
  cron.timing.cron = "0 0 30 2 *";
  EXPECT_THAT(fields_of(change(id, cron)), ElementsAre("cron"));
}

TEST_F(ScheduleServiceTest, HasNoNextRunWhilePaused) {
  NewSchedule wanted = daily();
  wanted.paused = true;
  const auto made = create(wanted).value();
  EXPECT_EQ(made.schedule.next_run_at, std::nullopt);
  EXPECT_THAT(made.next_runs, IsEmpty());
  clock.advance(72h);
  ScheduleChange resume;
  resume.paused = false;
  EXPECT_EQ(shown(change(made.schedule.id, resume).value().next_runs)[0], "2026-02-04T03:00");
}

TEST_F(ScheduleServiceTest, RefusesAnotherOfTheSameNameAndTooMany) {
  create(daily()).value();
  EXPECT_EQ(create(daily()).error().reason, "schedule_name_taken");
  create(daily("second")).value();
  EXPECT_EQ(create(daily("third")).error().reason, "too_many_schedules");
}

TEST_F(ScheduleServiceTest, KeepsUsersApartAndShowsAdminsEverything) {
  const auto id = create(daily()).value().schedule.id;
  EXPECT_EQ(run(service.get(bob, id)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(service.change(bob, id, {})).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(service.remove(bob, id)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(service.run_now(bob, id)).error().code, ErrorCode::not_found);
  EXPECT_THAT(run(service.list_own(bob, 10, std::nullopt)).schedules, IsEmpty());
  EXPECT_EQ(run(service.list_all(bob, 10, std::nullopt)).error().reason, "admin_only");
  EXPECT_THAT(run(service.list_own(admin, 10, std::nullopt)).schedules, IsEmpty());
  EXPECT_EQ(run(service.list_all(admin, 10, std::nullopt)).value().schedules.size(), 1U);
  EXPECT_EQ(run(service.run_now(admin, id)).value().user_id, ann.user_id);
  EXPECT_TRUE(run(service.remove(admin, id)).has_value());
}

TEST_F(ScheduleServiceTest, RunsNowAlsoWhilePausedAndRespectsOverlap) {
  std::vector<Job> changed;
  jobs.job_changed.connect([&changed](const Job& job) { changed.push_back(job); });
  NewSchedule wanted = daily();
  wanted.paused = true;
  const auto id = create(wanted).value().schedule.id;
  const Job job = run(service.run_now(ann, id)).value();
  EXPECT_EQ(job.terms.schedule_id, to_string(id));
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].id, job.id);
  EXPECT_EQ(run(service.get(ann, id))->schedule.next_run_at, std::nullopt);
  const auto busy = run(service.run_now(ann, id));
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, ErrorCode::conflict);
  EXPECT_EQ(busy.error().reason, "schedule_busy");
  EXPECT_NE(busy.error().message.find(to_string(job.id)), std::string::npos);
  run(jobs.cancel(ann, job.id));
  EXPECT_TRUE(run(service.run_now(ann, id)).has_value());
  ScheduleChange replace;
  replace.overlap = Overlap::replace;
  change(id, replace).value();
  EXPECT_TRUE(run(service.run_now(ann, id)).has_value());
}

TEST_F(ScheduleServiceTest, SaysThatTheBacklogIsFull) {
  const auto id = create(daily()).value().schedule.id;
  NewJob other;
  other.type = "other";
  run(jobs.submit(ann, other)).value();
  UserControlChange full;
  full.backlog = 1;
  run(job_store.control_user(ann.user_id, full, clock.now()));
  EXPECT_EQ(run(service.run_now(ann, id)).error().reason, "backlog_full");
}

TEST_F(ScheduleServiceTest, PreviewsATimingWithoutKeepingAnything) {
  TimingRequest timing;
  timing.cron = "30 2 * * *";
  timing.time_zone = "Europe/Berlin";
  clock.set(from_iso8601("2026-03-28T12:00:00Z").value());
  EXPECT_THAT(shown(service.preview(timing, 2).value()), ElementsAre("2026-03-29T01:00", "2026-03-30T00:30"));
  EXPECT_EQ(service.preview(timing, 0).error().fields.at(0).field, "count");
  EXPECT_EQ(service.preview(timing, 101).error().fields.at(0).field, "count");
  timing.cron = "never";
  EXPECT_EQ(service.preview(timing, 1).error().fields.at(0).field, "cron");
  EXPECT_THAT(run(service.list_own(ann, 10, std::nullopt)).schedules, IsEmpty());
}

}  // namespace
}  // namespace taskgate::jobs
