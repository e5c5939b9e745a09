#include "base/rate_limiter.h"

#include <gtest/gtest.h>

namespace taskgate {
namespace {

using std::chrono::milliseconds;
const Time start{milliseconds{1'800'000'000'000}};

TEST(RateLimiter, LetsABurstPassAndThenRefills) {
  RateLimiter limiter(3, milliseconds{3000});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limiter.take("a", start));
  EXPECT_EQ(limiter.take("a", start), milliseconds{1000});
  EXPECT_EQ(limiter.take("a", start + milliseconds{400}), milliseconds{600});
  EXPECT_FALSE(limiter.take("a", start + milliseconds{1000}));
  EXPECT_TRUE(limiter.take("a", start + milliseconds{1000}));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limiter.take("a", start + milliseconds{60'000}));
  EXPECT_TRUE(limiter.take("a", start + milliseconds{60'000}));
}

TEST(RateLimiter, KeepsKeysApartAndForgetsOnReset) {
  RateLimiter limiter(1, milliseconds{1000});
  EXPECT_FALSE(limiter.take("a", start));
  EXPECT_FALSE(limiter.take("b", start));
  EXPECT_TRUE(limiter.take("a", start));
  limiter.reset("a");
  limiter.reset("never seen");
  EXPECT_FALSE(limiter.take("a", start));
  EXPECT_TRUE(limiter.take("b", start));
}

TEST(RateLimiter, RemembersNoMoreKeysThanTheLimit) {
  RateLimiter limiter(1, milliseconds{1000}, 2);
  EXPECT_FALSE(limiter.take("a", start));
  EXPECT_FALSE(limiter.take("b", start));
  EXPECT_TRUE(limiter.take("a", start));   // now b is the one longest unused
  EXPECT_FALSE(limiter.take("c", start));  // forgets b
  EXPECT_TRUE(limiter.take("a", start));
  EXPECT_FALSE(limiter.take("b", start));
}

TEST(RateLimiter, AClockSetBackGivesNothing) {
  RateLimiter limiter(1, milliseconds{1000});
  EXPECT_FALSE(limiter.take("a", start));
  EXPECT_TRUE(limiter.take("a", start - milliseconds{5000}));
  EXPECT_TRUE(limiter.take("a", start + milliseconds{999}));
  EXPECT_FALSE(limiter.take("a", start + milliseconds{1000}));
}

}  // namespace
}  // namespace taskgate
