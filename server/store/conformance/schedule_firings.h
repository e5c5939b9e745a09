#pragma once

#include <algorithm>

#include "store/conformance/schedule_suite.h"

namespace taskgate::conformance {

class ScheduleFirings : public ScheduleSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ScheduleFirings);

TEST_P(ScheduleFirings, TellsWhatIsDueAndWhenTheNextIs) {
  Schedule late = make_schedule("late");
  late.look_at = late.next_run_at = now + 30s;
  create(late);
  Schedule early = make_schedule("early");
  early.look_at = early.next_run_at = now + 10s;
  create(early);
  Schedule paused = make_schedule("paused");
  paused.look_at.reset();
  paused.next_run_at.reset();
  create(paused);
  auto due = run(store().due(10, now));
  EXPECT_TRUE(due.schedules.empty());
  EXPECT_EQ(due.next, now + 10s);
  due = run(store().due(10, now + 10s));
  ASSERT_EQ(due.schedules.size(), 1U);
  EXPECT_EQ(due.schedules[0].id, early.id);
  EXPECT_EQ(due.next, now + 30s);
  due = run(store().due(1, now + 1h));
  EXPECT_EQ(due.schedules.at(0).id, early.id);
  EXPECT_TRUE(due.more);
  due = run(store().due(2, now + 1h));
  EXPECT_EQ(due.schedules.size(), 2U);
  EXPECT_FALSE(due.more);
  EXPECT_EQ(due.next, std::nullopt);
}

TEST_P(ScheduleFirings, MakesTheJobAndMovesOnInOneStep) {
  const Schedule schedule = create();
  const Fired fired = fire(schedule);
  ASSERT_EQ(fired.status, FireStatus::fired);
  const Schedule after = get(schedule.id);
  EXPECT_EQ(after.next_run_at, *schedule.next_run_at + 60s);
  EXPECT_EQ(after.look_at, after.next_run_at);
  EXPECT_EQ(after.last_run_at, now);
  EXPECT_EQ(after.last_job_id, fired.job->id);
  EXPECT_EQ(after.updated_at, schedule.updated_at);
  EXPECT_GT(after.revision, schedule.revision);
  EXPECT_EQ(fired.schedule->revision, after.revision);
  const Job made = job(fired.job->id);
  EXPECT_EQ(made.type, "report");
  EXPECT_EQ(made.user_id, alice);
  EXPECT_EQ(made.status, JobStatus::pending);
  EXPECT_EQ(made.terms.schedule_id, to_string(schedule.id));
  EXPECT_EQ(run(jobs().counts({alice})).pending, 1);
}

TEST_P(ScheduleFirings, FiresASlotOnceHoweverOftenItIsAsked) {
  const Schedule schedule = create();
  now += 60s;
  ASSERT_EQ(fire(schedule).status, FireStatus::fired);
  EXPECT_EQ(fire(schedule).status, FireStatus::stale);
  reopen();
  EXPECT_EQ(fire(schedule).status, FireStatus::stale);
  EXPECT_EQ(count_jobs(), 1U);
  EXPECT_EQ(fire(get(schedule.id)).status, FireStatus::fired);
  EXPECT_EQ(count_jobs(), 2U);
}

TEST_P(ScheduleFirings, FiresASlotOnceWhenManyTryAtTheSameTime) {
  const Schedule schedule = create();
  now += 60s;
  std::vector<Awaitable<std::vector<Fired>>> tries;
  for (int number = 0; number < 8; ++number) {
    std::vector<Firing> one;
    one.push_back(firing_of(schedule));
    tries.push_back(store().fire(std::move(one), now));
  }
  std::vector<FireStatus> statuses;
  for (const auto& answers : run_in_parallel(std::move(tries))) statuses.push_back(answers.at(0).status);
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), FireStatus::fired), 1);
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), FireStatus::stale), 7);
  EXPECT_EQ(count_jobs(), 1U);
}

TEST_P(ScheduleFirings, DoesNothingAboutAScheduleThatWasEditedPausedOrRemoved) {
  Schedule schedule = create();
  const Firing old = firing_of(schedule);
  schedule.job.type = "other";
  run(store().update(schedule));
  EXPECT_EQ(fire(old).status, FireStatus::stale);
  Schedule paused = get(schedule.id);
  paused.next_run_at.reset();
  paused.look_at.reset();
  const Firing before = firing_of(get(schedule.id));
  run(store().update(paused));
  EXPECT_EQ(fire(before).status, FireStatus::stale);
  const Firing last = firing_of(get(schedule.id));
  run(store().remove({}, schedule.id));
  EXPECT_EQ(fire(last).status, FireStatus::stale);
  EXPECT_EQ(count_jobs(), 0U);
}

TEST_P(ScheduleFirings, AnswersEachOfSeveralByItself) {
  const Schedule one = create(make_schedule("one"));
  const Schedule two = create(make_schedule("two"));
  now += 60s;
  std::vector<Firing> firings;
  firings.push_back(firing_of(one));
  firings.push_back(firing_of(one));
  firings.push_back(firing_of(two));
  const auto fired = run(store().fire(std::move(firings), now));
  ASSERT_EQ(fired.size(), 3U);
  EXPECT_EQ(fired[0].status, FireStatus::fired);
  EXPECT_EQ(fired[1].status, FireStatus::stale);
  EXPECT_EQ(fired[2].status, FireStatus::fired);
  EXPECT_EQ(count_jobs(), 2U);
}

