#include "jobs/settlement.h"

#include <gtest/gtest.h>

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;
const Time now{milliseconds{1'767'225'600'000}};

Job running(int retries = 0) {
  Job job;
  job.id = JobId{0x0193000000000001};
  job.type = "Send invoice";
  job.status = JobStatus::processing;
  job.fence = 7;
  job.attempts = retries + 1;
  job.retries = retries;
  job.started_at = now - milliseconds{2'040};
  return job;
}

Settlement settle(const Job& job, const HandlerOutcome& outcome) {
  return settlement_of(job, outcome, {}, 1024, 0.5, now);
}

TEST(Settlement, CompletesWithTheResult) {
  const Settlement settlement = settle(running(), Succeeded{"[1]"});
  EXPECT_EQ(settlement.kind, SettlementKind::complete);
  EXPECT_EQ(settlement.result, "[1]");
  EXPECT_EQ(settlement.fence, 7);
  EXPECT_EQ(settlement_line(running(), settlement, now),
            "job 0193000000000001 \"Send invoice\" attempt 1 completed in 2.0 s");
}

TEST(Settlement, RetriesAFailureAfterTheBackoff) {
  const Settlement settlement = settle(running(), FailedAttempt{"Simulated permanent failure"});
  EXPECT_EQ(settlement.kind, SettlementKind::retry);
  EXPECT_EQ(settlement.run_at, now + milliseconds{1'000});
  EXPECT_EQ(
      settlement_line(running(), settlement, now),
      "job 0193000000000001 \"Send invoice\" attempt 1 failed: Simulated permanent failure; retry 1 of 3 in 1.0 s");
}

TEST(Settlement, RetriesAfterTheDelayTheHandlerAskedFor) {
  const Settlement settlement = settle(running(), FailedAttempt{"busy", true, milliseconds{90'000}});
  EXPECT_EQ(settlement.kind, SettlementKind::retry);
  EXPECT_EQ(settlement.run_at, now + milliseconds{90'000});
  EXPECT_EQ(settle(running(), FailedAttempt{"busy", true, milliseconds{-5}}).run_at, now);
}

TEST(Settlement, FailsWhenNoRetriesAreLeft) {
  const Settlement settlement = settle(running(3), FailedAttempt{"broken"});
  EXPECT_EQ(settlement.kind, SettlementKind::fail);
  EXPECT_EQ(settlement.error, "broken");
  EXPECT_EQ(settlement_line(running(3), settlement, now),
            "job 0193000000000001 \"Send invoice\" attempt 4 failed: broken; no retries left");
}

TEST(Settlement, DoesNotRetryWhatTheHandlerCallsHopeless) {
  const Settlement settlement = settle(running(), FailedAttempt{"broken", false});
  EXPECT_EQ(settlement.kind, SettlementKind::fail);
  EXPECT_EQ(settlement_line(running(), settlement, now),
            "job 0193000000000001 \"Send invoice\" attempt 1 failed: broken; not retryable");
}

TEST(Settlement, FollowsTheJobsOwnBackoff) {
  Job job = running(1);
  job.terms.backoff = BackoffPolicy{milliseconds{0}, 1, milliseconds{0}, 0, {milliseconds{10}, milliseconds{70}}};
  EXPECT_EQ(settle(job, FailedAttempt{"broken"}).run_at, now + milliseconds{70});
}

TEST(Settlement, RetriesUntilAMomentHoweverOften) {
  Job job = running(50);
  job.terms.backoff = BackoffPolicy{milliseconds{1'000}, 1, milliseconds{1'000}, 0, {}};
  job.terms.retry_until = now + milliseconds{1'000};
  const Settlement settlement = settle(job, FailedAttempt{"broken"});
  EXPECT_EQ(settlement.kind, SettlementKind::retry);
  EXPECT_EQ(settlement_line(job, settlement, now),
            "job 0193000000000001 \"Send invoice\" attempt 51 failed: broken; retry 51 in 1.0 s");
  job.terms.retry_until = now + milliseconds{999};
  EXPECT_EQ(settle(job, FailedAttempt{"broken"}).kind, SettlementKind::fail);
  job.terms.retry_until = now + milliseconds{5'000};
  EXPECT_EQ(settle(job, FailedAttempt{"broken", false}).kind, SettlementKind::fail);
}

TEST(Settlement, RefusesAResultThatIsNotJsonOrTooLarge) {
  EXPECT_EQ(settle(running(), Succeeded{"{"}).kind, SettlementKind::fail);
  EXPECT_EQ(settle(running(), Succeeded{std::string(1025, '1')}).error, "The result has more than 1 KiB");
}

TEST(Settlement, CutsALongErrorBetweenCharacters) {
  std::string error;
  for (int count = 0; count < 5'000; ++count) error += "€";
  const Settlement settlement = settle(running(), FailedAttempt{error});
  EXPECT_EQ(settlement.error->size() % 3, 0U);
  EXPECT_LE(settlement.error->size(), 8U * 1024);
  EXPECT_GT(settlement.error->size(), 8U * 1024 - 3);
}

TEST(CrashLine, SaysWhatFollows) {
  Job job = running();
  job.status = JobStatus::pending;
  job.crashes = 1;
  EXPECT_EQ(crash_line(job, 3),
            "job 0193000000000001 \"Send invoice\" attempt 1 crashed; crash 1 of 3, back in the queue");
  job.status = JobStatus::failed;
  job.error = "poison: the job crashed 4 times";
  EXPECT_EQ(crash_line(job, 3),
            "job 0193000000000001 \"Send invoice\" attempt 1 crashed; failed: poison: the job crashed 4 times");
}

}  // namespace
}  // namespace taskgate::jobs
