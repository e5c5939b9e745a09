#pragma once

#include "store/conformance/job_suite.h"

namespace taskgate::conformance {

class JobCancellation : public JobSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobCancellation);

TEST_P(JobCancellation, TakesAPendingJobOutOfTheQueue) {
  const JobId id = submit().id;
  const JobId delayed = submit_delayed(1s).id;
  now += 500ms;
  const auto cancelled = cancel(id);
  ASSERT_TRUE(cancelled.has_value());
  EXPECT_EQ(cancelled->status, JobStatus::cancelled);
  EXPECT_EQ(cancelled->completed_at, now);
  ASSERT_TRUE(cancel(delayed).has_value());
  EXPECT_EQ(get(delayed).run_at, std::nullopt);
  now += 1h;
  EXPECT_TRUE(claim().jobs.empty());
  EXPECT_EQ(counts(), (JobCounts{0, 0, 0, 0, 2}));
}

TEST_P(JobCancellation, EndsTheLeaseOfARunningJob) {
  submit();
  const Job job = claim_one();
  const auto cancelled = cancel(job.id);
  ASSERT_TRUE(cancelled.has_value());
  EXPECT_EQ(cancelled->status, JobStatus::cancelled);
  EXPECT_EQ(cancelled->fence, job.fence + 1);
  EXPECT_EQ(settle(completion(job)).status, SettleStatus::cancelled);
  EXPECT_EQ(beat({job.id, job.fence, 60s, 10, std::nullopt}), std::nullopt);
  EXPECT_EQ(get(job.id).status, JobStatus::cancelled);
  EXPECT_EQ(attempts(job.id).at(0).outcome, AttemptOutcome::cancelled);
  now += lease + 1ms;
  EXPECT_TRUE(run(store().reclaim_expired(crashes_max, now)).empty());
}

TEST_P(JobCancellation, IsRefusedOnceTheJobHasFinished) {
  submit();
  const Job job = claim_one();
  settle(completion(job));
  const auto refused = cancel(job.id);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(refused.error().reason, "already_finished");
}

TEST_P(JobCancellation, DoesNotReachAnotherUsersJob) {
  const JobId id = submit().id;
  const auto refused = run(store().cancel({bob}, id, now));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::not_found);
  EXPECT_EQ(run(store().cancel({}, JobId{5}, now)).error().code, ErrorCode::not_found);
  EXPECT_EQ(get(id).status, JobStatus::pending);
  EXPECT_TRUE(run(store().cancel({alice}, id, now)).has_value());
}

class JobRetryByHand : public JobSuite {
 protected:
  Result<Job> retry(JobId id) { return run(store().retry({}, id, now)); }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobRetryByHand);

TEST_P(JobRetryByHand, StartsAFailedJobAfresh) {
  submit();
  settle(another_try(claim_one(), 0s));
  const Job job = claim_one();
  settle(failure(job));
  now += 1s;
  const auto again = retry(job.id);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->status, JobStatus::pending);
  EXPECT_EQ(again->retries, 0);
  EXPECT_EQ(again->crashes, 0);
  EXPECT_EQ(again->error, std::nullopt);
  EXPECT_EQ(again->completed_at, std::nullopt);
  const Job third = claim_one();
  EXPECT_EQ(third.attempts, 3);
  EXPECT_GT(third.fence, job.fence);
  settle(completion(third));
  EXPECT_EQ(attempts(job.id).size(), 3u);
  EXPECT_EQ(counts(), (JobCounts{0, 0, 1, 0, 0}));
}

TEST_P(JobRetryByHand, BringsACancelledJobBack) {
  const JobId id = submit().id;
  cancel(id);
  ASSERT_TRUE(retry(id).has_value());
  reopen();
  EXPECT_EQ(claim_one().id, id);
}

TEST_P(JobRetryByHand, IsRefusedForEveryOtherStatus) {
  submit();
  const JobId waiting = submit().id;
  const Job job = claim_one();
  EXPECT_EQ(retry(waiting).error().reason, "not_finished");
  EXPECT_EQ(retry(job.id).error().reason, "not_finished");
  settle(completion(job));
  EXPECT_EQ(retry(job.id).error().reason, "already_completed");
  EXPECT_EQ(retry(job.id).error().code, ErrorCode::conflict);
  EXPECT_EQ(retry(JobId{9}).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(store().retry({bob}, job.id, now)).error().code, ErrorCode::not_found);
}

}  // namespace taskgate::conformance
