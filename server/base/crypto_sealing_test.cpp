#include "base/crypto_sealing.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace taskgate {
namespace {

const Sealer sealer("a secret of at least thirty-two bytes");

TEST(Sealer, OpensWhatItSealed) {
  for (const std::string& plain : {std::string(), std::string("token"), std::string("a\0b", 3), std::string(5000, 'x')})
    EXPECT_EQ(sealer.open(sealer.seal(plain, "mail 1"), "mail 1"), plain);
}

TEST(Sealer, HidesThePlainTextAndNeverSealsTwiceTheSameWay) {
  const std::string first = sealer.seal("the-secret-token", "mail 1");
  EXPECT_NE(first, sealer.seal("the-secret-token", "mail 1"));
  EXPECT_EQ(first.find("secret"), std::string::npos);
  EXPECT_EQ(from_base64url(first)->find("secret"), std::string::npos);
}

TEST(Sealer, OpensNothingOfAnotherKeyOrContext) {
  const std::string sealed = sealer.seal("token", "mail 1");
  EXPECT_FALSE(sealer.open(sealed, "mail 2"));
  EXPECT_FALSE(sealer.open(sealed, ""));
  EXPECT_FALSE(Sealer("another secret of thirty-two bytes ").open(sealed, "mail 1"));
}

TEST(Sealer, OpensNothingThatWasChanged) {
  const std::string raw = *from_base64url(sealer.seal("token", "mail 1"));
  for (std::size_t place = 0; place < raw.size(); ++place) {
    std::string changed = raw;
    changed[place] = static_cast<char>(changed[place] ^ 1);
    EXPECT_FALSE(sealer.open(to_base64url(changed), "mail 1")) << place;
  }
  for (std::size_t length = 0; length < raw.size(); ++length)
    EXPECT_FALSE(sealer.open(to_base64url(raw.substr(0, length)), "mail 1")) << length;
  for (const char* text : {"", "no base64url!", "AAAA"}) EXPECT_FALSE(sealer.open(text, "mail 1")) << text;
}

}  // namespace
}  // namespace taskgate
