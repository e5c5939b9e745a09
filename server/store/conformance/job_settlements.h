#pragma once

#include "store/conformance/job_suite.h"
#include "store/conformance/parallel.h"

namespace taskgate::conformance {

class JobSettlements : public JobSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobSettlements);

TEST_P(JobSettlements, CompleteAJobWithItsResult) {
  submit();
  const Job job = claim_one();
  now += 2s;
  const Settled settled = settle(completion(job));
  ASSERT_EQ(settled.status, SettleStatus::ok);
  const Job kept = get(job.id);
  for (const Job& each : {*settled.job, kept}) {
    EXPECT_EQ(each.status, JobStatus::completed);
    EXPECT_EQ(each.result, R"({"sent":true})");
    EXPECT_EQ(each.progress, 100);
    EXPECT_EQ(each.completed_at, now);
    EXPECT_EQ(each.started_at, now - 2s);
    EXPECT_EQ(each.worker, std::nullopt);
    EXPECT_EQ(each.lease_expires_at, std::nullopt);
    EXPECT_EQ(each.revision, job.revision + 1);
  }
  EXPECT_TRUE(claim().jobs.empty());
}

TEST_P(JobSettlements, SendAJobBackToTryAgainLater) {
  submit();
  const Job job = claim_one();
  const Settled settled = settle(another_try(job, 4s));
  ASSERT_EQ(settled.status, SettleStatus::ok);
  EXPECT_EQ(settled.job->status, JobStatus::pending);
  EXPECT_EQ(settled.job->retries, 1);
  EXPECT_EQ(settled.job->error, "no answer");
  EXPECT_EQ(settled.job->run_at, now + 4s);
  EXPECT_TRUE(claim().jobs.empty());
  now += 4s;
  const Job again = claim_one();
  EXPECT_EQ(again.id, job.id);
  EXPECT_EQ(again.attempts, 2);
  EXPECT_EQ(again.fence, job.fence + 1);
  EXPECT_EQ(again.retries, 1);
  EXPECT_EQ(settle(completion(again)).job->error, std::nullopt);
}

TEST_P(JobSettlements, KeepThePlaceOfAJobThroughItsRetry) {
  submit(make_job("mail", 3));
  const Job first = claim_one();
  const JobId second = submit(make_job("mail", 3)).id;
  settle(another_try(first, 0s));
  EXPECT_THAT(ids_of(claim(2).jobs), ::testing::ElementsAre(first.id, second));
}

TEST_P(JobSettlements, FailAJobForGood) {
  submit();
  const Job job = claim_one();
  ASSERT_EQ(settle(failure(job, "the address is wrong")).status, SettleStatus::ok);
  const Job kept = get(job.id);
  EXPECT_EQ(kept.status, JobStatus::failed);
  EXPECT_EQ(kept.error, "the address is wrong");
  EXPECT_EQ(kept.completed_at, now);
  EXPECT_EQ(kept.retries, 0);
}

TEST_P(JobSettlements, ReleaseAJobWithoutCountingTheAttempt) {
  submit();
  const Job job = claim_one();
  const Settled settled = settle(release(job));
  ASSERT_EQ(settled.status, SettleStatus::ok);
  EXPECT_EQ(settled.job->status, JobStatus::pending);
  EXPECT_EQ(settled.job->attempts, 0);
  EXPECT_EQ(settled.job->retries, 0);
  const Job again = claim_one();
  EXPECT_EQ(again.attempts, 1);
  EXPECT_EQ(again.fence, job.fence + 1);
}

TEST_P(JobSettlements, SnoozeWithoutSpendingAnything) {
  const JobId id = submit().id;
  Settlement later = release(claim_one());
  later.run_at = now + 10s;
  const Settled settled = settle(later);
  ASSERT_EQ(settled.status, SettleStatus::ok);
  EXPECT_EQ(settled.job->status, JobStatus::pending);
  EXPECT_EQ(settled.job->run_at, now + 10s);
  EXPECT_EQ(settled.job->attempts, 0);
  EXPECT_EQ(settled.job->retries, 0);
  EXPECT_EQ(claim().next_due, now + 10s);
  now += 10s;
  EXPECT_EQ(claim_one().id, id);
}

