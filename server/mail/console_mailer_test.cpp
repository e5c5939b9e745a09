#include "mail/console_mailer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <vector>

namespace taskgate::mail {
namespace {

const std::atomic<bool> never{false};

TEST(ConsoleMailer, PrintsTheLinkAloneOnItsLine) {
  std::ostringstream output;
  ConsoleMailer mailer(output);
  EXPECT_TRUE(mailer.deliver(verification_message("http://localhost:3000", "ada@example.com", "secret"), never).sent);
  std::istringstream lines(output.str());
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) all.push_back(line);
  const auto link = std::find(all.begin(), all.end(), "http://localhost:3000/verify/secret");
  ASSERT_NE(link, all.end()) << output.str();
  ASSERT_NE(link, all.begin());
  EXPECT_NE(std::prev(link)->find("ada@example.com"), std::string::npos);
  EXPECT_EQ(std::count(all.begin(), all.end(), *link), 1);
}

TEST(ConsoleMailer, PrintsAMailWithoutLinkToo) {
  std::ostringstream output;
  ConsoleMailer mailer(output);
  EXPECT_TRUE(mailer.deliver({"ada@example.com", "Hello", "text", "html", ""}, never).sent);
  EXPECT_NE(output.str().find("ada@example.com: Hello\n"), std::string::npos) << output.str();
}

TEST(ConsoleMailer, SaysWhenTheTerminalIsGone) {
  std::ostringstream output;
  output.setstate(std::ios::badbit);
  ConsoleMailer mailer(output);
  const Delivery delivery = mailer.deliver({"ada@example.com", "Hello", "text", "html", ""}, never);
  EXPECT_FALSE(delivery.sent);
  EXPECT_FALSE(delivery.is_final);
  EXPECT_TRUE(mailer.deliver({"ada@example.com", "Hello", "text", "html", ""}, never).sent);
}

}  // namespace
}  // namespace taskgate::mail
