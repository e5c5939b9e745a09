#pragma once

#include "store/conformance/job_suite.h"

namespace taskgate::conformance {

class JobDependencies : public JobSuite {
 protected:
  Job after(std::vector<JobId> dependencies, OnDependencyFailure on_failure = OnDependencyFailure::fail) {
    Job job = make_job("after");
    job.terms.depends_on = std::move(dependencies);
    job.terms.on_dependency_failure = on_failure;
    return job;
  }
  Job claim_first() { return claim_of({{"mail"}, false}).jobs.at(0); }
  bool is_ready(JobId id) {
    const auto claimed = claim_of({{"after"}, false}).jobs;
    return claimed.size() == 1 && claimed[0].id == id;
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobDependencies);

TEST_P(JobDependencies, LetAJobStartWhenAllHaveCompleted) {
  auto& told = followed();
  const JobId first = submit().id;
  const JobId second = submit().id;
  const Job last = submit_one(after({first, second})).job;
  EXPECT_EQ(last.status, JobStatus::pending);
  EXPECT_EQ(last.blocked_by, 2);
  settle(completion(claim_first()));
  EXPECT_EQ(get(last.id).blocked_by, 1);
  EXPECT_TRUE(claim_of({{"after"}, false}).jobs.empty());
  reopen();
  settle(completion(claim_first()));
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].id, last.id);
  EXPECT_EQ(get(last.id).blocked_by, 0);
  EXPECT_TRUE(is_ready(last.id));
}

TEST_P(JobDependencies, AreKnownAgainAfterARestart) {
  const JobId first = submit().id;
  const JobId last = submit_one(after({first})).job.id;
  reopen();
  EXPECT_TRUE(claim_of({{"after"}, false}).jobs.empty());
  settle(completion(claim_first()));
  EXPECT_TRUE(is_ready(last));
}

TEST_P(JobDependencies, ThatHaveCompletedAlreadyHoldNothingUp) {
  submit();
  const Job first = claim_first();
  settle(completion(first));
  const Job last = submit_one(after({first.id})).job;
  EXPECT_EQ(last.blocked_by, 0);
  EXPECT_TRUE(is_ready(last.id));
}

TEST_P(JobDependencies, WaitForTheJobsOwnTimeToo) {
  const JobId first = submit().id;
  Job delayed = after({first});
  delayed.run_at = now + 10s;
  const JobId last = submit_one(delayed).job.id;
  settle(completion(claim_first()));
  EXPECT_TRUE(claim_of({{"after"}, false}).jobs.empty());
  now += 10s;
  EXPECT_TRUE(is_ready(last));
}

TEST_P(JobDependencies, ThatFailTakeTheWholeChainWithThem) {
  auto& told = followed();
  const JobId first = submit().id;
  JobId previous = first;
  std::vector<JobId> chain;
  for (int i = 0; i < 5; ++i) {
    previous = submit_one(after({previous})).job.id;
    chain.push_back(previous);
  }
  settle(failure(claim_first()));
  EXPECT_EQ(get(chain[0]).status, JobStatus::failed);
  EXPECT_EQ(get(chain[0]).error, "dependency " + to_string(first) + " failed");
  EXPECT_EQ(get(chain[4]).status, JobStatus::failed);
  EXPECT_EQ(get(chain[4]).completed_at, now);
  EXPECT_EQ(told.size(), 5u);
  EXPECT_EQ(counts(), recount({}));
  EXPECT_EQ(counts().failed, 6);
}

TEST_P(JobDependencies, ThatAreCancelledCountAsFailed) {
  const JobId first = submit().id;
  const JobId last = submit_one(after({first})).job.id;
  cancel(first);
  EXPECT_EQ(get(last).status, JobStatus::failed);
  EXPECT_EQ(get(last).error, "dependency " + to_string(first) + " failed: it was cancelled");
}

TEST_P(JobDependencies, ThatFailedBeforeFailTheJobFromTheStart) {
  const JobId first = submit().id;
  cancel(first);
  const Submitted last = submit_one(after({first}));
  EXPECT_EQ(last.status, SubmitStatus::created);
  EXPECT_EQ(last.job.status, JobStatus::failed);
  EXPECT_EQ(get(last.job.id).completed_at, now);
  EXPECT_EQ(counts().failed, 1);
  EXPECT_EQ(counts(), recount({}));
}

TEST_P(JobDependencies, MayBeRetriedByHandWhileTheJobWaits) {
  const JobId first = submit().id;
  const JobId last = submit_one(after({first}, OnDependencyFailure::wait)).job.id;
  settle(failure(claim_first()));
  EXPECT_EQ(get(last).status, JobStatus::pending);
  EXPECT_EQ(get(last).blocked_by, 1);
  EXPECT_EQ(submit_one(after({first}, OnDependencyFailure::wait)).job.blocked_by, 1);
  reopen();
  ASSERT_TRUE(run(store().retry({}, first, now)).has_value());
  settle(completion(claim_first()));
  EXPECT_EQ(get(last).blocked_by, 0);
  EXPECT_EQ(claim_of({{"after"}, false}, 5).jobs.size(), 2u);
}

TEST_P(JobDependencies, AreCountedAgainByARetryByHand) {
  const JobId first = submit().id;
  const JobId last = submit_one(after({first})).job.id;
  cancel(first);
  EXPECT_EQ(run(store().retry({}, last, now)).error().reason, "dependency_failed");
  ASSERT_TRUE(run(store().retry({}, first, now)).has_value());
  EXPECT_EQ(run(store().retry({}, last, now))->blocked_by, 1);
  EXPECT_TRUE(claim_of({{"after"}, false}).jobs.empty());
  settle(completion(claim_first()));
  EXPECT_TRUE(is_ready(last));
}

TEST_P(JobDependencies, MustBeJobsOfTheSameUser) {
  const JobId of_bob = submit(make_job_of(bob)).id;
  for (const JobId id : {of_bob, JobId{99}}) {
    const Submitted refused = submit_one(after({id}));
    ASSERT_EQ(refused.status, SubmitStatus::refused);
    EXPECT_EQ(refused.refusal->reason, "validation_failed");
    EXPECT_EQ(refused.refusal->fields.at(0).field, "dependsOn");
  }
  EXPECT_EQ(counts().pending, 1);
}

TEST_P(JobDependencies, AreForgottenWithTheJobThatWaited) {
  const JobId first = submit().id;
  const JobId last = submit_one(after({first})).job.id;
  cancel(last);
  settle(completion(claim_first()));
  EXPECT_EQ(get(last).status, JobStatus::cancelled);
  EXPECT_EQ(counts(), recount({}));
}

}  // namespace taskgate::conformance
