#include "app/mail_handler.h"

#include <gtest/gtest.h>

#include <thread>

#include "accounts/outgoing_mail.h"
#include "handlers/recording_context.h"
#include "jobs/system_job.h"

namespace taskgate::app {
namespace {

using accounts::MailKind;
using std::chrono::hours;

// Answers as told and keeps what it was given.
class ToldMailer final : public mail::Mailer {
 public:
  mail::Delivery deliver(const mail::Message& message, const std::atomic<bool>& stop) override {
    messages.push_back(message);
    while (hold && !stop) std::this_thread::yield();
    return answer;
  }
  std::vector<mail::Message> messages;
  mail::Delivery answer{true, true, {}};
  std::atomic<bool> hold{false};
};

class MailHandlerTest : public testing::Test {
 protected:
  jobs::Job job_of(MailKind kind, const std::string& token) {
    accounts::OutgoingMail mail;
    mail.id = ids.next_job_id(clock.now());
    mail.kind = kind;
    mail.to = "ada@example.com";
    if (!token.empty()) mail.sealed = sealer.seal(token, accounts::mail_seal_context(mail.id));
    return jobs::mail_job(mail.id, accounts::public_data(mail), mail.sealed, clock.now() + hours{1}, clock.now());
  }
  jobs::HandlerOutcome run(jobs::Job job, bool stop_at_once = false) {
    auto context = std::make_shared<handlers::RecordingContext>(std::move(job));
    if (stop_at_once) context->stop();
    const auto registration = mail_handler({mailer, pool, sealer, clock, [] { return "https://tasks.example"; }});
    return run_to_completion(registration.handler->run(context));
  }
  jobs::FailedAttempt failure_of(jobs::Job job) { return std::get<jobs::FailedAttempt>(run(std::move(job))); }

  Sealer sealer{"a data secret of thirty-two bytes"};
  ManualClock clock;
  IdGenerator ids;
  ToldMailer mailer;
  WorkerPool pool{"mail", 1, 1};
};

TEST_F(MailHandlerTest, SendsEachKindWithItsLink) {
  const std::vector<std::pair<jobs::Job, std::string>> cases = {
      {job_of(MailKind::verification, "t0ken"), "https://tasks.example/verify/t0ken"},
      {job_of(MailKind::password_reset, "t0ken"), "https://tasks.example/reset/t0ken"},
      {job_of(MailKind::already_registered, ""), "https://tasks.example/forgot"},
      {job_of(MailKind::password_changed, ""), "https://tasks.example/forgot"}};
  for (const auto& [job, link] : cases) {
    EXPECT_TRUE(std::holds_alternative<jobs::Succeeded>(run(job)));
    EXPECT_EQ(mailer.messages.back().link, link);
    EXPECT_EQ(mailer.messages.back().to, "ada@example.com");
    EXPECT_EQ(mailer.messages.back().id, to_string(job.id));
  }
}

TEST_F(MailHandlerTest, AsksForARetryUnlessTheRefusalIsFinal) {
  mailer.answer = {false, false, "451 later"};
  const auto later = failure_of(job_of(MailKind::verification, "t0ken"));
  EXPECT_TRUE(later.retryable);
  EXPECT_EQ(later.error, "Mail not sent: 451 later");
  mailer.answer = {false, true, "550 no"};
  EXPECT_FALSE(failure_of(job_of(MailKind::verification, "t0ken")).retryable);
}

TEST_F(MailHandlerTest, TellsTheMailerToStop) {
  mailer.hold = true;
  mailer.answer = {false, false, "stopped"};
  EXPECT_TRUE(std::holds_alternative<jobs::FailedAttempt>(run(job_of(MailKind::verification, "t0ken"), true)));
}

TEST_F(MailHandlerTest, SendsNothingOfAUsersJobOrWithoutATokenThatOpens) {
  jobs::Job of_a_user = job_of(MailKind::verification, "t0ken");
  of_a_user.user_id = ids.next_user_id(clock.now());
  jobs::Job sent_before = job_of(MailKind::verification, "t0ken");
  sent_before.sealed.reset();
  jobs::Job of_another_mail = job_of(MailKind::verification, "t0ken");
  of_another_mail.id = ids.next_job_id(clock.now());
  jobs::Job of_no_kind = job_of(MailKind::password_changed, "");
  of_no_kind.data = R"({"kind":"advertisement","to":"ada@example.com"})";
  jobs::Job late = job_of(MailKind::verification, "t0ken");
  late.terms.retry_until = clock.now() - hours{1};
  for (const auto& job : {of_a_user, sent_before, of_another_mail, of_no_kind, late}) {
    const auto failed = failure_of(job);
    EXPECT_FALSE(failed.retryable) << failed.error;
    EXPECT_EQ(failed.error.find("t0ken"), std::string::npos);
  }
  EXPECT_TRUE(mailer.messages.empty());
}

}  // namespace
}  // namespace taskgate::app
