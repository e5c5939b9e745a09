#include "accounts/account_fixture.h"

namespace taskgate::accounts {
namespace {

using AccountOperation = AccountFixture;

TEST_F(AccountOperation, CreatesAVerifiedAdmin) {
  const auto user = run(service->create_user("Root@Example.com", password, Role::admin, true));
  ASSERT_TRUE(user);
  EXPECT_EQ(user->email, "root@example.com");
  EXPECT_TRUE(authenticate(log_in("root@example.com")->access_token)->is_admin());
  EXPECT_TRUE(mail.all().empty());
}

TEST_F(AccountOperation, MailsALinkToAnUnverifiedUser) {
  ASSERT_TRUE(run(service->create_user(email, password, Role::user, false)));
  ASSERT_EQ(mail.last().kind, "verification");
  EXPECT_EQ(log_in_outcome(email, password), "email_not_verified");
  ASSERT_TRUE(run(service->verify_email(mail.last().token, client)));
  EXPECT_EQ(log_in_outcome(email, password), "ok");
}

TEST_F(AccountOperation, RefusesATakenAddressAndBadInput) {
  add_user();
  const auto taken = run(service->create_user("ADA@example.com", password, Role::user, true));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::conflict);
  EXPECT_EQ(taken.error().reason, "email_taken");
  EXPECT_EQ(reason(run(service->create_user("x", password, Role::user, true))), "validation_failed");
  EXPECT_EQ(reason(run(service->create_user("b@example.com", "12345678", Role::user, true))), "validation_failed");
}

TEST_F(AccountOperation, KnowsNoUserThatDoesNotExist) {
  EXPECT_EQ(reason(run(service->set_role("nobody@example.com", Role::admin))), "not_found");
  EXPECT_EQ(reason(run(service->set_disabled("not an address", true))), "not_found");
  EXPECT_TRUE(changed.empty());
}

TEST_F(AccountOperation, ListsUsersByPages) {
  for (const char* name : {"ann", "bob", "cid", "dan", "eve"}) add_user(std::string(name) + "@example.com");
  std::vector<std::string> seen;
  std::optional<std::string> cursor;
  int pages = 0;
  do {
    const auto page = run(service->list_users("", 2, cursor));
    for (const User& user : page.users) seen.push_back(user.email);
    cursor = page.next_cursor;
    ++pages;
  } while (cursor);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen, (std::vector<std::string>{"ann@example.com", "bob@example.com", "cid@example.com", "dan@example.com",
                                            "eve@example.com"}));
  EXPECT_EQ(run(service->list_users("BO", 100, std::nullopt)).users.size(), 1U);
  EXPECT_EQ(run(service->list_users("", 0, std::nullopt)).users.size(), 1U);
}

}  // namespace
}  // namespace taskgate::accounts
