#include "mail/smtp_mailer.h"

#include <gtest/gtest.h>

#include "mail/fake_smtp_server.h"

namespace taskgate::mail {
namespace {

std::vector<std::string> commands_with(const FakeSmtpServer::Conversation& conversation, const std::string& verb) {
  std::vector<std::string> found;
  for (const std::string& command : conversation.commands) {
    if (command.starts_with(verb)) found.push_back(command);
  }
  return found;
}

// The names of the header fields, in order.
std::vector<std::string> header_names(const std::string& data) {
  std::vector<std::string> names;
  const std::string head = data.substr(0, data.find("\r\n\r\n") + 2);
  for (std::size_t start = 0; start < head.size(); start = head.find("\r\n", start) + 2) {
    if (head[start] != ' ') names.push_back(head.substr(start, head.find(':', start) - start));
  }
  return names;
}

class SmtpMailerTest : public testing::Test {
 protected:
  SmtpOptions options() const {
    SmtpOptions chosen;
    chosen.host = "127.0.0.1";
    chosen.port = server.port();
    chosen.from = "tasks@example.com";
    chosen.tls_required = false;
    return chosen;
  }
  SmtpMailer::Pause at_once() {
    return [this](std::chrono::milliseconds pause) {
      pauses.push_back(pause);
      return true;
    };
  }
  static Message hello(const std::string& to = "ada@example.com") {
    return {to, "Hello", "text\n", "<p>text</p>\n", ""};
  }

