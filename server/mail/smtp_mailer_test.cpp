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
  static Message hello(const std::string& to = "ada@example.com") {
    return {to, "Hello", "text\n", "<p>text</p>\n", ""};
  }

  FakeSmtpServer server;
  ManualClock clock;
  std::atomic<bool> stop{false};
};

const std::vector<std::string> all_headers = {"From",           "To",           "Subject",     "Date", "Message-ID",
                                              "Auto-Submitted", "MIME-Version", "Content-Type"};

TEST_F(SmtpMailerTest, SendsToExactlyOneRecipientWithAFixedSetOfHeaders) {
  SmtpMailer mailer(options(), clock);
  EXPECT_TRUE(mailer.deliver(verification_message("https://tasks.example", "ada@example.com", "secret"), stop).sent);
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
    EXPECT_TRUE(mailer.deliver(hello(to), stop).is_final) << to;
  }
  EXPECT_TRUE(mailer.deliver(hello(std::string("ada\0@example.com", 16)), stop).is_final);
  Message message = hello();
  message.subject = "Hi\r\nBcc: eve@example.com\r\n\r\n.\r\nMAIL FROM:<eve@example.com>";
  message.text = "a\r\n.\r\nMAIL FROM:<eve@example.com>\r\n.\n";
  EXPECT_TRUE(mailer.deliver(message, stop).sent);
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
  EXPECT_TRUE(mailer.deliver(message, stop).sent);
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

TEST_F(SmtpMailerTest, SaysThatATemporaryFailureMayBeTriedAgain) {
  server.answer("RCPT", {"451 greylisted"});
  SmtpMailer mailer(options(), clock);
  const Delivery refused = mailer.deliver(hello(), stop);
  EXPECT_FALSE(refused.sent);
  EXPECT_FALSE(refused.is_final);
  EXPECT_NE(refused.error.find("451"), std::string::npos) << refused.error;
  EXPECT_TRUE(mailer.deliver(hello(), stop).sent);
}

TEST_F(SmtpMailerTest, SaysThatNobodyAnswers) {
  SmtpOptions chosen = options();
  chosen.port = 1;
  const Delivery failed = SmtpMailer(chosen, clock).deliver(hello(), stop);
  EXPECT_FALSE(failed.sent);
  EXPECT_FALSE(failed.is_final);
  EXPECT_FALSE(failed.error.empty());
}

TEST_F(SmtpMailerTest, SaysThatWhatTheServerRefusesForGoodIsFinal) {
  SmtpMailer mailer(options(), clock);
  for (const std::string& verb : std::vector<std::string>{"MAIL", "RCPT", "DATA", "."}) {
    server.answer(verb, {"550 no"});
    const Delivery refused = mailer.deliver(hello("refused@example.com"), stop);
    EXPECT_FALSE(refused.sent) << verb;
    EXPECT_TRUE(refused.is_final) << verb << ": " << refused.error;
    EXPECT_TRUE(mailer.deliver(hello("next@example.com"), stop).sent) << verb;
  }
}

TEST_F(SmtpMailerTest, SendsAMailAgainUnderTheSameMessageId) {
  SmtpMailer mailer(options(), clock);
  Message message = hello();
  message.id = "0193f5a1b2c3d4e5";
  ASSERT_TRUE(mailer.deliver(message, stop).sent);
  ASSERT_TRUE(mailer.deliver(message, stop).sent);
  for (const auto& conversation : server.wait_for(2)) {
    EXPECT_NE(conversation.data.find("Message-ID: <0193f5a1b2c3d4e5@example.com>\r\n"), std::string::npos)
        << conversation.data;
  }
}

TEST_F(SmtpMailerTest, SaysNothingToAServerWithoutTlsWhenTlsIsRequired) {
  SmtpOptions chosen = options();
  chosen.tls_required = true;
  chosen.user = "tasks";
  chosen.password = "mail-password";
  EXPECT_FALSE(SmtpMailer(chosen, clock).deliver(hello(), stop).sent);
  const auto conversations = server.wait_for(1);
  ASSERT_EQ(conversations.size(), 1U);
  EXPECT_TRUE(commands_with(conversations[0], "AUTH").empty());
  EXPECT_TRUE(commands_with(conversations[0], "MAIL").empty());
  EXPECT_TRUE(conversations[0].data.empty());
}

TEST_F(SmtpMailerTest, EndsSoonWhenItIsToldToStop) {
  SmtpMailer mailer(options(), clock);
  stop = true;
  const Delivery ended = mailer.deliver(hello(), stop);
  EXPECT_FALSE(ended.sent);
  EXPECT_FALSE(ended.is_final);
}

TEST_F(SmtpMailerTest, NeedsASenderThatIsAnAddress) {
  SmtpOptions chosen = options();
  chosen.from = "nobody";
  EXPECT_THROW(SmtpMailer(chosen, clock), std::runtime_error);
}

}  // namespace
}  // namespace taskgate::mail
