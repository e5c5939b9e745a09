#pragma once

#include "store/conformance/account_suite.h"
#include "store/conformance/parallel.h"

namespace taskgate::conformance {

// Mails that are stored with the change they tell of.
class AccountMails : public AccountSuite {
 protected:
  SignUp make_sign_up(std::string hash = "$argon2id$first") {
    SignUp request;
    request.user = make_user("ada@example.org");
    request.user.password_hash = std::move(hash);
    request.token = make_token(request.user, TokenPurpose::verify_email);
    request.verification = make_mail(MailKind::verification);
    request.already_registered = make_mail(MailKind::already_registered);
    return request;
  }
  static std::vector<JobId> ids_of(const std::vector<OutgoingMail>& mails) {
    std::vector<JobId> ids;
    for (const auto& mail : mails) ids.push_back(mail.id);
    return ids;
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AccountMails);

TEST_P(AccountMails, GoOutWithASignUpAfterARestartToo) {
  int told = 0;
  store().mail_ready.connect([&told] { ++told; });
  const SignUp request = make_sign_up();
  EXPECT_EQ(run(store().sign_up(request, now)), SignUpOutcome::created);
  reopen();
  EXPECT_EQ(get_user(request.user.id).email, "ada@example.org");
  EXPECT_TRUE(token_works(TokenPurpose::verify_email, request.token.hash));
  const auto mails = take_mails();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].id, request.verification.id);
  EXPECT_EQ(mails[0].kind, MailKind::verification);
  EXPECT_EQ(mails[0].to, "ada@example.org");
  EXPECT_EQ(mails[0].sealed, request.verification.sealed);
  EXPECT_EQ(mails[0].useful_until, request.verification.useful_until);
  EXPECT_EQ(told, 1);
}

TEST_P(AccountMails, TellTheOwnerOfAnAddressThatIsSignedUpAgain) {
  User owner = make_user("ada@example.org");
  owner.email_verified = true;
  ASSERT_TRUE(run(store().create_user(owner, std::nullopt, std::nullopt)).has_value());
  const Session session = create_session(owner);
  const SignUp request = make_sign_up("$argon2id$second");
  EXPECT_EQ(run(store().sign_up(request, now)), SignUpOutcome::taken);
  EXPECT_EQ(ids_of(take_mails()), std::vector{request.already_registered.id});
  EXPECT_EQ(get_user(owner.id).password_hash, "$argon2id$first");
  EXPECT_TRUE(is_live(session));
  EXPECT_FALSE(token_works(TokenPurpose::verify_email, request.token.hash));
  EXPECT_FALSE(run(store().find_user(request.user.id)).has_value());
}

TEST_P(AccountMails, BringTheLinkOfTheLatestSignUpWhileNobodyHasProvenTheAddress) {
  const SignUp first = make_sign_up();
  const SignUp second = make_sign_up("$argon2id$second");
  ASSERT_EQ(run(store().sign_up(first, now)), SignUpOutcome::created);
  const auto reset = give_token(first.user, TokenPurpose::reset_password);
  EXPECT_EQ(run(store().sign_up(second, now)), SignUpOutcome::replaced);
  EXPECT_EQ(ids_of(take_mails()), (std::vector{first.verification.id, second.verification.id}));
  EXPECT_EQ(get_user(first.user.id).password_hash, "$argon2id$second");
  EXPECT_FALSE(token_works(TokenPurpose::verify_email, first.token.hash));
  EXPECT_FALSE(token_works(TokenPurpose::reset_password, reset));
  EXPECT_EQ(run(store().verify_email(second.token.hash, now))->id, first.user.id);
}

TEST_P(AccountMails, GoOutOnceForEachOfManySignUpsAtTheSameTime) {
  std::vector<Awaitable<SignUpOutcome>> sign_ups;
  for (int i = 0; i < 20; ++i) sign_ups.push_back(store().sign_up(make_sign_up(), now));
  int created = 0;
  for (const auto outcome : run_in_parallel(std::move(sign_ups))) created += outcome == SignUpOutcome::created ? 1 : 0;
  EXPECT_EQ(created, 1);
  EXPECT_EQ(take_mails().size(), 20U);
}

TEST_P(AccountMails, BringATokenToThoseWhoHaveAUseForIt) {
  const User user = create_user();
  for (const auto purpose : {TokenPurpose::verify_email, TokenPurpose::reset_password}) {
    const auto mail = make_mail(MailKind::password_reset);
    OneTimeToken token = make_token(user, purpose);
    token.user_id = UserId{};
    EXPECT_TRUE(run(store().replace_token(token, mail, now)));
    EXPECT_TRUE(token_works(purpose, token.hash));
    EXPECT_EQ(ids_of(take_mails()), std::vector{mail.id});
  }
}

TEST_P(AccountMails, DoNotGoOutWhereATokenHasNoUse) {
  User verified = make_user("bob@example.org");
  verified.email_verified = true;
  ASSERT_TRUE(run(store().create_user(verified, std::nullopt, std::nullopt)).has_value());
  const User disabled = create_user();
  ASSERT_TRUE(run(store().set_disabled(disabled.id, true, now)).has_value());
  const User nobody = make_user("nobody@example.org");
  const std::vector<std::pair<User, TokenPurpose>> cases = {{verified, TokenPurpose::verify_email},
                                                            {disabled, TokenPurpose::verify_email},
                                                            {disabled, TokenPurpose::reset_password},
                                                            {nobody, TokenPurpose::verify_email},
                                                            {nobody, TokenPurpose::reset_password}};
  for (const auto& [user, purpose] : cases) {
    const OneTimeToken token = make_token(user, purpose);
    EXPECT_FALSE(run(store().replace_token(token, make_mail(MailKind::verification), now))) << user.email;
    EXPECT_FALSE(token_works(purpose, token.hash)) << user.email;
  }
  EXPECT_TRUE(take_mails().empty());
}

TEST_P(AccountMails, GoOutWithAChangeOfThePasswordAndNotWithARefusedOne) {
  const User user = create_user();
  const auto reset = give_token(user, TokenPurpose::reset_password);
  const auto first = make_mail(MailKind::password_changed);
  const auto second = make_mail(MailKind::password_changed);
  const auto unsent = make_mail(MailKind::password_changed);
  ASSERT_TRUE(run(store().reset_password(reset, "$argon2id$second", first, now)).has_value());
  EXPECT_FALSE(run(store().reset_password(reset, "$argon2id$third", unsent, now)).has_value());
  const PasswordChange stale{user.id, "$argon2id$first", "$argon2id$third", std::nullopt};
  EXPECT_FALSE(run(store().change_password(stale, unsent, now)).has_value());
  const PasswordChange change{user.id, "$argon2id$second", "$argon2id$third", std::nullopt};
  ASSERT_TRUE(run(store().change_password(change, second, now)).has_value());
  EXPECT_EQ(ids_of(take_mails()), (std::vector{first.id, second.id}));
}

TEST_P(AccountMails, GoOutWithANewUserAndNotWithOneThatIsRefused) {
  const auto mail = make_mail(MailKind::verification);
  ASSERT_TRUE(run(store().create_user(make_user("ada@example.org"), std::nullopt, mail)).has_value());
  EXPECT_FALSE(run(store().create_user(make_user("ada@example.org"), std::nullopt, make_mail(MailKind::verification)))
                   .has_value());
  EXPECT_EQ(ids_of(take_mails()), std::vector{mail.id});
}

}  // namespace taskgate::conformance
