#include "jobs/retention.h"

#include <gtest/gtest.h>

namespace taskgate::jobs {
namespace {

using namespace std::chrono_literals;

constexpr Time now{1'767'225'600'000ms};

TEST(Retention, LetsCompletedJobsGoAfterSevenDaysAndOthersAfterThirty) {
  const Retention usual;
  const auto past = [&usual](JobStatus status, Time at) { return is_past_retention(status, at, usual, now); };
  EXPECT_FALSE(past(JobStatus::completed, now - 7 * 24h + 1ms));
  EXPECT_TRUE(past(JobStatus::completed, now - 7 * 24h));
  for (const auto status : {JobStatus::failed, JobStatus::cancelled}) {
    EXPECT_FALSE(past(status, now - 30 * 24h + 1ms));
    EXPECT_TRUE(past(status, now - 30 * 24h));
  }
}

TEST(Retention, NeverConcernsAJobThatHasNotFinished) {
  EXPECT_FALSE(is_past_retention(JobStatus::pending, std::nullopt, {}, now));
  EXPECT_FALSE(is_past_retention(JobStatus::processing, now - 1'000h * 24, {}, now));
  EXPECT_FALSE(may_be_surplus(std::nullopt, now));
}

TEST(Retention, WithoutAnAgeIsForEver) {
  const Retention for_ever{std::nullopt, std::nullopt, std::nullopt, std::nullopt};
  EXPECT_FALSE(is_past_retention(JobStatus::completed, Time{}, for_ever, now));
  EXPECT_EQ(first_within_retention(for_ever, now), JobId{0});
}

TEST(Retention, LooksOnlyAtJobsSubmittedBeforeTheShorterAge) {
  IdGenerator ids;
  const JobId before = ids.next_job_id(now - 7 * 24h);
  const JobId after = ids.next_job_id(now - 7 * 24h + 1ms);
  const JobId first = first_within_retention({}, now);
  EXPECT_LT(before, first);
  EXPECT_GE(after, first);
}

TEST(Retention, ByNumberKeepsWhatHasJustFinished) {
  EXPECT_FALSE(may_be_surplus(now - 59s, now));
  EXPECT_TRUE(may_be_surplus(now - 60s, now));
}

}  // namespace
}  // namespace taskgate::jobs
