#include "accounts/email_address.h"

#include <gtest/gtest.h>

#include <vector>

namespace taskgate::accounts {
namespace {

TEST(EmailAddress, HasOneFormForEverySpelling) {
  const std::vector<std::pair<std::string, std::string>> spellings = {
      {"ada@example.com", "ada@example.com"},
      {"  Ada@EXAMPLE.Com ", "ada@example.com"},
      {"\xef\xbc\xa1\xef\xbd\x84\xef\xbd\x81@example.com", "ada@example.com"},  // full width
      {"ada\xef\xbc\xa0"
       "example.com",
       "ada@example.com"},  // full-width @
      {"\xe2\x93\x90"
       "da@example.com",
       "ada@example.com"},  // circled a
      {"\xe2\x84\xaa"
       "im@example.com",
       "kim@example.com"},  // Kelvin sign
      {"\xc5\xbf"
       "am@example.com",
       "sam@example.com"},  // long s
      {"ada@b\xc3\xbc"
       "cher.example",
       "ada@xn--bcher-kva.example"},
      {"ada@bu\xcc\x88"
       "cher.example",
       "ada@xn--bcher-kva.example"},
      {"ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"},
      {"ZO\xc3\x8b@example.com", "zo\xc3\xab@example.com"},
      {"first.last+tag@sub.example.co.uk", "first.last+tag@sub.example.co.uk"},
      {"o'neil_x-1@example.com", "o'neil_x-1@example.com"},
  };
  for (const auto& [typed, canonical] : spellings) EXPECT_EQ(canonical_email(typed), canonical) << typed;
}

TEST(EmailAddress, KeepsLookAlikesApart) {
  EXPECT_NE(canonical_email("p\xd0\xb0ul@example.com"), canonical_email("paul@example.com"));  // Cyrillic a
  EXPECT_NE(canonical_email("d\xc4\xb1m@example.com"), canonical_email("dim@example.com"));    // dotless i
  EXPECT_NE(canonical_email("stra\xc3\x9f"
                            "e@example.com"),
            canonical_email("strasse@example.com"));
  EXPECT_NE(canonical_email("ada@stra\xc3\x9f"
                            "e.example"),
            canonical_email("ada@strasse.example"));
}

TEST(EmailAddress, RefusesWhatIsNoAddress) {
  const std::vector<std::string> refused = {"",
                                            " ",
                                            "ada",
                                            "@",
                                            "ada@",
                                            "@example.com",
                                            "ada@@example.com",
                                            "ada@example.com@evil.example",
                                            "ada@localhost",
                                            "ada@127.0.0.1",
                                            "ada@[127.0.0.1]",
                                            "ada@example..com",
                                            "ada@.example.com",
                                            "ada@example.com.",
                                            "ada@-example.com",
                                            "ada@exa_mple.com",
                                            "ada@example.123",
                                            ".ada@example.com",
                                            "ada.@example.com",
                                            "a..da@example.com",
                                            "\"ada\"@example.com",
                                            "ada lovelace@example.com",
                                            "ada@exa mple.com",
                                            "Ada <ada@example.com>",
                                            "ada@example.com,eve@example.com",
                                            "ada@example.com\r\nBcc: eve@example.com",
                                            "ada@example.com\n",
                                            "ada\t@example.com",
                                            std::string("ada\0@example.com", 16),
                                            "ada\xe2\x80\x8d@example.com",  // zero-width joiner
                                            "ada\xe2\x80\xae@example.com",  // right-to-left override
                                            "ada\xc2\xad@example.com",      // soft hyphen
                                            "ada\xef\xbb\xbf@example.com",  // byte order mark
                                            "ada\xcd\x8f@example.com",      // combining grapheme joiner
                                            "ada\xe3\x85\xa4@example.com",  // Hangul filler
                                            "ada\xc2\xa0@example.com",      // no-break space
                                            "ada\xee\x80\x80@example.com",  // private use
                                            "ada\xff@example.com",
                                            "ada\xed\xa0\x80@example.com",
                                            std::string(65, 'a') + "@example.com",
                                            "ada@" + std::string(64, 'b') + ".com",
                                            std::string(2'000'000, 'a')};
  for (const std::string& text : refused) EXPECT_FALSE(canonical_email(text)) << text.substr(0, 80);
}

TEST(EmailAddress, IsAtMost254Bytes) {
  const std::string label(60, 'b');
  const std::string domain = label + "." + label + "." + label + ".com";  // 186
  EXPECT_TRUE(canonical_email(std::string(64, 'a') + "@" + domain));
  EXPECT_FALSE(canonical_email(std::string(64, 'a') + "@b" + "." + domain + "." + domain));
}

TEST(EmailAddress, AppliedTwiceIsAppliedOnce) {
  for (int code_point = 0x21; code_point < 0x3000; ++code_point) {
    std::string typed = "a";
    if (code_point < 0x80) {
      typed.push_back(static_cast<char>(code_point));
    } else if (code_point < 0x800) {
      typed.push_back(static_cast<char>(0xC0 | (code_point >> 6)));
      typed.push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
    } else {
      typed.push_back(static_cast<char>(0xE0 | (code_point >> 12)));
      typed.push_back(static_cast<char>(0x80 | ((code_point >> 6) & 0x3F)));
      typed.push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
    }
    const auto once = canonical_email(typed + "b@" + typed + "c.example");
    if (once) {
      EXPECT_EQ(canonical_email(*once), once) << code_point;
    }
    const auto local_only = canonical_email(typed + "b@example.com");
    if (local_only) {
      EXPECT_EQ(canonical_email(*local_only), local_only) << code_point;
    }
  }
}

}  // namespace
}  // namespace taskgate::accounts
