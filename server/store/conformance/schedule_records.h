#pragma once

#include "store/conformance/schedule_suite.h"

namespace taskgate::conformance {

class ScheduleRecords : public ScheduleSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ScheduleRecords);

TEST_P(ScheduleRecords, KeepsEveryFieldOverARestart) {
  Schedule schedule = make_schedule("nightly \"report\"");
  schedule.job.type = "Nightly report";
  schedule.job.data = R"({"amount": 12345678901234567890123, "text": ")" + std::string(5'000, 'x') + "\"}";
  schedule.job.priority = -2.5;
  schedule.job.max_retries = 0;
  schedule.job.queue = "slow";
  schedule.job.tags = {"a", "b \"c\""};
  schedule.job.timeout = 90s;
  schedule.job.ttl = 1h;
  schedule.job.backoff = BackoffPolicy{5s, 3, 1h, 0.1, {}};
  schedule.timing = {"0 9 * * 1-5", "Europe/Berlin", std::nullopt, Time{}};
  schedule.missed_fire = MissedFire::skip;
  schedule.overlap = Overlap::replace;
  schedule.paused = true;
  schedule.next_run_at.reset();
  schedule.look_at.reset();
  schedule.last_run_at = now - 1h;
  schedule.last_job_id = JobId{77};
  schedule.last_skipped_at = now - 2h;
  schedule.last_skip_reason = SkipReason::account_disabled;
  create(schedule);
  reopen();
  const Schedule kept = get(schedule.id);
  EXPECT_EQ(kept.user_id, alice);
  EXPECT_EQ(kept.name, schedule.name);
  EXPECT_EQ(kept.job.type, schedule.job.type);
  EXPECT_EQ(kept.job.data, schedule.job.data);
  EXPECT_EQ(kept.job.priority, schedule.job.priority);
  EXPECT_EQ(kept.job.max_retries, 0);
  EXPECT_EQ(kept.job.queue, "slow");
  EXPECT_EQ(kept.job.tags, schedule.job.tags);
  EXPECT_EQ(kept.job.timeout, schedule.job.timeout);
  EXPECT_EQ(kept.job.ttl, schedule.job.ttl);
  EXPECT_EQ(kept.job.backoff, schedule.job.backoff);
  EXPECT_EQ(kept.timing, schedule.timing);
  EXPECT_EQ(kept.missed_fire, MissedFire::skip);
  EXPECT_EQ(kept.overlap, Overlap::replace);
  EXPECT_TRUE(kept.paused);
  EXPECT_EQ(kept.next_run_at, std::nullopt);
  EXPECT_EQ(kept.last_run_at, schedule.last_run_at);
  EXPECT_EQ(kept.last_job_id, schedule.last_job_id);
  EXPECT_EQ(kept.last_skipped_at, schedule.last_skipped_at);
  EXPECT_EQ(kept.last_skip_reason, SkipReason::account_disabled);
  EXPECT_EQ(kept.created_at, now);
}

TEST_P(ScheduleRecords, RefusesASecondOfTheSameNameAndTooMany) {
  const Schedule first = create();
  const auto taken = run(store().create(make_schedule(), schedules_max));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::conflict);
  EXPECT_EQ(taken.error().reason, "schedule_name_taken");
  EXPECT_NE(taken.error().message.find(to_string(first.id)), std::string::npos);
  create(make_schedule("hourly", bob));
  create(make_schedule("second"));
  create(make_schedule("third"));
  EXPECT_EQ(run(store().create(make_schedule("fourth"), schedules_max)).error().reason, "too_many_schedules");
  ASSERT_TRUE(run(store().remove({}, first.id)).has_value());
  create(make_schedule("fourth"));
}

TEST_P(ScheduleRecords, StoresAChangeOnlyOfTheScheduleAsItWasRead) {
  Schedule schedule = create();
  schedule.name = "renamed";
  schedule.job.queue = "slow";
  const Schedule changed = run(store().update(schedule)).value();
  EXPECT_EQ(changed.revision, schedule.revision + 1);
  EXPECT_EQ(get(schedule.id).name, "renamed");
  EXPECT_EQ(get(schedule.id).revision, changed.revision);
  EXPECT_EQ(run(store().update(schedule)).error().reason, "schedule_changed");
  Schedule other = create(make_schedule("other"));
  other.name = "renamed";
  EXPECT_EQ(run(store().update(other)).error().reason, "schedule_name_taken");
  other.id = ScheduleId{5};
  EXPECT_EQ(run(store().update(other)).error().code, ErrorCode::not_found);
}

TEST_P(ScheduleRecords, KeepsUsersApart) {
  const Schedule schedule = create();
  EXPECT_EQ(run(store().get({bob}, schedule.id)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(store().remove({bob}, schedule.id)).error().code, ErrorCode::not_found);
  EXPECT_TRUE(run(store().list({bob}, 10, std::nullopt)).schedules.empty());
  EXPECT_TRUE(run(store().get({alice}, schedule.id)).has_value());
  EXPECT_TRUE(run(store().remove({alice}, schedule.id)).has_value());
  EXPECT_EQ(run(store().get({}, schedule.id)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(store().remove({}, schedule.id)).error().code, ErrorCode::not_found);
}

TEST_P(ScheduleRecords, ListsTheNewestFirstPageByPage) {
  std::vector<ScheduleId> made;
  for (const char* name : {"a", "b", "c"}) {
    now += 1ms;
    made.insert(made.begin(), create(make_schedule(name)).id);
  }
  create(make_schedule("of bob", bob));
  std::vector<ScheduleId> listed;
  std::optional<ScheduleId> before;
  do {
    const auto page = run(store().list({alice}, 2, before));
    for (const auto& each : page.schedules) listed.push_back(each.id);
    before = page.next;
  } while (before);
  EXPECT_EQ(listed, made);
  EXPECT_EQ(run(store().list({}, 10, std::nullopt)).schedules.size(), 4U);
}

}  // namespace taskgate::conformance
