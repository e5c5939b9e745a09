#pragma once

#include "store/conformance/account_suite.h"
#include "store/conformance/parallel.h"

namespace taskgate::conformance {

class AccountTokens : public AccountSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AccountTokens);

TEST_P(AccountTokens, VerifyAnAddressOnce) {
  const User user = make_user("ada@example.org");
  const OneTimeToken token = make_token(user, TokenPurpose::verify_email);
  ASSERT_TRUE(run(store().create_user(user, token, std::nullopt)).has_value());
  reopen();
  EXPECT_FALSE(get_user(user.id).email_verified);
  const auto verified = run(store().verify_email(token.hash, now));
  ASSERT_TRUE(verified.has_value());
  EXPECT_EQ(verified->id, user.id);
  EXPECT_TRUE(verified->email_verified);
  EXPECT_TRUE(get_user(user.id).email_verified);
  const auto again = run(store().verify_email(token.hash, now));
  EXPECT_EQ(again.error().code, ErrorCode::bad_request);
  EXPECT_EQ(again.error().reason, "invalid_token");
}

TEST_P(AccountTokens, AreLookedAtWithoutBeingUsed) {
  const User user = create_user();
  const auto hash = give_token(user, TokenPurpose::reset_password);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(run(store().find_user_by_token(TokenPurpose::reset_password, hash, now))->id, user.id);
  }
  EXPECT_TRUE(run(store().reset_password(hash, "$argon2id$new", std::nullopt, now)).has_value());
  EXPECT_FALSE(token_works(TokenPurpose::reset_password, hash));
}

TEST_P(AccountTokens, OfOnePurposeAreUnknownToTheOther) {
  const User user = create_user();
  const auto verify = give_token(user, TokenPurpose::verify_email);
  const auto reset = give_token(user, TokenPurpose::reset_password);
  EXPECT_FALSE(token_works(TokenPurpose::reset_password, verify));
  EXPECT_FALSE(token_works(TokenPurpose::verify_email, reset));
  EXPECT_EQ(run(store().verify_email(reset, now)).error().reason, "invalid_token");
  EXPECT_EQ(run(store().reset_password(verify, "x", std::nullopt, now)).error().reason, "invalid_token");
  EXPECT_TRUE(token_works(TokenPurpose::verify_email, verify));
  EXPECT_TRUE(token_works(TokenPurpose::reset_password, reset));
}

TEST_P(AccountTokens, Expire) {
  const User user = create_user();
  const auto hash = give_token(user, TokenPurpose::verify_email);
  now += 30min - 1ms;
  EXPECT_TRUE(token_works(TokenPurpose::verify_email, hash));
  now += 1ms;
  EXPECT_FALSE(token_works(TokenPurpose::verify_email, hash));
  EXPECT_EQ(run(store().verify_email(hash, now)).error().reason, "invalid_token");
  EXPECT_FALSE(get_user(user.id).email_verified);
}

TEST_P(AccountTokens, AreDroppedByALaterOneOfTheSamePurpose) {
  const User user = create_user();
  const auto reset = give_token(user, TokenPurpose::reset_password);
  const auto first = give_token(user, TokenPurpose::verify_email);
  const auto second = give_token(user, TokenPurpose::verify_email);
  EXPECT_FALSE(token_works(TokenPurpose::verify_email, first));
  EXPECT_TRUE(token_works(TokenPurpose::verify_email, second));
  EXPECT_TRUE(token_works(TokenPurpose::reset_password, reset));
}

TEST_P(AccountTokens, AreBoundToTheAddressTheyWereSentTo) {
  const User user = make_user("ada@example.org");
  OneTimeToken token = make_token(user, TokenPurpose::verify_email);
  token.email = "former@example.org";
  ASSERT_TRUE(run(store().create_user(user, token, std::nullopt)).has_value());
  EXPECT_FALSE(token_works(TokenPurpose::verify_email, token.hash));
  EXPECT_EQ(run(store().verify_email(token.hash, now)).error().reason, "invalid_token");
}

TEST_P(AccountTokens, WorkForOneOfManyAtTheSameTime) {
  const User user = create_user();
  const auto verify = give_token(user, TokenPurpose::verify_email);
  const auto reset = give_token(user, TokenPurpose::reset_password);
  std::vector<Awaitable<Result<User>>> uses;
  for (int i = 0; i < 20; ++i) uses.push_back(store().verify_email(verify, now));
  int verified = 0;
  for (const auto& each : run_in_parallel(std::move(uses))) verified += each.has_value() ? 1 : 0;
  EXPECT_EQ(verified, 1);
  std::vector<Awaitable<Result<User>>> resets;
  for (int i = 0; i < 20; ++i)
    resets.push_back(store().reset_password(reset, "$argon2id$" + std::to_string(i), std::nullopt, now));
  int done = 0;
  for (const auto& each : run_in_parallel(std::move(resets))) done += each.has_value() ? 1 : 0;
  EXPECT_EQ(done, 1);
  EXPECT_EQ(get_user(user.id).token_version, user.token_version + 1);
}

}  // namespace taskgate::conformance
