#include "jobs/lease_token.h"

#include <gtest/gtest.h>

namespace taskgate::jobs {
namespace {

LeaseGrant grant() {
  LeaseGrant value;
  value.job = JobId{0x0193'0000'0000'0001};
  value.fence = 7;
  value.holder.bytes[11] = 9;
  value.lease = std::chrono::hours{1};
  value.worker = "render box 1";
  return value;
}

TEST(LeaseToken, SaysWhatItWasMadeOf) {
  const LeaseTokenCodec codec("secret");
  EXPECT_EQ(codec.decode(codec.encode(grant())), grant());
  EXPECT_EQ(LeaseTokenCodec("secret").decode(codec.encode(grant())), grant());
}

TEST(LeaseToken, RefusesEveryChange) {
  const LeaseTokenCodec codec("secret");
  const std::string token = codec.encode(grant());
  for (std::size_t place = 0; place < token.size(); ++place) {
    std::string changed = token;
    changed[place] = changed[place] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(codec.decode(changed)) << place;
  }
  EXPECT_FALSE(codec.decode(token.substr(0, token.size() - 4)));
  EXPECT_FALSE(codec.decode(""));
  EXPECT_FALSE(codec.decode(std::string(5000, 'A')));
  EXPECT_FALSE(LeaseTokenCodec("another secret").decode(token));
}

}  // namespace
}  // namespace taskgate::jobs
