#include "mail/message.h"

#include <gtest/gtest.h>

namespace taskgate::mail {
namespace {

constexpr std::string_view public_url = "https://tasks.example";
constexpr std::string_view to = "ada@example.com";

TEST(MailMessage, LinksBeginWithThePublicUrl) {
  EXPECT_EQ(verification_message(public_url, to, "tok-en_1").link, "https://tasks.example/verify/tok-en_1");
  EXPECT_EQ(password_reset_message(public_url, to, "tok").link, "https://tasks.example/reset/tok");
  EXPECT_EQ(already_registered_message(public_url, to).link, "https://tasks.example/forgot");
  EXPECT_EQ(password_changed_message(public_url, to).link, "https://tasks.example/forgot");
}

TEST(MailMessage, BothPartsCarryTheLink) {
  for (const Message& message :
       {verification_message(public_url, to, "t"), password_reset_message(public_url, to, "t"),
        already_registered_message(public_url, to), password_changed_message(public_url, to)}) {
    EXPECT_EQ(message.to, to);
    EXPECT_FALSE(message.subject.empty());
    EXPECT_NE(message.text.find("\n" + message.link + "\n"), std::string::npos) << message.text;
    EXPECT_NE(message.html.find("href=\"" + message.link + "\""), std::string::npos) << message.html;
  }
}

TEST(MailMessage, EscapesWhatGoesIntoHtml) {
  const Message message = verification_message("https://tasks.example/?a=1&b=2", to, "\"><script>alert('x')</script>");
  EXPECT_EQ(message.html.find("<script>"), std::string::npos);
  EXPECT_NE(message.html.find("a=1&amp;b=2"), std::string::npos);
  EXPECT_NE(message.html.find("&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)"), std::string::npos);
}

}  // namespace
}  // namespace taskgate::mail
