#include "accounts/password_policy.h"

#include <gtest/gtest.h>

namespace taskgate::accounts {
namespace {

std::optional<std::string> refusal_of(const std::string& password,
                                      const std::string& email = "ada.lovelace@analytical.example") {
  return refuse_password(password, email, PasswordPolicy{});
}

TEST(PasswordPolicy, AcceptsLongPassphrasesOfAnyCharacters) {
  for (const char* password :
       {"correct horse battery", "   spaces   around it   ",
        "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c \xd0\xb4\xd0\xbb\xd0\xb8\xd0\xbd\xd0\xbd\xd1\x8b\xd0\xb9",
        "xkqvjzwpmh", "4$hT!9zQ"}) {
    EXPECT_FALSE(refusal_of(password)) << password << ": " << *refusal_of(password);
  }
}

TEST(PasswordPolicy, RefusesWhatIsGuessedFirstAndSaysWhy) {
  const std::vector<std::pair<std::string, std::string>> refused = {{"password1", "common word"},
                                                                    {"P@ssw0rd", "common word"},
                                                                    {"qwertyuiop", ""},
                                                                    {"aaaaaaaaaaaa", "repeats"},
                                                                    {"12345678", ""},
                                                                    {"abcdefgh", ""},
                                                                    {"taskgate1", "this product"},
                                                                    {"lovelace1", "your address"},
                                                                    {"analytical1", "your address"},
                                                                    {"adalovelace", ""},
                                                                    {"19841984", ""},
                                                                    {"TaskGate2026", ""}};
  for (const auto& [password, why] : refused) {
    const auto refusal = refusal_of(password);
    ASSERT_TRUE(refusal) << password;
    EXPECT_NE(refusal->find(why), std::string::npos) << password << ": " << *refusal;
  }
}

TEST(PasswordPolicy, CountsCharactersNotBytes) {
  EXPECT_EQ(refusal_of("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"), "Password must be at least 8 characters long");
  EXPECT_EQ(refusal_of(""), "Password must be at least 8 characters long");
  const PasswordPolicy longer{15, 2};
  EXPECT_TRUE(refuse_password_length("fourteen chars", longer));
  EXPECT_FALSE(refuse_password_length("fifteen chars..", longer));
}

TEST(PasswordPolicy, NeverCuts) {
  EXPECT_TRUE(normalize_password(std::string(256, 'x')));
  EXPECT_FALSE(normalize_password(std::string(257, 'x')));
  std::string wide;
  for (int i = 0; i < 256; ++i) wide += "\xf0\x9f\x98\x80";
  EXPECT_EQ(normalize_password(wide), wide);
  EXPECT_FALSE(normalize_password(wide + "x"));
}

TEST(PasswordPolicy, NormalizesToNfcAndRefusesWhatIsNoText) {
  EXPECT_EQ(normalize_password("cafe\xcc\x81"), "caf\xc3\xa9");
  EXPECT_EQ(normalize_password("\xef\xbd\x81"),
            "\xef\xbd\x81");  // compatibility forms stay: a full-width a is another character
  EXPECT_FALSE(normalize_password("\xff"));
  EXPECT_FALSE(normalize_password(std::string("a\0b", 3)));
}

TEST(PasswordPolicy, TakesLittleTimeForTheLongestPassword) {
  std::string longest;
  for (int i = 0; i < 256; ++i) longest.push_back(static_cast<char>('a' + i * 7 % 26));
  EXPECT_FALSE(refusal_of(longest));
}

}  // namespace
}  // namespace taskgate::accounts
