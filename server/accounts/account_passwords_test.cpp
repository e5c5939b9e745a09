#include <boost/asio/co_spawn.hpp>

#include "accounts/account_fixture.h"

namespace taskgate::accounts {
namespace {

using AccountPasswords = AccountFixture;
using std::chrono::minutes;

const std::string next_password = "a very different sentence";

TEST_F(AccountPasswords, ResetByTheMailedLinkEndsEverySession) {
  add_user();
  const auto tokens = log_in();
  ASSERT_TRUE(authenticate(tokens->access_token));
  ASSERT_TRUE(run(service->forgot_password("Ada@example.com", client)));
  EXPECT_EQ(mail.last().kind, "password_reset");
  EXPECT_EQ(mail.last().email, email);
  const std::string token = mail.last().token;
  ASSERT_TRUE(run(service->reset_password(token, next_password, client)));
  EXPECT_EQ(mail.last().kind, "password_changed");
  EXPECT_EQ(ended.size(), 1U);
  EXPECT_EQ(changed.size(), 1U);
  EXPECT_EQ(reason(authenticate(tokens->access_token)), "invalid_token");
  EXPECT_EQ(reason(run(service->refresh(tokens->refresh_token))), "invalid_token");
  EXPECT_EQ(log_in_outcome(email, password), "invalid_credentials");
  EXPECT_EQ(log_in_outcome(email, next_password), "ok");
  EXPECT_EQ(reason(run(service->reset_password(token, password, client))), "invalid_token");
}

TEST_F(AccountPasswords, ForgotAnswersTheSameForAnAddressWithoutAccount) {
  EXPECT_TRUE(run(service->forgot_password("nobody@example.com", client)));
  EXPECT_TRUE(mail.all().empty());
  EXPECT_EQ(reason(run(service->forgot_password("nobody", client))), "validation_failed");
}

TEST_F(AccountPasswords, ResetLinksWorkForThirtyMinutesAndOnlyTheLatest) {
  add_user();
  ASSERT_TRUE(run(service->forgot_password(email, client)));
  const std::string first = mail.last().token;
  ASSERT_TRUE(run(service->forgot_password(email, client)));
  const std::string second = mail.last().token;
  EXPECT_EQ(reason(run(service->reset_password(first, next_password, client))), "invalid_token");
  clock.advance(minutes{30});
  const auto late = run(service->reset_password(second, next_password, client));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::bad_request);
  EXPECT_EQ(late.error().reason, "invalid_token");
  EXPECT_EQ(log_in_outcome(email, password), "ok");
}

TEST_F(AccountPasswords, ARefusedNewPasswordDoesNotUseTheLinkUp) {
  add_user();
  ASSERT_TRUE(run(service->forgot_password(email, client)));
  const std::string token = mail.last().token;
  const auto refused = run(service->reset_password(token, "adaexample", client));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "validation_failed");
  EXPECT_EQ(refused.error().fields.at(0).field, "password");
  EXPECT_TRUE(run(service->reset_password(token, next_password, client)));
}

TEST_F(AccountPasswords, OfParallelResetsExactlyOneSucceeds) {
  add_user();
  ASSERT_TRUE(run(service->forgot_password(email, client)));
  const std::string token = mail.last().token;
  boost::asio::io_context loop;
  int succeeded = 0;
  int refused = 0;
  for (int i = 0; i < 8; ++i) {
    boost::asio::co_spawn(loop, service->reset_password(token, next_password + std::to_string(i), client),
                          [&](std::exception_ptr, Result<void> result) { result ? ++succeeded : ++refused; });
  }
  loop.run();
  EXPECT_EQ(succeeded, 1);
  EXPECT_EQ(refused, 7);
}

TEST_F(AccountPasswords, ResetProvesTheAddressAndForgivesFailures) {
  ASSERT_TRUE(run(service->sign_up(email, password, client)));
  for (int i = 0; i < 11; ++i) (void)log_in(email, "wrong password");
  EXPECT_EQ(log_in_outcome(email, password), "too_many_requests");
  ASSERT_TRUE(run(service->forgot_password(email, client)));
  ASSERT_TRUE(run(service->reset_password(mail.last().token, next_password, client)));
  EXPECT_EQ(log_in_outcome(email, next_password), "ok");
}

TEST_F(AccountPasswords, ADisabledUserGetsNoLink) {
  add_user();
  ASSERT_TRUE(run(service->set_disabled(email, true)));
  ASSERT_TRUE(run(service->forgot_password(email, client)));
  EXPECT_TRUE(mail.all().empty());
}

TEST_F(AccountPasswords, ChangeEndsTheOtherSessionsAndOutstandingLinks) {
  add_user();
  const auto mine = log_in();
  const auto other = log_in();
  const auto principal = authenticate(mine->access_token);
  ASSERT_TRUE(authenticate(other->access_token));
  ASSERT_TRUE(run(service->forgot_password(email, client)));
  const std::string link = mail.last().token;
  ASSERT_TRUE(run(service->change_password(*principal, password, next_password, client)));
  EXPECT_EQ(mail.last().kind, "password_changed");
  EXPECT_EQ(ended.size(), 1U);
  EXPECT_TRUE(changed.empty()) << "the sockets of this session stay";
  EXPECT_TRUE(authenticate(mine->access_token));
  EXPECT_TRUE(run(service->refresh(mine->refresh_token)));
  EXPECT_EQ(reason(authenticate(other->access_token)), "invalid_token");
  EXPECT_EQ(reason(run(service->refresh(other->refresh_token))), "invalid_token");
  EXPECT_EQ(reason(run(service->reset_password(link, password, client))), "invalid_token");
  EXPECT_EQ(log_in_outcome(email, next_password), "ok");
}

TEST_F(AccountPasswords, ChangeNeedsTheOldPasswordAndAGoodNewOne) {
  add_user();
  const auto principal = authenticate(log_in()->access_token);
  const auto wrong = run(service->change_password(*principal, "wrong password", next_password, client));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::bad_request);
  EXPECT_EQ(wrong.error().reason, "wrong_password");
  EXPECT_EQ(wrong.error().fields.at(0).field, "oldPassword");
  const auto weak = run(service->change_password(*principal, password, "taskgate1", client));
  ASSERT_FALSE(weak);
  EXPECT_EQ(weak.error().reason, "validation_failed");
  EXPECT_EQ(weak.error().fields.at(0).field, "newPassword");
  EXPECT_EQ(log_in_outcome(email, password), "ok");
}

TEST_F(AccountPasswords, ChangeIsNoWayAroundTheLimitOnGuesses) {
  add_user();
  const auto principal = authenticate(log_in()->access_token);
  for (int i = 0; i < 11; ++i) {
    EXPECT_EQ(reason(run(service->change_password(*principal, "wrong password", next_password, client))),
              "wrong_password");
  }
  EXPECT_EQ(reason(run(service->change_password(*principal, password, next_password, client))), "too_many_requests");
}

TEST_F(AccountPasswords, BoundsTheUseOfLinksFromOneNetwork) {
  const std::string guess(43, 'A');
  std::string outcome;
  int tries = 0;
  while (outcome != "too_many_requests" && tries < 1'000) {
    outcome = tries % 2 == 0 ? reason(run(service->reset_password(guess, next_password, client)))
                             : reason(run(service->verify_email(guess, client)));
    ++tries;
  }
  EXPECT_EQ(tries, 121);
  EXPECT_EQ(reason(run(service->verify_email(guess, {"198.51.100.7", ""}))), "invalid_token");
}

}  // namespace
}  // namespace taskgate::accounts
