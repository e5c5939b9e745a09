#pragma once

#include "store/conformance/account_suite.h"
#include "store/conformance/parallel.h"

namespace taskgate::conformance {

class AccountUsers : public AccountSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AccountUsers);

TEST_P(AccountUsers, AreKeptAsGivenAndFoundByIdAndAddress) {
  User given = make_user("ada@example.org");
  given.role = Role::admin;
  given.email_verified = true;
  given.token_version = 4;
  ASSERT_TRUE(run(store().create_user(given, std::nullopt, std::nullopt)).has_value());
  reopen();
  for (const auto& found : {run(store().find_user(given.id)), run(store().find_user_by_email("ada@example.org"))}) {
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->id, given.id);
    EXPECT_EQ(found->email, "ada@example.org");
    EXPECT_EQ(found->password_hash, "$argon2id$first");
    EXPECT_EQ(found->role, Role::admin);
    EXPECT_TRUE(found->email_verified);
    EXPECT_FALSE(found->disabled);
    EXPECT_EQ(found->token_version, 4);
    EXPECT_EQ(found->created_at, now);
  }
  EXPECT_FALSE(run(store().find_user(UserId{})).has_value());
  EXPECT_FALSE(run(store().find_user_by_email("nobody@example.org")).has_value());
}

TEST_P(AccountUsers, AreFoundManyAtOnce) {
  const User ada = create_user("ada@example.org");
  const User bob = create_user("bob@example.org");
  const auto found = run(store().find_users({bob.id, UserId{}, ada.id}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].email, "bob@example.org");
  EXPECT_EQ(found[1].email, "ada@example.org");
  EXPECT_TRUE(run(store().find_users({})).empty());
}

TEST_P(AccountUsers, NeverShareAnAddress) {
  const User first = create_user("ada@example.org");
  const User second = make_user("ada@example.org");
  const OneTimeToken token = make_token(second, TokenPurpose::verify_email);
  const auto refused = run(store().create_user(second, token, std::nullopt));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(refused.error().reason, "email_taken");
  EXPECT_EQ(run(store().find_user_by_email("ada@example.org"))->id, first.id);
  EXPECT_FALSE(run(store().find_user(second.id)).has_value());
  EXPECT_FALSE(token_works(TokenPurpose::verify_email, token.hash));
}

TEST_P(AccountUsers, SigningUpAtTheSameTimeGetOneAccount) {
  std::vector<Awaitable<Result<User>>> sign_ups;
  for (int i = 0; i < 20; ++i)
    sign_ups.push_back(store().create_user(make_user("ada@example.org"), std::nullopt, std::nullopt));
  int created = 0;
  for (const auto& each : run_in_parallel(std::move(sign_ups))) created += each.has_value() ? 1 : 0;
  EXPECT_EQ(created, 1);
}

TEST_P(AccountUsers, AreListedByIdInPages) {
  std::vector<UserId> created;
  for (int i = 0; i < 7; ++i) created.push_back(create_user("user" + std::to_string(i) + "@example.org").id);
  std::vector<UserId> listed;
  std::optional<std::string> cursor;
  int pages = 0;
  do {
    const UserPage page = run(store().list_users("", 3, cursor));
    for (const User& user : page.users) listed.push_back(user.id);
    cursor = page.next_cursor;
    ++pages;
  } while (cursor);
  EXPECT_EQ(listed, created);
  EXPECT_EQ(pages, 3);
}

TEST_P(AccountUsers, AreFoundByAPartOfTheAddressTakenLiterally) {
  create_user("ada_l@example.org");
  create_user("adam@example.org");
  create_user("100%@example.org");
  const auto addresses = [this](std::string text) {
    std::vector<std::string> found;
    for (const User& user : run(store().list_users(std::move(text), 10, std::nullopt)).users)
      found.push_back(user.email);
    return found;
  };
  EXPECT_THAT(addresses("ADA"), ::testing::ElementsAre("ada_l@example.org", "adam@example.org"));
  EXPECT_THAT(addresses("a_l"), ::testing::ElementsAre("ada_l@example.org"));
  EXPECT_THAT(addresses("a_m"), ::testing::IsEmpty());
  EXPECT_THAT(addresses("0%@"), ::testing::ElementsAre("100%@example.org"));
}

TEST_P(AccountUsers, GetAnotherRole) {
  const User user = create_user();
  const Session session = create_session(user);
  now += 1s;
  ASSERT_EQ(run(store().set_role(user.id, Role::admin, now)).value().role, Role::admin);
  EXPECT_EQ(get_user(user.id).role, Role::admin);
  EXPECT_EQ(get_user(user.id).updated_at, now);
  EXPECT_EQ(run(store().session_authority(session.id, now))->role, Role::admin);
  EXPECT_TRUE(is_live(session));
  EXPECT_EQ(run(store().set_role(UserId{}, Role::admin, now)).error().code, ErrorCode::not_found);
}

