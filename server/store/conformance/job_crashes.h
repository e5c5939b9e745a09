#pragma once

#include "store/conformance/job_suite.h"

namespace taskgate::conformance {

class JobCrashes : public JobSuite {
 protected:
  std::vector<Job> reclaim() { return run(store().reclaim_expired(crashes_max, now)); }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobCrashes);

TEST_P(JobCrashes, PutAJobBackWhenItsLeaseEnds) {
  submit(make_job("mail", 1));
  const Job job = claim_one();
  const JobId younger = submit(make_job("mail", 1)).id;
  now += lease;
  EXPECT_TRUE(reclaim().empty());
  now += 1ms;
  const auto reclaimed = reclaim();
  ASSERT_EQ(reclaimed.size(), 1u);
  EXPECT_EQ(reclaimed[0].id, job.id);
  EXPECT_EQ(reclaimed[0].status, JobStatus::pending);
  EXPECT_EQ(reclaimed[0].crashes, 1);
  EXPECT_EQ(reclaimed[0].retries, 0);
  EXPECT_EQ(reclaimed[0].worker, std::nullopt);
  EXPECT_TRUE(reclaim().empty());
  EXPECT_THAT(ids_of(claim(2).jobs), ::testing::ElementsAre(job.id, younger));
}

TEST_P(JobCrashes, LeaveTheOldHolderNothingToSay) {
  submit();
  const Job job = claim_one();
  now += lease + 1ms;
  reclaim();
  EXPECT_EQ(settle(completion(job)).status, SettleStatus::stale_lease);
  EXPECT_EQ(beat({job.id, job.fence, 60s, 10, std::nullopt}), std::nullopt);
  const Job again = claim_one();
  EXPECT_EQ(settle(completion(job)).status, SettleStatus::stale_lease);
  EXPECT_EQ(settle(completion(again)).status, SettleStatus::ok);
  EXPECT_EQ(settle(completion(job)).status, SettleStatus::stale_lease);
}

TEST_P(JobCrashes, GiveUpAJobThatKeepsCrashing) {
  const JobId id = submit().id;
  for (int crash = 1; crash <= crashes_max; ++crash) {
    claim_one();
    now += lease + 1ms;
    EXPECT_EQ(reclaim().at(0).status, JobStatus::pending);
  }
  claim_one();
  now += lease + 1ms;
  const auto reclaimed = reclaim();
  ASSERT_EQ(reclaimed.size(), 1u);
  EXPECT_EQ(reclaimed[0].status, JobStatus::failed);
  EXPECT_EQ(reclaimed[0].completed_at, now);
  EXPECT_THAT(reclaimed[0].error.value(), ::testing::StartsWith("poison: "));
  EXPECT_TRUE(claim().jobs.empty());
  const auto history = attempts(id);
  ASSERT_EQ(history.size(), 4u);
  EXPECT_EQ(history[3].outcome, AttemptOutcome::crashed);
  EXPECT_EQ(history[3].ended_at, now);
}

TEST_P(JobCrashes, AreRecoveredAtTheStartForOnesOwnWorkerOnly) {
  submit();
  submit();
  const Job own = claim(1, "server").jobs.at(0);
  const Job other = claim(1, "elsewhere").jobs.at(0);
  reopen();
  now += 5s;
  const auto recovered = run(store().recover("server", crashes_max, 40s, now));
  ASSERT_EQ(recovered.size(), 1u);
  EXPECT_EQ(recovered[0].id, own.id);
  EXPECT_EQ(recovered[0].status, JobStatus::pending);
  EXPECT_EQ(recovered[0].crashes, 1);
  EXPECT_EQ(get(other.id).lease_expires_at, now + 40s);
  EXPECT_EQ(claim_one().id, own.id);
  now += 40s;
  EXPECT_EQ(settle(completion(other)).status, SettleStatus::ok);
}

TEST_P(JobCrashes, OfALeaseThatOutlivedTheServerAreSeenAfterwards) {
  submit();
  claim(1, "elsewhere");
  reopen();
  run(store().recover("server", crashes_max, 2 * lease, now));
  now += 2 * lease + 1ms;
  EXPECT_EQ(reclaim().size(), 1u);
}

TEST_P(JobCrashes, AreNotMadeByARestartThatCutsALongLeaseShort) {
  submit();
  const Job job = claim(1, "elsewhere").jobs.at(0);
  reopen();
  run(store().recover("server", crashes_max, 1s, now));
  EXPECT_EQ(get(job.id).lease_expires_at, job.lease_expires_at);
}

}  // namespace taskgate::conformance