TEST_P(ScheduleFirings, LeavesASlotOutWhileTheEarlierJobHasNotFinished) {
  Schedule schedule = make_schedule();
  schedule.overlap = Overlap::skip;
  schedule = create(schedule);
  const JobId first = fire(schedule).job->id;
  const Fired second = fire(get(schedule.id));
  EXPECT_EQ(second.status, FireStatus::skipped);
  EXPECT_EQ(second.job->id, first);
  const Schedule after = get(schedule.id);
  EXPECT_EQ(after.last_skipped_at, now);
  EXPECT_EQ(after.last_skip_reason, SkipReason::overlap);
  EXPECT_EQ(after.last_job_id, first);
  EXPECT_EQ(after.next_run_at, now + 60s);
  EXPECT_EQ(count_jobs(), 1U);
  finish(first);
  EXPECT_EQ(fire(after).status, FireStatus::fired);
  EXPECT_EQ(count_jobs(), 2U);
}

TEST_P(ScheduleFirings, CancelsTheEarlierJobWhereThePolicySaysSo) {
  std::vector<Job> followed;
  jobs().job_followed.connect([&followed](const Job& each) { followed.push_back(each); });
  Schedule schedule = make_schedule();
  schedule.overlap = Overlap::replace;
  schedule = create(schedule);
  const JobId first = fire(schedule).job->id;
  run(jobs().claim({"worker", {{}, true}, 1}, now));
  const Fired second = fire(get(schedule.id));
  ASSERT_EQ(second.status, FireStatus::fired);
  EXPECT_EQ(job(first).status, JobStatus::cancelled);
  EXPECT_EQ(job(second.job->id).status, JobStatus::pending);
  ASSERT_EQ(followed.size(), 1U);
  EXPECT_EQ(followed[0].id, first);
  EXPECT_EQ(followed[0].status, JobStatus::cancelled);
  EXPECT_EQ(run(jobs().counts({})), (JobCounts{1, 0, 0, 0, 1}));
}

TEST_P(ScheduleFirings, HoldsTheSlotWhileTheBacklogIsFull) {
  fill_backlog();
  const Schedule schedule = create();
  const Fired held = fire(schedule);
  EXPECT_EQ(held.status, FireStatus::held);
  EXPECT_EQ(held.refusal->reason, "backlog_full");
  const Schedule waiting = get(schedule.id);
  EXPECT_TRUE(waiting.held_up());
  EXPECT_EQ(waiting.next_run_at, now);
  EXPECT_EQ(waiting.look_at, now + 5s);
  EXPECT_TRUE(run(store().due(10, now)).schedules.empty());
  EXPECT_EQ(run(store().due(10, now)).next, now + 5s);
  EXPECT_EQ(count_jobs(), 1U);
  lift_backlog();
  now += 5s;
  EXPECT_EQ(run(store().due(10, now)).schedules.size(), 1U);
  EXPECT_EQ(fire(waiting).status, FireStatus::fired);
  EXPECT_FALSE(get(schedule.id).held_up());
}

TEST_P(ScheduleFirings, CancelsNothingWhenTheSuccessorFindsNoRoom) {
  Schedule schedule = make_schedule();
  schedule.overlap = Overlap::replace;
  schedule = create(schedule);
  const JobId first = fire(schedule).job->id;
  run(jobs().claim({"worker", {{}, true}, 1}, now));
  fill_backlog();
  EXPECT_EQ(fire(get(schedule.id)).status, FireStatus::held);
  EXPECT_EQ(job(first).status, JobStatus::processing);
}

TEST_P(ScheduleFirings, PassesOverAndHoldsAsAsked) {
  const Schedule schedule = create();
  Firing hold = firing_of(schedule);
  hold.kind = FiringKind::hold;
  EXPECT_EQ(fire(hold).status, FireStatus::held);
  EXPECT_EQ(get(schedule.id).next_run_at, schedule.next_run_at);
  Firing pass = firing_of(get(schedule.id));
  pass.kind = FiringKind::pass_over;
  pass.reason = SkipReason::missed;
  pass.next = now + 1h;
  EXPECT_EQ(fire(pass).status, FireStatus::skipped);
  EXPECT_EQ(get(schedule.id).next_run_at, now + 1h);
  EXPECT_EQ(get(schedule.id).look_at, now + 1h);
  EXPECT_EQ(get(schedule.id).last_skip_reason, SkipReason::missed);
  EXPECT_EQ(count_jobs(), 0U);
}

TEST_P(ScheduleFirings, FiresOutOfTurnWithoutTouchingTheSlots) {
  Schedule schedule = make_schedule();
  schedule.overlap = Overlap::skip;
  schedule = create(schedule);
  const Fired fired = fire(firing_out_of_turn(schedule));
  ASSERT_EQ(fired.status, FireStatus::fired);
  EXPECT_EQ(get(schedule.id).next_run_at, schedule.next_run_at);
  EXPECT_EQ(get(schedule.id).last_job_id, fired.job->id);
  const Schedule after = get(schedule.id);
  const Fired refused = fire(firing_out_of_turn(after));
  EXPECT_EQ(refused.status, FireStatus::skipped);
  EXPECT_EQ(refused.job->id, fired.job->id);
  EXPECT_EQ(get(schedule.id).last_skipped_at, std::nullopt);
  finish(fired.job->id);
  fill_backlog();
  EXPECT_EQ(fire(firing_out_of_turn(after)).status, FireStatus::held);
  EXPECT_FALSE(get(schedule.id).held_up());
}

TEST_P(ScheduleFirings, MakesJobsThatOutliveTheirSchedule) {
  const Schedule schedule = create();
  const JobId made = fire(schedule).job->id;
  run(store().remove({}, schedule.id));
  reopen();
  EXPECT_EQ(job(made).status, JobStatus::pending);
  EXPECT_EQ(run(jobs().claim({"worker", {{}, true}, 1}, now)).jobs.at(0).id, made);
}

}  // namespace taskgate::conformance
