#include "app/webhook_turns.h"

#include <gtest/gtest.h>

namespace taskgate::app {
namespace {

using namespace std::chrono_literals;

const UserId ada{{1}};
const UserId bob{{2}};
const JobId first{1};
const JobId second{2};
const JobId of_bob{3};

class WebhookTurnsTest : public testing::Test {
 protected:
  Time now{1'000'000s};
  WebhookTurns turns;
};

TEST_F(WebhookTurnsTest, LetsFewCallsOfOneUserRunAtOnceAndOthersBesideThem) {
  for (const JobId webhook : {first, second, first, first}) EXPECT_FALSE(turns.begin(ada, webhook, now));
  EXPECT_EQ(turns.begin(ada, first, now), 100ms);
  EXPECT_FALSE(turns.begin(bob, of_bob, now));
  turns.end(ada, first, false, now);
  EXPECT_FALSE(turns.begin(ada, first, now));
}

TEST_F(WebhookTurnsTest, SpreadsThoseThatComeWhileItIsBusy) {
  for (int i = 0; i < 4; ++i) (void)turns.begin(ada, first, now);
  std::chrono::milliseconds latest{0};
  for (int i = 0; i < 10; ++i) {
    const auto wait = turns.begin(ada, first, now).value();
    EXPECT_GE(wait, latest);
    latest = wait;
  }
  EXPECT_EQ(latest, 250ms);
  for (int i = 0; i < 50'000; ++i) latest = turns.begin(ada, first, now).value();
  EXPECT_EQ(latest, 10min);
}

TEST_F(WebhookTurnsTest, LeavesAWebhookThatFailedAloneTwiceAsLongEachTime) {
  for (const auto pause : {5s, 10s, 20s}) {
    ASSERT_FALSE(turns.begin(ada, first, now));
    turns.end(ada, first, true, now);
    EXPECT_EQ(turns.begin(ada, first, now), pause);
    EXPECT_FALSE(turns.begin(ada, second, now));
    turns.end(ada, second, false, now);
    now += pause;
  }
  ASSERT_FALSE(turns.begin(ada, first, now));
  turns.end(ada, first, false, now);
  ASSERT_FALSE(turns.begin(ada, first, now));
  turns.end(ada, first, true, now);
  EXPECT_EQ(turns.begin(ada, first, now), 5s);
}

TEST_F(WebhookTurnsTest, CountsCallsThatFailTogetherOnce) {
  (void)turns.begin(ada, first, now);
  (void)turns.begin(ada, first, now);
  turns.end(ada, first, true, now);
  turns.end(ada, first, true, now);
  EXPECT_EQ(turns.begin(ada, first, now), 5s);
}

}  // namespace
}  // namespace taskgate::app
