#pragma once

#include "jobs/system_job.h"
#include "store/conformance/job_suite.h"

namespace taskgate::conformance {

// The server's own jobs.
class JobSystem : public JobSuite {
 protected:
  Job make_mail() {
    const Job made = make_job_of(system_owner, std::string(mail_type));
    return mail_job(made.id, R"({"kind":"verification","to":"ada@example.org"})", "c2VhbGVk", now + 24h, now);
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobSystem);

TEST_P(JobSystem, GiveWhatTheyCarrySealedToTheirHandlerOnly) {
  const Job mail = submit(make_mail());
  EXPECT_FALSE(mail.sealed);
  reopen();
  for (int attempt = 1; attempt <= 2; ++attempt) {
    const Job claimed = claim_one();
    EXPECT_EQ(claimed.id, mail.id);
    EXPECT_EQ(claimed.sealed, "c2VhbGVk");
    EXPECT_FALSE(get(mail.id).sealed);
    for (const Job& listed : run(store().list({system_owner}, {}, 10, std::nullopt)).jobs) EXPECT_FALSE(listed.sealed);
    EXPECT_FALSE(settle(another_try(claimed, 0ms)).job->sealed);
  }
  now += lease + 1ms;
  const Job crashed = claim_one();
  now += lease + 1ms;
  ASSERT_EQ(run(store().reclaim_expired(crashes_max, now)).size(), 1U);
  EXPECT_EQ(claim_one().sealed, "c2VhbGVk");
}

TEST_P(JobSystem, ForgetWhatTheyCarriedSealedWhenTheyEnd) {
  const Job failed = submit(make_mail());
  ASSERT_EQ(settle(failure(claim_one())).status, SettleStatus::ok);
  const Job cancelled = submit(make_mail());
  ASSERT_TRUE(cancel(cancelled.id).has_value());
  for (const JobId id : {failed.id, cancelled.id}) {
    ASSERT_TRUE(run(store().retry({}, id, now)).has_value());
    const Job again = claim_one();
    EXPECT_EQ(again.id, id);
    EXPECT_FALSE(again.sealed);
    ASSERT_EQ(settle(completion(again)).status, SettleStatus::ok);
  }
}

TEST_P(JobSystem, AreNeitherListedNorCountedAmongThoseOfAllUsers) {
  const Job mail = submit(make_mail());
  const Job job = submit();
  EXPECT_EQ(list({}), std::vector{job.id});
  JobFilter waiting;
  waiting.statuses = JobStatus::pending;
  EXPECT_EQ(list(waiting), std::vector{job.id});
  EXPECT_EQ(run(store().list_ids({}, {}, 10, std::nullopt)).ids, std::vector{job.id});
  EXPECT_EQ(counts().pending, 1);
  EXPECT_EQ(counts(), recount({}));
  reopen();
  EXPECT_EQ(counts().pending, 1);
  EXPECT_EQ(ids_of(run(store().list({system_owner}, waiting, 10, std::nullopt)).jobs), std::vector{mail.id});
  EXPECT_EQ(run(store().counts({system_owner})).pending, 1);
  EXPECT_EQ(get(mail.id).type, mail_type);
  EXPECT_FALSE(run(store().get({alice}, mail.id)).has_value());

  for (int i = 0; i < 2; ++i) ASSERT_EQ(settle(failure(claim_one())).status, SettleStatus::ok);
  JobFilter failed;
  failed.statuses = JobStatus::failed;
  EXPECT_EQ(list(failed), std::vector{job.id});
  EXPECT_EQ(counts().failed, 1);
}

TEST_P(JobSystem, AreNeverTooMany) {
  UserControlChange one_at_most;
  one_at_most.backlog = 1;
  run(store().control_user(system_owner, one_at_most, now));
  for (int i = 0; i < 3; ++i) submit(make_mail());
  EXPECT_EQ(run(store().counts({system_owner})).pending, 3);
}

}  // namespace taskgate::conformance
