#pragma once

#include "store/conformance/job_suite.h"

namespace taskgate::conformance {

// Limits, pauses and weights, and what they tell.
class JobLimits : public JobSuite {
 protected:
  TypeControl control_type(const std::string& type, TypeControlChange change) {
    return run(store().control_type(type, std::move(change), now));
  }
  void limit_type(const std::string& type, std::int64_t concurrency) {
    TypeControlChange change;
    change.concurrency.emplace(concurrency);
    control_type(type, change);
  }
  void set_rate(const std::string& type, StartRate rate) {
    TypeControlChange change;
    change.rate.emplace(rate);
    control_type(type, change);
  }
  void pause_queue(const std::string& queue, bool paused) { run(store().control_queue(queue, {paused}, now)); }
  UserControl control_user(const UserId& user, UserControlChange change) {
    return run(store().control_user(user, std::move(change), now));
  }
  QueueOverview overview() { return run(store().queue_overview(now)); }
  Explanation explain(JobId id) { return run(store().explain({}, id, now)).value(); }
  StandingReason reason(JobId id) { return explain(id).reason; }
  // How often slot_freed was emitted meanwhile.
  int freed = 0;
  void count_freed_slots() {
    store().slot_freed.connect([this] { ++freed; });
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobLimits);

TEST_P(JobLimits, HoldForATypeAndOutliveARestart) {
  limit_type("mail", 2);
  std::vector<JobId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(submit().id);
  EXPECT_EQ(claim(9).jobs.size(), 2u);
  reopen();
  EXPECT_TRUE(claim(9).jobs.empty()) << "slots are counted from the leases that live";
  EXPECT_EQ(reason(ids[2]), StandingReason::type_limit);
  EXPECT_EQ(explain(ids[2]).limit, 2);
  EXPECT_EQ(reason(ids[0]), StandingReason::running);
  settle(completion(get(ids[0])));
  EXPECT_THAT(ids_of(claim(9).jobs), ::testing::ElementsAre(ids[2]));
  EXPECT_EQ(reason(ids[0]), StandingReason::finished);
}

TEST_P(JobLimits, GiveEverySlotBackHoweverAnAttemptEnds) {
  limit_type("mail", 1);
  count_freed_slots();
  submit();
  submit_delayed(1h);
  for (int i = 0; i < 9; ++i) submit();
  int rounds = 0;
  const auto expect_freed = [&] {
    ++rounds;
    EXPECT_EQ(freed, rounds);
    EXPECT_EQ(overview().types.at(0).live.running, 0);
  };
  settle(completion(claim_one()));
  expect_freed();
  settle(failure(claim_one()));
  expect_freed();
  settle(another_try(claim_one(), 1h));
  expect_freed();
  settle(release(claim_one()));
  expect_freed();
  cancel(claim_one().id);
  expect_freed();
  claim_one();
  now += lease + 1s;
  run(store().reclaim_expired(crashes_max, now));
  expect_freed();
  claim_one();
  run(store().recover("worker-1", crashes_max, lease, now));
  expect_freed();
  const Job held = claim_one();
  beat({held.id, held.fence, 60s, 10, std::nullopt});
  EXPECT_EQ(freed, rounds) << "a beat gives nothing back";
  EXPECT_TRUE(claim().jobs.empty());
}

TEST_P(JobLimits, TellOfNoFreedSlotWhileNobodyWaitsForOne) {
  count_freed_slots();
  submit();
  submit();
  settle(completion(claim_one()));
  limit_type("mail", 1);
  settle(completion(claim_one()));
  EXPECT_EQ(freed, 0);
}

TEST_P(JobLimits, HoldForAUserAndForAUserAndType) {
  UserControlChange one;
  one.concurrency.emplace(1);
  EXPECT_EQ(control_user(alice, one).concurrency, 1);
  const JobId first = submit(make_job("mail")).id;
  const JobId second = submit(make_job("video")).id;
  const JobId bobs = submit(make_job_of(bob)).id;
  EXPECT_THAT(ids_of(claim(9).jobs), ::testing::UnorderedElementsAre(first, bobs));
  EXPECT_EQ(reason(second), StandingReason::user_limit);
  UserControlChange none;
  none.concurrency.emplace(std::nullopt);
  EXPECT_EQ(control_user(alice, none), UserControl{});
  TypeControlChange per_user;
  per_user.concurrency_per_user.emplace(1);
  control_type("video", per_user);
  const JobId third = submit(make_job("video")).id;
  reopen();
  EXPECT_THAT(ids_of(claim(9).jobs), ::testing::ElementsAre(second));
  EXPECT_EQ(reason(third), StandingReason::user_limit);
}

TEST_P(JobLimits, SpreadStartsOverTimeAlsoOverARestart) {
  set_rate("mail", {2, 10s});
  std::vector<JobId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(submit().id);
  Claim first = claim(9);
  EXPECT_EQ(first.jobs.size(), 2u);
  EXPECT_EQ(first.next_due, now + 5s);
  EXPECT_EQ(reason(ids[2]), StandingReason::rate_limit);
  EXPECT_EQ(explain(ids[2]).until, now + 5s);
  now += 4s;
  reopen();
  EXPECT_TRUE(claim(9).jobs.empty());
  now += 1s;
  EXPECT_EQ(claim(9).jobs.size(), 1u);
  TypeControlChange unlimited;
  unlimited.rate.emplace(std::nullopt);
  EXPECT_EQ(control_type("mail", unlimited), TypeControl{});
  EXPECT_EQ(claim(9).jobs.size(), 2u);
}

TEST_P(JobLimits, PauseAndResumeTypesAndQueuesAlsoOverARestart) {
  Job slow = make_job();
  slow.queue = "slow";
  slow = submit(slow);
  const JobId video = submit(make_job("video")).id;
  Job later = make_job();
  later.queue = "slow";
  later.run_at = now + 5s;
  later = submit(later);
  TypeControlChange pause;
  pause.paused = true;
  control_type("video", pause);
  pause_queue("slow", true);
  now += 5s;
  EXPECT_TRUE(claim(9).jobs.empty());
  reopen();
  EXPECT_TRUE(claim(9).jobs.empty());
  EXPECT_EQ(reason(video), StandingReason::paused);
  EXPECT_FALSE(explain(video).queue_is_paused);
  EXPECT_EQ(reason(later.id), StandingReason::paused);
  EXPECT_TRUE(explain(slow.id).queue_is_paused);
  pause_queue("slow", false);
  EXPECT_THAT(ids_of(claim(9).jobs), ::testing::ElementsAre(slow.id, later.id));
  pause.paused = false;
  control_type("video", pause);
  EXPECT_THAT(ids_of(claim(9).jobs), ::testing::ElementsAre(video));
}

TEST_P(JobLimits, ChangeOnlyWhatIsGiven) {
  limit_type("mail", 3);
  TypeControlChange pause;
  pause.paused = true;
  const TypeControl control = control_type("mail", pause);
  EXPECT_TRUE(control.paused);
  EXPECT_EQ(control.concurrency, 3);
  reopen();
  EXPECT_EQ(overview().types.at(0).control, control);
}

TEST_P(JobLimits, ShareTurnsByWeight) {
  UserControlChange heavy;
  heavy.weight = 3;
  control_user(bob, heavy);
  reopen();
  for (int i = 0; i < 20; ++i) {
    submit();
    submit(make_job_of(bob));
  }
  int bobs = 0;
  for (const Job& job : claim(16).jobs) bobs += job.user_id == bob ? 1 : 0;
  // One claim in eight goes to whoever has waited longest.
  EXPECT_NEAR(bobs, 12, 2);
}

TEST_P(JobLimits, CapTheBacklogOfAUser) {
  UserControlChange cap;
  cap.backlog.emplace(3);
  control_user(alice, cap);
  submit();
  submit_delayed(1h);
  std::vector<Job> two;
  for (int i = 0; i < 2; ++i) two.push_back(make_job());
  const auto refused = run(store().submit(two, now));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::too_many_requests);
  EXPECT_EQ(refused.error().reason, "backlog_full");
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_EQ(counts().pending, 2) << "none of them was added";
  SubmitRequest request;
  for (Job& job : two) request.submissions.push_back({job, UniquePolicy::return_existing});
  const auto answer = run(store().submit_all(std::move(request), now));
  EXPECT_EQ(answer->jobs.at(0).status, SubmitStatus::created);
  EXPECT_EQ(answer->jobs.at(1).status, SubmitStatus::refused);
  EXPECT_EQ(answer->jobs.at(1).refusal->reason, "backlog_full");
  submit(make_job_of(bob));
  reopen();
  claim(1);
  const JobId fits = submit().id;
  EXPECT_FALSE(run(store().submit({make_job()}, now)).has_value());
  cap.backlog.emplace(0);
  control_user(alice, cap);
  submit();
  EXPECT_EQ(reason(fits), StandingReason::behind);
}

TEST_P(JobLimits, ShowLiveFiguresOfTypesQueuesAndUsers) {
  Job slow = make_job("video");
  slow.queue = "slow";
  submit(slow);
  submit();
  submit_delayed(5s);
  claim_of({{"mail"}, false});
  limit_type("fax", 1);
  UserControlChange heavy;
  heavy.weight = 2;
  control_user(alice, heavy);
  for (int restarts = 0; restarts < 2; ++restarts) {
    const QueueOverview seen = overview();
    ASSERT_EQ(seen.types.size(), 3u);
    EXPECT_EQ(seen.types[0].type, "fax");
    EXPECT_EQ(seen.types[0].control.concurrency, 1);
    EXPECT_EQ(seen.types[1].live, (LiveFigures{0, 1, 1}));
    EXPECT_EQ(seen.types[2].live, (LiveFigures{1, 0, 0}));
    ASSERT_EQ(seen.queues.size(), 2u);
    EXPECT_EQ(seen.queues[0].live, (LiveFigures{0, 1, 1}));
    EXPECT_EQ(seen.queues[1].queue, "slow");
    EXPECT_EQ(seen.queues[1].live, (LiveFigures{1, 0, 0}));
    ASSERT_EQ(seen.users.size(), 1u);
    EXPECT_EQ(seen.users[0].user_id, alice);
    EXPECT_EQ(seen.users[0].pending, 2);
    EXPECT_EQ(seen.users[0].running, 1);
    reopen();
  }
  now += 5s;
  EXPECT_EQ(overview().types[1].live, (LiveFigures{1, 0, 1})) << "its time has come";
}

TEST_P(JobLimits, ExplainWhatElseAJobWaitsFor) {
  const JobId first = submit(make_job("mail", 1)).id;
  const JobId second = submit(make_job_of(bob)).id;
  const JobId delayed = submit_delayed(5s).id;
  EXPECT_EQ(reason(first), StandingReason::behind);
  EXPECT_EQ(explain(first).count, 0);
  EXPECT_EQ(explain(second).count, 1);
  EXPECT_EQ(reason(delayed), StandingReason::delayed);
  EXPECT_EQ(explain(delayed).until, now + 5s);
  SubmitRequest request;
  Job dependent = make_job();
  dependent.terms.depends_on = {first};
  request.submissions.push_back({dependent, UniquePolicy::return_existing});
  ASSERT_TRUE(run(store().submit_all(std::move(request), now)).has_value());
  EXPECT_EQ(reason(dependent.id), StandingReason::dependency);
  EXPECT_EQ(explain(dependent.id).count, 1);
  EXPECT_EQ(run(store().explain({bob}, first, now)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(store().explain({}, JobId{3}, now)).error().code, ErrorCode::not_found);
}

}  // namespace taskgate::conformance
