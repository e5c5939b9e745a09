#include "accounts/refresh_token.h"

#include <gtest/gtest.h>

namespace taskgate::accounts {
namespace {

const std::string secret = "a-secret-of-at-least-thirty-two-bytes";

RefreshToken sample() {
  RefreshToken token;
  for (std::size_t i = 0; i < token.session_id.bytes.size(); ++i)
    token.session_id.bytes[i] = static_cast<std::uint8_t>(i * 17);
  token.counter = 0x0102030405060708;
  return token;
}

TEST(RefreshToken, ReadsBackWhatItMakes) {
  const RefreshTokenCodec codec(secret);
  for (const std::int64_t counter : {std::int64_t{0}, std::int64_t{1}, std::int64_t{0x0102030405060708}}) {
    RefreshToken token = sample();
    token.counter = counter;
    const std::string text = codec.encode(token);
    EXPECT_EQ(text.size(), 76U);
    EXPECT_EQ(codec.decode(text), token);
  }
}

TEST(RefreshToken, RefusesEveryChangedCharacterAndEveryLength) {
  const RefreshTokenCodec codec(secret);
  const std::string text = codec.encode(sample());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(codec.decode(changed)) << i;
    EXPECT_FALSE(codec.decode(text.substr(0, i))) << i;
  }
  EXPECT_FALSE(codec.decode(text + "A"));
  EXPECT_FALSE(codec.decode(text + "="));
}

TEST(RefreshToken, BelongsToOneSecret) {
  const std::string text = RefreshTokenCodec(secret).encode(sample());
  EXPECT_FALSE(RefreshTokenCodec(secret + "x").decode(text));
  EXPECT_FALSE(RefreshTokenCodec("").decode(text));
}

}  // namespace
}  // namespace taskgate::accounts
