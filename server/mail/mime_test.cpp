#include "mail/mime.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "base/crypto.h"

namespace taskgate::mail {
namespace {

const Time now{std::chrono::milliseconds{1'769'851'800'007}};

std::string to_wire(const Message& message) { return to_mime(message, "tasks@example.com", "id@example.com", now); }

std::string header_of(const std::string& wire, const std::string& name) {
  const std::size_t start = wire.find("\r\n" + name + ": ") + name.size() + 4;
  std::size_t end = wire.find("\r\n", start);
  while (wire[end + 2] == ' ') end = wire.find("\r\n", end + 2);
  return wire.substr(start, end - start);
}

// The decoded bodies of the parts.
std::vector<std::string> parts_of(const std::string& wire) {
  std::vector<std::string> parts;
  const std::string marker = "Content-Transfer-Encoding: base64\r\n\r\n";
  for (std::size_t at = wire.find(marker); at != std::string::npos; at = wire.find(marker, at + 1)) {
    const std::size_t start = at + marker.size();
    std::string encoded = wire.substr(start, wire.find("\r\n--", start) - start);
    std::erase_if(encoded, [](char c) { return c == '\r' || c == '\n'; });
    parts.push_back(from_base64(encoded).value_or("not base64"));
  }
  return parts;
}

TEST(Mime, CarriesBothPartsAsTheyAre) {
  const Message message{"ada@example.com", "Hello",
                        "Gr\xc3\xbc\xc3\x9f"
                        "e\n.\n..\nFrom here\n",
                        "<p>\xf0\x9f\x98\x80</p>", ""};
  const std::string wire = to_wire(message);
  EXPECT_EQ(parts_of(wire), (std::vector<std::string>{message.text, message.html}));
  EXPECT_TRUE(
      wire.starts_with("From: <tasks@example.com>\r\nTo: <ada@example.com>\r\nSubject: Hello\r\n"
                       "Date: Sat, 31 Jan 2026 09:30:00 +0000\r\nMessage-ID: <id@example.com>\r\n"))
      << wire;
}

TEST(Mime, IsAsciiInLinesOfBoundedLengthEndingInCrLf) {
  const Message message{"ada@example.com", std::string(500, 'x') + "\xc3\xa9", std::string(5000, 'y'),
                        std::string(5000, '\n'), ""};
  const std::string wire = to_wire(message);
  std::size_t length = 0;
  for (std::size_t i = 0; i < wire.size(); ++i) {
    ASSERT_LT(static_cast<unsigned char>(wire[i]), 0x80);
    ASSERT_EQ(wire[i] == '\n', i > 0 && wire[i - 1] == '\r') << i;
    length = wire[i] == '\n' ? 0 : length + 1;
    ASSERT_LE(length, 78U);  // with CR
  }
}

TEST(Mime, EncodesASubjectThatIsNotAsciiWithoutCuttingCharacters) {
  std::string subject;
  for (int i = 0; i < 40; ++i) subject += "\xf0\x9f\x98\x80";
  const std::string encoded = header_of(to_wire({"ada@example.com", subject, "", "", ""}), "Subject");
  std::istringstream words(encoded);
  std::string decoded;
  for (std::string word; words >> word;) {
    ASSERT_LE(word.size(), 75U);
    ASSERT_TRUE(word.starts_with("=?UTF-8?B?") && word.ends_with("?=")) << word;
    const auto bytes = from_base64(word.substr(10, word.size() - 12));
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->size() % 4, 0U);  // whole characters of four bytes
    decoded += *bytes;
  }
  EXPECT_EQ(decoded, subject);
}

TEST(Mime, ASubjectCannotAddAHeader) {
  const std::string wire = to_wire({"ada@example.com", "Hi\r\nBcc: eve@example.com\r\n\r\nbody", "", "", ""});
  EXPECT_EQ(wire.find("\r\nBcc:"), std::string::npos);
  EXPECT_EQ(header_of(wire, "Subject"), "Hi  Bcc: eve@example.com    body");
}

TEST(Mime, KnowsAddressesThatAreSafeInAnEnvelope) {
  for (const char* address : {"ada@example.com", "o'neil+x@sub.example.com", "zo\xc3\xab@example.com"}) {
    EXPECT_TRUE(is_mail_address(address)) << address;
  }
  for (const std::string& address : std::vector<std::string>{
           "", "ada", "@example.com", "ada@", "a@b@c", "ada@example.com\r\nRCPT TO:<eve@example.com>",
           "ada@example.com\n", "ada@exa mple.com", "<ada@example.com>", "ada@example.com>", "ada,eve@example.com",
           "ada;eve@example.com", "\"ada\"@example.com", "ada\t@example.com"}) {
    EXPECT_FALSE(is_mail_address(address)) << address;
  }
  EXPECT_FALSE(is_mail_address(std::string("ada\0@example.com", 16)));
  EXPECT_FALSE(is_mail_address(std::string(250, 'a') + "@b.example"));
}

}  // namespace
}  // namespace taskgate::mail
