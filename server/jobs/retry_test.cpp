#include "jobs/retry.h"

#include <gtest/gtest.h>

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;
constexpr double no_jitter = 0.5;  // the middle of the spread

TEST(Backoff, StartsAtOneSecondAndDoubles) {
  EXPECT_EQ(backoff_delay({}, 1, no_jitter), milliseconds{1'000});
  EXPECT_EQ(backoff_delay({}, 2, no_jitter), milliseconds{2'000});
  EXPECT_EQ(backoff_delay({}, 5, no_jitter), milliseconds{16'000});
}

TEST(Backoff, StopsGrowingAtTheLongestDelay) {
  EXPECT_EQ(backoff_delay({}, 13, no_jitter), std::chrono::hours{1});
  EXPECT_EQ(backoff_delay({}, 1'000'000, no_jitter), std::chrono::hours{1});
}

TEST(Backoff, SpreadsByAFifthBothWays) {
  EXPECT_EQ(backoff_delay({}, 1, 0.0), milliseconds{800});
  EXPECT_EQ(backoff_delay({}, 1, 0.75), milliseconds{1'100});
  EXPECT_LT(backoff_delay({}, 1, 0.999999), milliseconds{1'201});
}

TEST(Backoff, IsFixedWithFactorOneAndNoJitter) {
  const BackoffPolicy fixed{milliseconds{250}, 1.0, milliseconds{60'000}, 0.0};
  EXPECT_EQ(backoff_delay(fixed, 1, 0.0), milliseconds{250});
  EXPECT_EQ(backoff_delay(fixed, 9, 0.9), milliseconds{250});
}

TEST(Backoff, TreatsARetryBeforeTheFirstAsTheFirst) { EXPECT_EQ(backoff_delay({}, 0, no_jitter), milliseconds{1'000}); }

TEST(Backoff, TakesListedDelaysOneByOneAndRepeatsTheLast) {
  BackoffPolicy policy;
  policy.jitter = 0;
  policy.delays = {milliseconds{1'000}, milliseconds{5'000}, milliseconds{30'000}};
  EXPECT_EQ(backoff_delay(policy, 1, 0.5), milliseconds{1'000});
  EXPECT_EQ(backoff_delay(policy, 2, 0.5), milliseconds{5'000});
  EXPECT_EQ(backoff_delay(policy, 3, 0.5), milliseconds{30'000});
  EXPECT_EQ(backoff_delay(policy, 9, 0.5), milliseconds{30'000});
}

}  // namespace
}  // namespace taskgate::jobs
