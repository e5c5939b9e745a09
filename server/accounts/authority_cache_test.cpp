#include "accounts/authority_cache.h"

#include <gtest/gtest.h>

namespace taskgate::accounts {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SessionId session(std::uint8_t number) {
  SessionId id;
  id.bytes[0] = number;
  return id;
}

SessionAuthority authority(std::uint8_t user) {
  SessionAuthority value;
  value.user_id.bytes[0] = user;
  value.live = true;
  return value;
}

const Time now{seconds{1'800'000'000}};

TEST(AuthorityCache, BelievesAnEntryForItsLifetime) {
  AuthorityCache cache(seconds{2});
  EXPECT_FALSE(cache.find(session(1), now));
  cache.put(session(1), authority(7), now, cache.ticket());
  EXPECT_TRUE(cache.find(session(1), now + milliseconds{1999})->live);
  EXPECT_FALSE(cache.find(session(1), now + seconds{2}));
}

TEST(AuthorityCache, DoesNotTrustAnEntryFromTheFuture) {
  AuthorityCache cache(seconds{2});
  cache.put(session(1), authority(7), now, cache.ticket());
  EXPECT_FALSE(cache.find(session(1), now - milliseconds{1}));
}

TEST(AuthorityCache, DropsASessionOrAllOfAUser) {
  AuthorityCache cache(seconds{2});
  for (std::uint8_t i = 0; i < 40; ++i) cache.put(session(i), authority(i % 2), now, cache.ticket());
  cache.drop(session(0));
  EXPECT_FALSE(cache.find(session(0), now));
  EXPECT_TRUE(cache.find(session(2), now));
  cache.drop_user(authority(1).user_id);
  for (std::uint8_t i = 1; i < 40; ++i) EXPECT_EQ(cache.find(session(i), now).has_value(), i % 2 == 0) << int{i};
}

TEST(AuthorityCache, DoesNotKeepWhatWasReadBeforeADrop) {
  AuthorityCache cache(seconds{2});
  const auto ticket = cache.ticket();
  cache.drop(session(1));
  cache.put(session(1), authority(7), now, ticket);
  EXPECT_FALSE(cache.find(session(1), now));
}

TEST(AuthorityCache, StaysWithinItsSize) {
  AuthorityCache cache(seconds{2}, 16);
  for (int i = 0; i < 1000; ++i) {
    SessionId id;
    id.bytes[1] = static_cast<std::uint8_t>(i);
    id.bytes[2] = static_cast<std::uint8_t>(i >> 8);
    cache.put(id, authority(1), now, cache.ticket());
    EXPECT_TRUE(cache.find(id, now));
  }
}

}  // namespace
}  // namespace taskgate::accounts