TEST_P(JobSettlements, AnswerARepetitionWithAlreadySettled) {
  for (const auto& settlement_of : {&JobSettlements::completion, &JobSettlements::release}) {
    submit();
    const Job job = claim_one();
    ASSERT_EQ(settle(settlement_of(job)).status, SettleStatus::ok);
    const auto revision = get(job.id).revision;
    EXPECT_EQ(settle(settlement_of(job)).status, SettleStatus::already_settled);
    EXPECT_EQ(settle(settlement_of(job)).job, std::nullopt);
    EXPECT_EQ(get(job.id).revision, revision);
    cancel(job.id);
  }
}

TEST_P(JobSettlements, AnswerARepetitionAfterTheNextClaimHasBegun) {
  submit();
  const Job first = claim_one();
  settle(another_try(first, 0s));
  const Job second = claim_one();
  EXPECT_EQ(settle(another_try(first, 0s)).status, SettleStatus::already_settled);
  EXPECT_EQ(get(first.id).status, JobStatus::processing);
  EXPECT_EQ(settle(completion(second)).status, SettleStatus::ok);
}

TEST_P(JobSettlements, RefuseALeaseThatIsNotTheCurrentOne) {
  submit();
  const Job job = claim_one();
  for (const std::int64_t fence : {job.fence - 1, job.fence + 1, std::int64_t{0}}) {
    Settlement wrong = completion(job);
    wrong.fence = fence;
    EXPECT_EQ(settle(wrong).status, SettleStatus::stale_lease);
  }
  Settlement unknown = completion(job);
  unknown.id = JobId{12345};
  EXPECT_EQ(settle(unknown).status, SettleStatus::stale_lease);
  EXPECT_EQ(get(job.id).status, JobStatus::processing);
}

TEST_P(JobSettlements, JudgeEachOfABatchByItself) {
  submit();
  submit();
  const auto claimed = claim(2).jobs;
  std::vector<Settlement> batch = {completion(claimed[0]), completion(claimed[0]), failure(claimed[1])};
  batch.push_back(completion(claimed[1]));
  batch.back().fence += 5;
  const auto answers = run(store().settle(std::move(batch), now));
  EXPECT_EQ(answers.at(0).status, SettleStatus::ok);
  EXPECT_EQ(answers.at(1).status, SettleStatus::already_settled);
  EXPECT_EQ(answers.at(2).status, SettleStatus::ok);
  EXPECT_EQ(answers.at(3).status, SettleStatus::stale_lease);
  EXPECT_EQ(counts(), (JobCounts{0, 0, 1, 1, 0}));
}

TEST_P(JobSettlements, CountOnceWhenRepeatedInParallel) {
  submit();
  const Job job = claim_one();
  std::vector<Awaitable<std::vector<Settled>>> repetitions;
  for (int i = 0; i < 20; ++i) {
    std::vector<Settlement> one;
    one.push_back(completion(job));
    repetitions.push_back(store().settle(std::move(one), now));
  }
  int accepted = 0;
  for (const auto& answer : run_in_parallel(std::move(repetitions))) {
    accepted += answer.at(0).status == SettleStatus::ok ? 1 : 0;
  }
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(get(job.id).revision, job.revision + 1);
}

TEST_P(JobSettlements, LeaveAHistoryOfAttempts) {
  submit();
  const Job first = claim(1, "one").jobs.at(0);
  now += 1s;
  settle(another_try(first, 0s));
  const Job second = claim(1, "two").jobs.at(0);
  settle(release(second));
  const Job third = claim(1, "three").jobs.at(0);
  ASSERT_EQ(attempts(first.id).size(), 3u);
  EXPECT_EQ(attempts(first.id).at(2).outcome, std::nullopt);
  EXPECT_EQ(attempts(first.id).at(2).ended_at, std::nullopt);
  EXPECT_EQ(attempts(first.id).at(2).worker, "three");
  now += 1s;
  settle(completion(third));
  const auto history = attempts(first.id);
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0].attempt, 1);
  EXPECT_EQ(history[0].worker, "one");
  EXPECT_EQ(history[0].outcome, AttemptOutcome::failed);
  EXPECT_EQ(history[0].error, "no answer");
  EXPECT_EQ(history[0].started_at, now - 2s);
  EXPECT_EQ(history[0].ended_at, now - 1s);
  EXPECT_EQ(history[1].outcome, AttemptOutcome::released);
  EXPECT_EQ(history[2].attempt, 2);
  EXPECT_EQ(history[2].worker, "three");
  EXPECT_EQ(history[2].outcome, AttemptOutcome::completed);
  EXPECT_EQ(history[2].ended_at, now);
}

