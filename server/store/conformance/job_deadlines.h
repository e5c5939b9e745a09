#pragma once

#include "store/conformance/job_suite.h"

namespace taskgate::conformance {

class JobDeadlines : public JobSuite {
 protected:
  JobId submit_expiring(std::chrono::milliseconds ttl) {
    Job job = make_job();
    job.terms.expires_at = now + ttl;
    return submit(std::move(job)).id;
  }
  JobId submit_limited(std::chrono::milliseconds timeout) {
    Job job = make_job();
    job.terms.timeout = timeout;
    return submit(std::move(job)).id;
  }
  DeadlineCheck check(std::size_t limit = 100) { return run(store().check_deadlines("server", limit, now)); }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobDeadlines);

TEST_P(JobDeadlines, FailAJobThatWasNotStartedInTime) {
  const JobId id = submit_expiring(10s);
  submit_expiring(1h);
  now += 10s - 1ms;
  EXPECT_TRUE(check().expired.empty());
  EXPECT_EQ(check().next, now + 1ms);
  now += 1ms;
  reopen();
  const auto found = check();
  ASSERT_EQ(ids_of(found.expired), std::vector<JobId>{id});
  EXPECT_EQ(found.expired[0].status, JobStatus::failed);
  EXPECT_EQ(found.expired[0].error, "expired");
  EXPECT_FALSE(found.more);
  EXPECT_EQ(get(id).completed_at, now);
  EXPECT_EQ(counts(), recount({}));
  EXPECT_EQ(claim(5).jobs.size(), 1u);
}

TEST_P(JobDeadlines, KeepAClaimFromStartingAnExpiredJob) {
  auto& told = followed();
  const JobId expired = submit_expiring(1s);
  const JobId fresh = submit().id;
  now += 1s;
  EXPECT_EQ(ids_of(claim(5).jobs), std::vector<JobId>{fresh});
  EXPECT_EQ(get(expired).error, "expired");
  EXPECT_EQ(ids_of(told), std::vector<JobId>{expired});
  EXPECT_TRUE(check().expired.empty());
}

TEST_P(JobDeadlines, OfTheStartDoNotConcernAJobThatWasStarted) {
  submit_expiring(1s);
  settle(another_try(claim_one(), 5s));
  now += 5s;
  EXPECT_TRUE(check().expired.empty());
  EXPECT_EQ(check().next, std::nullopt);
  EXPECT_EQ(claim().jobs.size(), 1u);
}

TEST_P(JobDeadlines, OfTheStartDoNotConcernAJobThatIsRetriedByHand) {
  const JobId id = submit_expiring(1s);
  now += 1s;
  EXPECT_EQ(check().expired.size(), 1u);
  ASSERT_TRUE(run(store().retry({}, id, now)).has_value());
  reopen();
  EXPECT_TRUE(check().expired.empty());
  EXPECT_EQ(claim_one().id, id);
}

TEST_P(JobDeadlines, OfTheStartDoNotConcernAJobThatFailedUnstartedAndIsRetriedByHand) {
  const JobId first = submit().id;
  Job dependent = make_job();
  dependent.terms.depends_on = {first};
  dependent.terms.expires_at = now + 1s;
  const JobId last = submit_one(dependent).job.id;
  run(store().cancel({}, first, now)).value();
  ASSERT_EQ(get(last).status, JobStatus::failed);
  now += 1s;
  run(store().retry({}, first, now)).value();
  run(store().retry({}, last, now)).value();
  reopen();
  EXPECT_TRUE(check().expired.empty());
  EXPECT_EQ(get(last).status, JobStatus::pending);
}

TEST_P(JobDeadlines, ExpireWaitingAndBlockedJobsAndThoseThatDependOnThem) {
  Job delayed = make_job();
  delayed.run_at = now + 1h;
  delayed.terms.expires_at = now + 1s;
  const JobId first = submit(delayed).id;
  Job dependent = make_job();
  dependent.terms.depends_on = {first};
  const JobId last = submit_one(dependent).job.id;
  now += 1s;
  EXPECT_EQ(ids_of(check().expired), std::vector<JobId>{first});
  EXPECT_EQ(get(last).error, "dependency " + to_string(first) + " failed");
}

TEST_P(JobDeadlines, AreMetInPortions) {
  for (int i = 0; i < 5; ++i) submit_expiring(1s);
  now += 1s;
  EXPECT_EQ(check(2).expired.size(), 2u);
  EXPECT_TRUE(check(2).more);
  EXPECT_EQ(check(2).expired.size(), 1u);
  EXPECT_EQ(counts().failed, 5);
}

TEST_P(JobDeadlines, NameAttemptsThatTakeTooLong) {
  const JobId id = submit_limited(10s);
  const Job job = claim_of({{}, true}, 1, "elsewhere").jobs.at(0);
  EXPECT_EQ(check().next, now + 10s);
  now += 10s - 1ms;
  EXPECT_TRUE(check().timed_out.empty());
  now += 1ms;
  reopen();
  ASSERT_EQ(ids_of(check().timed_out), std::vector<JobId>{id});
  EXPECT_EQ(check().timed_out[0].fence, job.fence);
  EXPECT_EQ(get(id).status, JobStatus::processing);
  settle(another_try(job, 0s));
  EXPECT_TRUE(check().timed_out.empty());
  EXPECT_EQ(check().next, std::nullopt);
}

TEST_P(JobDeadlines, LeaveTheServersOwnAttemptsToIt) {
  submit_limited(10s);
  claim_of({{}, true}, 1, "server");
  now += 11s;
  EXPECT_TRUE(check().timed_out.empty());
}

class JobChanges : public JobSuite {
 protected:
  Result<Job> change(JobId id, JobChange changes) { return run(store().change({alice}, id, std::move(changes), now)); }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobChanges);

TEST_P(JobChanges, GiveAJobAnotherPlace) {
  const JobId first = submit().id;
  const Job second = submit();
  const auto changed = change(second.id, {5.0, std::nullopt});
  ASSERT_TRUE(changed.has_value());
  EXPECT_EQ(changed->priority, 5.0);
  EXPECT_GT(changed->revision, second.revision);
  EXPECT_EQ(get(second.id).priority, 5.0);
  EXPECT_EQ(ids_of(claim(2).jobs), (std::vector<JobId>{second.id, first}));
}

TEST_P(JobChanges, GiveAJobAnotherTimeAlsoAcrossARestart) {
  const JobId id = submit().id;
  ASSERT_TRUE(change(id, {std::nullopt, now + 10s}).has_value());
  EXPECT_TRUE(claim().jobs.empty());
  reopen();
  EXPECT_TRUE(claim().jobs.empty());
  EXPECT_EQ(change(id, {std::nullopt, now - 1s})->run_at, std::nullopt);
  EXPECT_EQ(claim_one().id, id);
}

TEST_P(JobChanges, AreForWaitingJobsOfTheCallerOnly) {
  submit();
  const Job running = claim_one();
  const auto refused = change(running.id, {1.0, std::nullopt});
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(refused.error().reason, "not_pending");
  settle(completion(running));
  EXPECT_EQ(change(running.id, {1.0, std::nullopt}).error().reason, "not_pending");
  const JobId of_bob = submit(make_job_of(bob)).id;
  EXPECT_EQ(change(of_bob, {1.0, std::nullopt}).error().code, ErrorCode::not_found);
  EXPECT_EQ(change(JobId{5}, {1.0, std::nullopt}).error().code, ErrorCode::not_found);
}

}  // namespace taskgate::conformance
