#include "sio/ack_table.h"

#include <gtest/gtest.h>

#include "sio/token_bucket.h"

namespace taskgate::sio {
namespace {

using namespace std::chrono_literals;

class AckTableTest : public testing::Test {
 protected:
  AckTable::Reply note() {
    return [this](const std::optional<ReceivedArguments>& arguments) {
      ++calls;
      answered = arguments.has_value();
    };
  }

  AckTable table;
  Moment now{std::chrono::hours{1}};
  int calls = 0;
  bool answered = false;
};

TEST_F(AckTableTest, RepliesOnce) {
  const auto id = table.expect(now + 1s, note());
  EXPECT_EQ(table.next_deadline(), now + 1s);
  EXPECT_TRUE(table.resolve(id, {}));
  EXPECT_FALSE(table.resolve(id, {}));
  table.expire(now + 2s);
  table.cancel_all();
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(answered);
  EXPECT_EQ(table.next_deadline(), Moment::max());
}

TEST_F(AckTableTest, IgnoresIdsNobodyWaitsFor) { EXPECT_FALSE(table.resolve(42, {})); }

TEST_F(AckTableTest, GivesUpInTime) {
  const auto id = table.expect(now + 1s, note());
  table.expire(now + 999ms);
  EXPECT_EQ(calls, 0);
  table.expire(now + 1s);
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(answered);
  EXPECT_FALSE(table.resolve(id, {}));
}

TEST_F(AckTableTest, LetsAReplyExpectSomethingNew) {
  (void)table.expect(now, [this](const auto&) { (void)table.expect(now, note()); });
  table.expire(now);
  EXPECT_EQ(table.size(), 1U);
  table.cancel_all();
  EXPECT_EQ(calls, 1);
}

TEST(TokenBucket, RefusesWhatIsOverAndRefills) {
  Moment now{std::chrono::hours{1}};
  TokenBucket bucket(10, 2, now);
  EXPECT_TRUE(bucket.take(now));
  EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  now += 100ms;
  EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  now += 1h;
  EXPECT_TRUE(bucket.take(now));
  EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
}

TEST(TokenBucket, WithoutARateNeverRefuses) {
  const Moment now{};
  TokenBucket bucket(0, 0, now);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(bucket.take(now));
}

}  // namespace
}  // namespace taskgate::sio