  FakeSmtpServer server;
  ManualClock clock;
  std::vector<std::chrono::milliseconds> pauses;  // written by the mailer's thread, read when it has ended
};

const std::vector<std::string> all_headers = {"From",           "To",           "Subject",     "Date", "Message-ID",
                                              "Auto-Submitted", "MIME-Version", "Content-Type"};

TEST_F(SmtpMailerTest, SendsToExactlyOneRecipientWithAFixedSetOfHeaders) {
  SmtpMailer mailer(options(), clock);
  mailer.send(verification_message("https://tasks.example", "ada@example.com", "secret"));
  const auto conversations = server.wait_for(1);
  ASSERT_EQ(conversations.size(), 1U);
  const auto senders = commands_with(conversations[0], "MAIL");
  ASSERT_EQ(senders.size(), 1U);
  EXPECT_TRUE(senders[0].starts_with("MAIL FROM:<tasks@example.com>")) << senders[0];
  EXPECT_EQ(commands_with(conversations[0], "RCPT"), std::vector<std::string>{"RCPT TO:<ada@example.com>"});
  EXPECT_EQ(header_names(conversations[0].data), all_headers);
}

TEST_F(SmtpMailerTest, NothingHostileReachesTheEnvelopeOrTheHeaders) {
  SmtpMailer mailer(options(), clock);
  for (const std::string& to :
       std::vector<std::string>{"ada@example.com\r\nRCPT TO:<eve@example.com>", "ada@example.com>\r\nDATA",
                                "ada@example.com\n", "ada@example.com, eve@example.com", "<ada@example.com>"}) {
    mailer.send(hello(to));
  }
  mailer.send(hello(std::string("ada\0@example.com", 16)));
  Message message = hello();
  message.subject = "Hi\r\nBcc: eve@example.com\r\n\r\n.\r\nMAIL FROM:<eve@example.com>";
  message.text = "a\r\n.\r\nMAIL FROM:<eve@example.com>\r\n.\n";
  mailer.send(message);
  const auto conversations = server.wait_for(1);
  ASSERT_EQ(conversations.size(), 1U);  // only the last one: the others were refused before a connection was made
  EXPECT_EQ(commands_with(conversations[0], "RCPT").size(), 1U);
  EXPECT_EQ(commands_with(conversations[0], "MAIL").size(), 1U);
  EXPECT_EQ(header_names(conversations[0].data), all_headers);
}

TEST_F(SmtpMailerTest, NoLineOfTheMailEndsItEarly) {
  SmtpMailer mailer(options(), clock);
  Message message = hello();
  message.subject = ".";
  message.text = ".\n..\n.\r\n";
  message.html = ".\r\n.\r\n";
  mailer.send(message);
  const auto conversations = server.wait_for(1);
  ASSERT_EQ(conversations.size(), 1U);
  const std::string& data = conversations[0].data;
  // Complete up to the closing boundary, and every line that begins with a dot is stuffed.
  const std::size_t boundary = data.find("boundary=\"") + 10;
  const std::string closing = "--" + data.substr(boundary, data.find('"', boundary) - boundary) + "--\r\n";
  EXPECT_TRUE(data.ends_with(closing)) << data;
  for (std::size_t at = data.find("\r\n."); at != std::string::npos; at = data.find("\r\n.", at + 1))
    EXPECT_EQ(data[at + 3], '.');
  EXPECT_EQ(commands_with(conversations[0], "MAIL").size(), 1U);
}

TEST_F(SmtpMailerTest, TriesAgainAfterATemporaryFailureWithGrowingPauses) {
  server.answer("RCPT", {"451 greylisted", "451 greylisted"});
  {
    SmtpMailer mailer(options(), clock, at_once());
    mailer.send(hello());
    const auto conversations = server.wait_for(3);
    ASSERT_EQ(conversations.size(), 3U);
    EXPECT_TRUE(conversations[0].data.empty());
    EXPECT_FALSE(conversations[2].data.empty());
  }
  EXPECT_EQ(pauses, (std::vector<std::chrono::milliseconds>{std::chrono::seconds{1}, std::chrono::seconds{2}}));
}

TEST_F(SmtpMailerTest, GivesUpAfterTheLastAttempt) {
  server.answer("MAIL", std::vector<std::string>(10, "421 later"));
  SmtpOptions chosen = options();
  chosen.attempts_max = 3;
  SmtpMailer mailer(chosen, clock, at_once());
  mailer.send(hello("first@example.com"));
  ASSERT_EQ(server.wait_for(3).size(), 3U);
  server.answer("MAIL", {});
  mailer.send(hello("second@example.com"));
  const auto conversations = server.wait_for(4);
  ASSERT_EQ(conversations.size(), 4U);
  EXPECT_EQ(commands_with(conversations[3], "RCPT"), std::vector<std::string>{"RCPT TO:<second@example.com>"});
}

TEST_F(SmtpMailerTest, DoesNotTryAgainWhatTheServerRefusesForGood) {
  for (const std::string& verb : std::vector<std::string>{"MAIL", "RCPT", "DATA", "."}) {
    const std::size_t before = server.wait_for(0).size();
    server.answer(verb, {"550 no"});
    SmtpMailer mailer(options(), clock, at_once());
    mailer.send(hello("refused@example.com"));
    mailer.send(hello("next@example.com"));
    const auto conversations = server.wait_for(before + 2);
    ASSERT_EQ(conversations.size(), before + 2) << verb;
    EXPECT_EQ(commands_with(conversations.back(), "RCPT"), std::vector<std::string>{"RCPT TO:<next@example.com>"})
        << verb;
  }
}

TEST_F(SmtpMailerTest, SaysNothingToAServerWithoutTlsWhenTlsIsRequired) {
  SmtpOptions chosen = options();
  chosen.tls_required = true;
  chosen.attempts_max = 1;
  chosen.user = "tasks";
  chosen.password = "mail-password";
  SmtpMailer mailer(chosen, clock, at_once());
  mailer.send(hello());
  const auto conversations = server.wait_for(1);
  ASSERT_EQ(conversations.size(), 1U);
  EXPECT_TRUE(commands_with(conversations[0], "AUTH").empty());
  EXPECT_TRUE(commands_with(conversations[0], "MAIL").empty());
  EXPECT_TRUE(conversations[0].data.empty());
}

TEST_F(SmtpMailerTest, EndsWithoutWaitingForARetry) {
  server.answer("MAIL", std::vector<std::string>(10, "421 later"));
  {
    SmtpMailer mailer(options(), clock);  // pauses for real: a second and more
    mailer.send(hello());
    ASSERT_EQ(server.wait_for(1).size(), 1U);
  }
  EXPECT_EQ(server.wait_for(0).size(), 1U);
}

TEST_F(SmtpMailerTest, NeedsASenderThatIsAnAddress) {
  SmtpOptions chosen = options();
  chosen.from = "nobody";
  EXPECT_THROW(SmtpMailer(chosen, clock), std::runtime_error);
}

}  // namespace
}  // namespace taskgate::mail
