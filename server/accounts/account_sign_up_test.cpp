#include <future>

#include "accounts/account_fixture.h"

namespace taskgate::accounts {
namespace {

using AccountSignUp = AccountFixture;
using std::chrono::hours;
using std::chrono::minutes;

TEST_F(AccountSignUp, LeadsThroughTheMailedLinkToAUsableAccount) {
  ASSERT_TRUE(run(service->sign_up("  Ada@Example.COM ", password, client)));
  const auto sent = mail.all();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].kind, "verification");
  EXPECT_EQ(sent[0].email, email);
  EXPECT_EQ(log_in_outcome(email, password), "email_not_verified");
  EXPECT_EQ(log_in_outcome(email, "wrong password"), "invalid_credentials");
  ASSERT_TRUE(run(service->verify_email(sent[0].token, client)));
  const auto tokens = log_in();
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->user.email, email);
  EXPECT_EQ(tokens->user.role, Role::user);
  EXPECT_EQ(reason(run(service->verify_email(sent[0].token, client))), "invalid_token");
}

TEST_F(AccountSignUp, AnswersTheSameForAnAccountThatExistsAndTellsItsOwner) {
  add_user();
  ASSERT_TRUE(run(service->sign_up(email, "another long password", client)));
  ASSERT_EQ(mail.all().size(), 1U);
  EXPECT_EQ(mail.last().kind, "already_registered");
  EXPECT_EQ(mail.last().email, email);
  EXPECT_EQ(log_in_outcome(email, "another long password"), "invalid_credentials");
  EXPECT_EQ(log_in_outcome(email, password), "ok");
}

TEST_F(AccountSignUp, OfAnUnverifiedAddressAgainSendsANewLinkForTheNewPassword) {
  ASSERT_TRUE(run(service->sign_up(email, "password of an attacker", client)));
  const std::string first = mail.last().token;
  ASSERT_TRUE(run(service->sign_up(email, password, client)));
  ASSERT_EQ(mail.all().size(), 2U);
  EXPECT_EQ(mail.last().kind, "verification");
  EXPECT_EQ(reason(run(service->verify_email(first, client))), "invalid_token");
  ASSERT_TRUE(run(service->verify_email(mail.last().token, client)));
  EXPECT_EQ(log_in_outcome(email, "password of an attacker"), "invalid_credentials");
  EXPECT_EQ(log_in_outcome(email, password), "ok");
}

TEST_F(AccountSignUp, StoresTheTokenOfTheMailSealedForThatMailOnly) {
  ASSERT_TRUE(run(service->sign_up(email, password, client)));
  const OutgoingMail stored = store.mails().at(0);
  EXPECT_EQ(public_data(stored), R"({"kind":"verification","to":"ada@example.com"})");
  EXPECT_EQ(stored.useful_until, clock.now() + hours{24});
  const std::string token = mail.last().token;
  EXPECT_EQ(token.size(), 43U);
  EXPECT_EQ(stored.sealed.find(token), std::string::npos);
  EXPECT_FALSE(Sealer(StoredMail::secret).open(stored.sealed, mail_seal_context(JobId{stored.id.value + 1})));
}

TEST_F(AccountSignUp, NamesEveryFieldThatIsWrong) {
  const auto result = run(service->sign_up("nobody", "short", client));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::bad_request);
  EXPECT_EQ(result.error().reason, "validation_failed");
  ASSERT_EQ(result.error().fields.size(), 2U);
  EXPECT_EQ(result.error().fields[0].field, "email");
  EXPECT_EQ(result.error().fields[1].field, "password");
  EXPECT_TRUE(mail.all().empty());
}

TEST_F(AccountSignUp, RefusesAPasswordThatIsEasyToGuessAndSaysWhy) {
  const auto result = run(service->sign_up(email, "Password123!", client));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "validation_failed");
  ASSERT_EQ(result.error().fields.size(), 1U);
  EXPECT_NE(result.error().fields[0].message.find("common word"), std::string::npos)
      << result.error().fields[0].message;
}