class JobBeats : public JobSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobBeats);

TEST_P(JobBeats, StoreProgressAndProlongTheLease) {
  submit();
  const Job job = claim_one();
  now += 10s;
  const auto answer = beat({job.id, job.fence, 60s, 42.5, "page 17"});
  ASSERT_TRUE(answer.has_value());
  const Job kept = get(job.id);
  for (const Job& each : {*answer, kept}) {
    EXPECT_EQ(each.progress, 42.5);
    EXPECT_EQ(each.progress_message, "page 17");
    EXPECT_EQ(each.lease_expires_at, now + 60s);
    EXPECT_EQ(each.revision, job.revision + 1);
  }
  now += 59s;
  EXPECT_TRUE(run(store().reclaim_expired(crashes_max, now)).empty());
  const auto progress_only = beat({job.id, job.fence, std::nullopt, 50, std::nullopt});
  EXPECT_EQ(progress_only->progress_message, "page 17");
  EXPECT_EQ(progress_only->lease_expires_at, now + 1s);
}

TEST_P(JobBeats, AreNotHeardFromAnyOtherLease) {
  submit();
  const Job job = claim_one();
  EXPECT_EQ(beat({job.id, job.fence + 1, 60s, 10, std::nullopt}), std::nullopt);
  EXPECT_EQ(beat({job.id, job.fence - 1, 60s, 10, std::nullopt}), std::nullopt);
  EXPECT_EQ(beat({JobId{77}, 1, 60s, 10, std::nullopt}), std::nullopt);
  settle(completion(job));
  EXPECT_EQ(beat({job.id, job.fence, 60s, 10, std::nullopt}), std::nullopt);
  EXPECT_EQ(get(job.id).progress, 100);
}

TEST_P(JobBeats, StartFromZeroInTheNextAttempt) {
  submit();
  const Job job = claim_one();
  beat({job.id, job.fence, std::nullopt, 80, "nearly"});
  settle(another_try(job, 0s));
  EXPECT_EQ(claim_one().progress, 0);
  EXPECT_EQ(get(job.id).progress_message, std::nullopt);
}

class JobGoodbyes : public JobSuite {
 protected:
  Job claim_as(const std::optional<UserId>& worker_user, std::string worker, Scope scope = {}) {
    ClaimRequest request{std::move(worker), {{}, true}, 1, lease, scope, worker_user};
    return run(store().claim(std::move(request), now)).jobs.at(0);
  }
  std::vector<JobId> say(const UserId& worker_user, std::string worker) {
    return ids_of(run(store().release_held(worker_user, std::move(worker), now)));
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobGoodbyes);

TEST_P(JobGoodbyes, GiveBackAllThatTheWorkerOfTheUserHoldsAndNothingElse) {
  for (int count = 0; count < 6; ++count) submit();
  const Job first = claim_as(alice, "box");
  const Job second = claim_as(alice, "box");
  const Job of_another_worker = claim_as(alice, "box-2");
  const Job of_another_user = claim_as(bob, "box");
  const Job of_the_runner = claim_as(std::nullopt, "box");
  const Job ended = claim_as(alice, "box");
  settle(completion(ended));
  EXPECT_EQ(first.worker_user, alice);
  reopen();

  now += 1s;
  EXPECT_THAT(say(alice, "box"), ::testing::UnorderedElementsAre(first.id, second.id));
  for (const JobId id : {first.id, second.id}) {
    const Job job = get(id);
    EXPECT_EQ(job.status, JobStatus::pending);
    EXPECT_EQ(job.attempts, 0);
    EXPECT_EQ(job.retries, 0);
    EXPECT_EQ(job.worker, std::nullopt);
    EXPECT_EQ(job.worker_user, std::nullopt);
    EXPECT_EQ(attempts(id).at(0).outcome, AttemptOutcome::released);
  }
  for (const Job& other : {of_another_worker, of_another_user, of_the_runner}) {
    EXPECT_EQ(get(other.id).status, JobStatus::processing);
  }
  EXPECT_EQ(get(of_another_user.id).worker_user, bob);
  EXPECT_EQ(get(of_the_runner.id).worker_user, std::nullopt);
  EXPECT_THAT(say(alice, "box"), ::testing::IsEmpty());
  EXPECT_EQ(settle(completion(first)).status, SettleStatus::already_settled);
  EXPECT_EQ(claim_as(bob, "box").id, first.id) << "at its old place";
}

}  // namespace taskgate::conformance