TEST_P(AccountUsers, AreShutOutWhenDisabled) {
  const User user = create_user();
  const Session session = create_session(user);
  const auto disabled = run(store().set_disabled(user.id, true, now));
  ASSERT_TRUE(disabled.has_value());
  EXPECT_TRUE(disabled->disabled);
  EXPECT_EQ(disabled->token_version, user.token_version + 1);
  EXPECT_FALSE(is_live(session));
  EXPECT_TRUE(run(store().session_authority(session.id, now))->disabled);
  EXPECT_EQ(rotate(session, 0).error().reason, "invalid_token");
  const auto enabled = run(store().set_disabled(user.id, false, now));
  EXPECT_FALSE(enabled.value().disabled);
  EXPECT_EQ(enabled.value().token_version, user.token_version + 1);
  EXPECT_FALSE(is_live(session));
  EXPECT_EQ(run(store().set_disabled(UserId{}, true, now)).error().code, ErrorCode::not_found);
}

class AccountPasswords : public AccountSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AccountPasswords);

TEST_P(AccountPasswords, ChangeAndEndTheOtherSessions) {
  const User user = create_user();
  const Session here = create_session(user);
  const Session elsewhere = create_session(user);
  const Session of_another = create_session(create_user("bob@example.org"));
  const auto reset = give_token(user, TokenPurpose::reset_password);
  const auto changed =
      run(store().change_password({user.id, "$argon2id$first", "$argon2id$second", here.id}, std::nullopt, now));
  ASSERT_TRUE(changed.has_value());
  EXPECT_EQ(get_user(user.id).password_hash, "$argon2id$second");
  EXPECT_TRUE(is_live(here));
  EXPECT_FALSE(is_live(elsewhere));
  EXPECT_TRUE(is_live(of_another));
  EXPECT_FALSE(token_works(TokenPurpose::reset_password, reset));
}

TEST_P(AccountPasswords, AreNotChangedOverAnotherChange) {
  const User user = create_user();
  const Session session = create_session(user);
  const auto refused =
      run(store().change_password({user.id, "$argon2id$other", "$argon2id$second", std::nullopt}, std::nullopt, now));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(refused.error().reason, "password_changed");
  EXPECT_EQ(get_user(user.id).password_hash, "$argon2id$first");
  EXPECT_TRUE(is_live(session));
  const auto nobody = run(store().change_password({UserId{}, "a", "b", std::nullopt}, std::nullopt, now));
  EXPECT_EQ(nobody.error().code, ErrorCode::not_found);
}

TEST_P(AccountPasswords, GetAStrongerHashOnlyInPlaceOfTheKnownOne) {
  const User user = create_user();
  const Session session = create_session(user);
  run(store().upgrade_password_hash(user.id, "$argon2id$other", "$argon2id$strong"));
  EXPECT_EQ(get_user(user.id).password_hash, "$argon2id$first");
  run(store().upgrade_password_hash(user.id, "$argon2id$first", "$argon2id$strong"));
  EXPECT_EQ(get_user(user.id).password_hash, "$argon2id$strong");
  EXPECT_TRUE(is_live(session));
}

TEST_P(AccountPasswords, AreResetWithATokenThatEndsEverythingElse) {
  const User user = create_user();
  const Session session = create_session(user);
  const auto verify = give_token(user, TokenPurpose::verify_email);
  const auto reset = give_token(user, TokenPurpose::reset_password);
  const auto done = run(store().reset_password(reset, "$argon2id$new", std::nullopt, now));
  ASSERT_TRUE(done.has_value());
  const User kept = get_user(user.id);
  for (const User& each : {*done, kept}) {
    EXPECT_EQ(each.password_hash, "$argon2id$new");
    EXPECT_TRUE(each.email_verified);
    EXPECT_EQ(each.token_version, user.token_version + 1);
  }
  EXPECT_FALSE(is_live(session));
  EXPECT_FALSE(token_works(TokenPurpose::verify_email, verify));
  const auto again = run(store().reset_password(reset, "$argon2id$newer", std::nullopt, now));
  EXPECT_EQ(again.error().code, ErrorCode::bad_request);
  EXPECT_EQ(again.error().reason, "invalid_token");
  EXPECT_EQ(get_user(user.id).password_hash, "$argon2id$new");
}

TEST_P(AccountUsers, AreRemovedWhenTheyNeverVerifyTheirAddress) {
  const User stranger = create_user("stranger@example.org");
  give_token(stranger, TokenPurpose::verify_email);
  User verified = make_user("verified@example.org");
  verified.email_verified = true;
  User admin = make_user("admin@example.org");
  admin.role = Role::admin;
  User banned = make_user("banned@example.org");
  banned.disabled = true;
  for (const User& user : {verified, admin, banned}) run(store().create_user(user, std::nullopt, std::nullopt)).value();

  EXPECT_EQ(run(store().prune_unverified(now, 100)), 0u) << "it was created just now";
  EXPECT_EQ(run(store().prune_unverified(now + 30min, 100)), 0u) << "its link ended just now";
  EXPECT_EQ(run(store().prune_unverified(now + 30min + 1ms, 0)), 0u);
  EXPECT_EQ(run(store().prune_unverified(now + 30min + 1ms, 100)), 1u);
  EXPECT_FALSE(run(store().find_user(stranger.id)).has_value());
  for (const User& user : {verified, admin, banned}) EXPECT_TRUE(run(store().find_user(user.id)).has_value());
  EXPECT_EQ(create_user("stranger@example.org").email, "stranger@example.org") << "the address is free again";
}

}  // namespace taskgate::conformance