TEST_F(AccountSignUp, LinksExpireAndAreReplacedByNewOnes) {
  ASSERT_TRUE(run(service->sign_up(email, password, client)));
  const std::string first = mail.last().token;
  clock.advance(hours{24});
  EXPECT_EQ(reason(run(service->verify_email(first, client))), "invalid_token");
  ASSERT_TRUE(run(service->resend_verification(email, client)));
  const std::string second = mail.last().token;
  EXPECT_NE(first, second);
  clock.advance(hours{23});
  EXPECT_TRUE(run(service->verify_email(second, client)));
}

TEST_F(AccountSignUp, ResendAnswersTheSameAndMailsOnlyWhereThereIsSomethingToVerify) {
  add_user();
  EXPECT_TRUE(run(service->resend_verification(email, client)));
  EXPECT_TRUE(run(service->resend_verification("nobody@example.com", client)));
  EXPECT_TRUE(mail.all().empty());
  EXPECT_EQ(reason(run(service->resend_verification("nobody", client))), "validation_failed");
}

TEST_F(AccountSignUp, RefusesTokensThatWereNeverMade) {
  for (const std::string token : {"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "' OR 1=1 --"}) {
    const auto result = run(service->verify_email(token, client));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::bad_request);
    EXPECT_EQ(result.error().reason, "invalid_token");
  }
  EXPECT_EQ(reason(run(service->verify_email(std::string(1'000'000, 'A'), client))), "invalid_token");
}

TEST_F(AccountSignUp, LimitsMailsToOneAddressWhetherOrNotItHasAnAccount) {
  add_user();
  for (const std::string& address : {email, std::string("nobody@example.com")}) {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(run(service->forgot_password(address, client))) << address;
    const auto refused = run(service->forgot_password(address, client));
    ASSERT_FALSE(refused) << address;
    EXPECT_EQ(refused.error().code, ErrorCode::too_many_requests);
    EXPECT_EQ(refused.error().retry_after, minutes{3});
  }
  clock.advance(minutes{3});
  EXPECT_TRUE(run(service->forgot_password(email, client)));
}

TEST_F(AccountSignUp, LimitsMailsFromOneNetwork) {
  for (int i = 0; i < 60; ++i) {
    const std::string address = "user" + std::to_string(i) + "@example.com";
    ASSERT_TRUE(run(service->forgot_password(address, {"2001:db8::" + std::to_string(i), ""})));
  }
  EXPECT_EQ(reason(run(service->forgot_password(email, {"2001:db8::ffff", ""}))), "too_many_requests");
  EXPECT_EQ(reason(run(service->forgot_password(email, {"2001:db8:0:1::1", ""}))), "ok");
}

TEST_F(AccountSignUp, HasNoLimitsWhenTheyAreOff) {
  AccountOptions options = defaults();
  options.rate_limits = false;
  start(options);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(run(service->forgot_password(email, client)));
  }
}

TEST_F(AccountSignUp, IsRefusedWhenTheHashPoolIsFull) {
  std::promise<void> gate;
  std::promise<void> started;
  const auto opened = gate.get_future().share();
  ASSERT_TRUE(pool.try_post([opened, &started] {
    started.set_value();
    opened.wait();
  }));
  started.get_future().wait();
  while (pool.try_post([] {})) {
  }
  for (const auto& refused :
       {reason(run(service->sign_up(email, password, client))), log_in_outcome(email, password)}) {
    EXPECT_EQ(refused, "overloaded");
  }
  // No password is hashed for it.
  EXPECT_EQ(reason(run(service->forgot_password(email, client))), "ok");
  const auto result = run(service->sign_up(email, password, client));
  EXPECT_EQ(result.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(result.error().retry_after);
  // What is refused for its form never asks for the pool.
  EXPECT_EQ(reason(run(service->sign_up(email, std::string(1'000'000, 'x'), client))), "validation_failed");
  gate.set_value();
}

}  // namespace
}  // namespace taskgate::accounts
