#include "accounts/login_throttle.h"

#include <gtest/gtest.h>

#include <vector>

namespace taskgate::accounts {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class LoginThrottleTest : public testing::Test {
 protected:
  // True when the attempt was let through; it then fails.
  bool fail(const std::string& account, const std::string& address) {
    auto attempt = throttle.begin(account, address, now, wait);
    if (!attempt) return false;
    attempt->failed(now);
    return true;
  }

  LoginThrottle throttle;
  Time now{hours{500'000}};
  milliseconds wait{0};
};

TEST_F(LoginThrottleTest, DelaysDoubleUpToALimit) {
  for (int i = 0; i < 11; ++i) EXPECT_TRUE(fail("a@x.example", "10.0.0.1")) << i;
  for (const int delay : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900}) {
    EXPECT_FALSE(fail("a@x.example", "10.0.0.2"));
    EXPECT_EQ(wait, seconds{delay});
    now += seconds{delay};
    EXPECT_TRUE(fail("a@x.example", "10.0.0.2"));
  }
}

TEST_F(LoginThrottleTest, NeverAllowsMoreThanAHundredFailuresInARowEvenAtOnce) {
  std::vector<LoginThrottle::Attempt> running;
  for (int i = 0; i < 200; ++i) {
    auto attempt = throttle.begin("a@x.example", "10.0.0." + std::to_string(i), now, wait);
    if (attempt) running.push_back(std::move(*attempt));
  }
  EXPECT_EQ(running.size(), 100U);
  for (auto& attempt : running) attempt.failed(now);
  running.clear();
  now += minutes{15};
  EXPECT_FALSE(fail("a@x.example", "10.1.0.1"));
  throttle.forgive("a@x.example");
  EXPECT_TRUE(fail("a@x.example", "10.1.0.1"));
}

TEST_F(LoginThrottleTest, ForgivesTheOwnersOwnNetworkToo) {
  auto attempt = throttle.begin("a@x.example", "10.0.0.1", now, wait);
  ASSERT_TRUE(attempt);
  attempt->succeeded();
  for (int i = 0; i < 11; ++i) EXPECT_TRUE(fail("a@x.example", "10.0.0.1")) << i;
  EXPECT_FALSE(fail("a@x.example", "10.0.0.1"));
  throttle.forgive("b@x.example");
  EXPECT_FALSE(fail("a@x.example", "10.0.0.1"));
  throttle.forgive("a@x.example");
  EXPECT_TRUE(fail("a@x.example", "10.0.0.1"));
}

TEST_F(LoginThrottleTest, AnAttemptThatWasNotDecidedCountsAsNothing) {
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(throttle.begin("a@x.example", "10.0.0.1", now, wait));
}

TEST_F(LoginThrottleTest, LimitsANetworkThatTriesManyAccounts) {
  for (int i = 0; i < 51; ++i)
    EXPECT_TRUE(fail("user" + std::to_string(i) + "@x.example", "2001:db8::" + std::to_string(i)));
  EXPECT_FALSE(fail("fresh@x.example", "2001:db8::abcd"));
  EXPECT_TRUE(fail("fresh@x.example", "2001:db8:1::1"));
}

TEST_F(LoginThrottleTest, ForgetsAfterADay) {
  for (int i = 0; i < 11; ++i) EXPECT_TRUE(fail("a@x.example", "10.0.0.1"));
  now += hours{24} + milliseconds{1};
  for (int i = 0; i < 11; ++i) EXPECT_TRUE(fail("a@x.example", "10.0.0.1"));
  EXPECT_FALSE(fail("a@x.example", "10.0.0.1"));
}

TEST_F(LoginThrottleTest, RemembersNoMoreThanItsLimit) {
  LoginThrottleOptions options;
  options.keys_max = 10;
  LoginThrottle small(options);
  for (int i = 0; i < 1000; ++i) {
    auto attempt = small.begin("user" + std::to_string(i), "10.0.0.1", now, wait);
    ASSERT_TRUE(attempt);
  }
}

TEST(NetworkOf, GroupsIpv6BySixtyFourBits) {
  EXPECT_EQ(network_of("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(network_of("2001:db8:0:0:1:2:3:4"), network_of("2001:db8::ffff"));
  EXPECT_NE(network_of("2001:db8:0:1::1"), network_of("2001:db8::1"));
  EXPECT_EQ(network_of("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(network_of(""), "");
}

}  // namespace
}  // namespace taskgate::accounts
