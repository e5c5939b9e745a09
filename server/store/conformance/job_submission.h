#pragma once

#include "store/conformance/job_suite.h"

namespace taskgate::conformance {

class JobSubmission : public JobSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobSubmission);

TEST_P(JobSubmission, KeepsEveryFieldAsGiven) {
  Job given = make_job("Send invoice", -2.5);
  given.data = R"({"amount":123456789012345678901234567890.10,"to":"Zoë"})";
  given.max_retries = 7;
  given.queue = "billing";
  given.tags = {"q3", "a \"quoted\" tag", "ü"};
  given.revision = 1;
  const Job kept = submit(given);
  EXPECT_EQ(kept.id, given.id);
  EXPECT_EQ(kept.user_id, alice);
  EXPECT_EQ(kept.type, "Send invoice");
  EXPECT_EQ(kept.status, JobStatus::pending);
  EXPECT_EQ(kept.data, given.data);
  EXPECT_EQ(kept.result, std::nullopt);
  EXPECT_EQ(kept.error, std::nullopt);
  EXPECT_EQ(kept.max_retries, 7);
  EXPECT_EQ(kept.priority, -2.5);
  EXPECT_EQ(kept.queue, "billing");
  EXPECT_EQ(kept.tags, given.tags);
  EXPECT_EQ(kept.created_at, now);
  EXPECT_EQ(kept.updated_at, now);
  EXPECT_EQ(kept.run_at, std::nullopt);
  EXPECT_EQ(kept.started_at, std::nullopt);
  EXPECT_EQ(kept.completed_at, std::nullopt);
  EXPECT_EQ(kept.worker, std::nullopt);
  EXPECT_EQ(kept.attempts, 0);
  EXPECT_EQ(kept.revision, 1);
  EXPECT_EQ(submit().queue, "default");
}

TEST_P(JobSubmission, KeepsLongTextsByteForByteThroughTheWholeLife) {
  for (const std::size_t size : {0, 1'000, 1'022, 1'023, 5'000, 262'000}) {
    Job given = make_job();
    given.data = "\"" + std::string(size, 'x') + "\"";
    const JobId id = submit(given).id;
    const Job claimed = claim_one();
    EXPECT_EQ(claimed.data, given.data);
    Settlement done = completion(claimed);
    done.result = "[\"" + std::string(size, 'y') + "\"]";
    EXPECT_EQ(settle(done).job->result, done.result);
    EXPECT_EQ(get(id).data, given.data);
    EXPECT_EQ(get(id).result, done.result);
    EXPECT_EQ(run(store().list({}, {}, 1, std::nullopt)).jobs.at(0).data, given.data);
  }
}

TEST_P(JobSubmission, TakesAThousandAtOnce) {
  std::vector<Job> many;
  for (int i = 0; i < 1'000; ++i) many.push_back(make_job());
  const auto ids = ids_of(many);
  run(store().submit(std::move(many), now));
  EXPECT_EQ(counts().pending, 1'000);
  EXPECT_EQ(ids_of(claim(2'000).jobs), ids);
}

TEST_P(JobSubmission, KeepsADelayedJobBackUntilItsTime) {
  const Job later = submit_delayed(10s);
  EXPECT_EQ(later.run_at, now + 10s);
  EXPECT_TRUE(claim().jobs.empty());
  now += 10s - 1ms;
  EXPECT_TRUE(claim().jobs.empty());
  now += 1ms;
  const Job claimed = claim_one();
  EXPECT_EQ(claimed.id, later.id);
  EXPECT_EQ(claimed.run_at, std::nullopt);
}

TEST_P(JobSubmission, StartsAJobWhoseTimeHasPassedAtOnce) {
  const Job job = submit_delayed(-1s);
  EXPECT_EQ(job.run_at, std::nullopt);
  EXPECT_EQ(claim_one().id, job.id);
}

}  // namespace taskgate::conformance
