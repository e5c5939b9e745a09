#include "api/watched_users.h"

#include <gtest/gtest.h>

#include <vector>

namespace taskgate::api {
namespace {

UserId user(std::uint8_t number) {
  UserId id;
  id.bytes.back() = number;
  return id;
}

TEST(WatchedUsers, KnowsAUserForAsLongAsOneSocketIsLeft) {
  WatchedUsers watched;
  EXPECT_FALSE(watched.may_have(user(1)));
  watched.add(user(1));
  watched.add(user(1));
  watched.remove(user(1));
  EXPECT_TRUE(watched.may_have(user(1)));
  watched.remove(user(1));
  EXPECT_FALSE(watched.may_have(user(1)));
}

TEST(WatchedUsers, NeverForgetsAUserBecauseOthersLeave) {
  WatchedUsers watched;
  IdGenerator ids;
  std::vector<UserId> users;
  // More than there are places, so that many share one.
  for (int made = 0; made < 10'000; ++made) users.push_back(ids.next_user_id(Time{}));
  for (const UserId& each : users) watched.add(each);
  for (std::size_t at = 0; at < users.size(); at += 2) watched.remove(users[at]);
  for (std::size_t at = 1; at < users.size(); at += 2) ASSERT_TRUE(watched.may_have(users[at]));
}

TEST(WatchedUsers, TellsMostOthersApart) {
  WatchedUsers watched;
  watched.add(user(1));
  int taken_for_watched = 0;
  for (int number = 2; number < 200; ++number) {
    taken_for_watched += watched.may_have(user(static_cast<std::uint8_t>(number))) ? 1 : 0;
  }
  EXPECT_LT(taken_for_watched, 10);
}

}  // namespace
}  // namespace taskgate::api
