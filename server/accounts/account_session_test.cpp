#include "accounts/account_fixture.h"

namespace taskgate::accounts {
namespace {

using AccountSession = AccountFixture;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_F(AccountSession, RotatesTheRefreshTokenAtEveryUse) {
  add_user();
  const auto first = log_in();
  const auto second = run(service->refresh(first->refresh_token));
  ASSERT_TRUE(second);
  EXPECT_NE(second->refresh_token, first->refresh_token);
  EXPECT_TRUE(authenticate(second->access_token));
  const auto third = run(service->refresh(second->refresh_token));
  ASSERT_TRUE(third);
  EXPECT_TRUE(authenticate(third->access_token));
}

TEST_F(AccountSession, AnswersTheFormerTokenWithTheCurrentOneDuringTheGrace) {
  add_user();
  const auto first = log_in();
  const auto second = run(service->refresh(first->refresh_token));
  clock.advance(seconds{30});
  const auto again = run(service->refresh(first->refresh_token));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->refresh_token, second->refresh_token);
  EXPECT_TRUE(run(service->refresh(second->refresh_token)));
  EXPECT_TRUE(ended.empty());
}

TEST_F(AccountSession, EndsWhenATokenIsUsedAgainAfterTheGrace) {
  add_user();
  const auto first = log_in();
  const auto second = run(service->refresh(first->refresh_token));
  EXPECT_TRUE(authenticate(second->access_token));
  clock.advance(seconds{30} + milliseconds{1});
  const auto reused = run(service->refresh(first->refresh_token));
  ASSERT_FALSE(reused);
  EXPECT_EQ(reused.error().code, ErrorCode::unauthenticated);
  EXPECT_EQ(reused.error().reason, "token_reused");
  EXPECT_EQ(ended.size(), 1U);
  EXPECT_EQ(reason(authenticate(second->access_token)), "invalid_token");
  EXPECT_EQ(reason(run(service->refresh(second->refresh_token))), "invalid_token");
}

TEST_F(AccountSession, EndsWhenATokenTwoRotationsOldComesBackEvenDuringTheGrace) {
  add_user();
  const auto first = log_in();
  const auto second = run(service->refresh(first->refresh_token));
  ASSERT_TRUE(run(service->refresh(second->refresh_token)));
  EXPECT_EQ(reason(run(service->refresh(first->refresh_token))), "token_reused");
}

TEST_F(AccountSession, KeepsOneTokenForItsLifeWithoutRotation) {
  AccountOptions options = defaults();
  options.refresh_rotation = false;
  start(options);
  add_user();
  const auto tokens = log_in();
  for (int day = 0; day < 29; ++day) {
    clock.advance(hours{24});
    const auto next = run(service->refresh(tokens->refresh_token));
    ASSERT_TRUE(next) << day;
    EXPECT_EQ(next->refresh_token, tokens->refresh_token);
  }
  clock.advance(hours{24});
  EXPECT_EQ(reason(run(service->refresh(tokens->refresh_token))), "invalid_token");
}

TEST_F(AccountSession, EndsAfterSevenIdleDaysAndAfterThirtyDaysAnyway) {
  add_user();
  const auto idle = log_in();
  auto used = log_in();
  for (int day = 0; day < 29; day += 6) {
    ASSERT_TRUE(used);
    used = run(service->refresh(used->refresh_token));
    clock.advance(hours{24 * 6});
  }
  EXPECT_EQ(reason(run(service->refresh(idle->refresh_token))), "invalid_token");
  EXPECT_EQ(reason(run(service->refresh(used->refresh_token))), "invalid_token");
}

TEST_F(AccountSession, AcceptsEachKindOfTokenOnlyInItsPlace) {
  add_user();
  const auto tokens = log_in();
  EXPECT_EQ(reason(run(service->refresh(tokens->access_token))), "invalid_token");
  EXPECT_EQ(reason(authenticate(tokens->refresh_token)), "invalid_token");
  EXPECT_EQ(reason(run(service->verify_email(tokens->refresh_token, client))), "invalid_token");
  ASSERT_TRUE(run(service->forgot_password(email, client)));
  EXPECT_EQ(reason(run(service->verify_email(mail.last().token, client))), "invalid_token");
  EXPECT_EQ(reason(authenticate(mail.last().token)), "invalid_token");
  EXPECT_EQ(reason(run(service->refresh(mail.last().token))), "invalid_token");
}

TEST_F(AccountSession, TokensOfAnotherServerMeanNothing) {
  add_user();
  const auto tokens = log_in();
  AccountOptions other = defaults();
  other.jwt_secret = "another-secret-of-at-least-thirty-two";
  start(other);
  EXPECT_EQ(reason(authenticate(tokens->access_token)), "invalid_token");
  EXPECT_EQ(reason(run(service->refresh(tokens->refresh_token))), "invalid_token");
}

TEST_F(AccountSession, AccessTokensExpire) {
  add_user();
  const auto tokens = log_in();
  clock.advance(minutes{15} - seconds{1});
  EXPECT_TRUE(authenticate(tokens->access_token));
  clock.advance(seconds{1});
  EXPECT_EQ(reason(authenticate(tokens->access_token)), "token_expired");
}

TEST_F(AccountSession, LogOutKillsTheAccessTokenAtOnce) {
  add_user();
  const auto tokens = log_in();
  const auto principal = authenticate(tokens->access_token);
  ASSERT_TRUE(principal);
  ASSERT_TRUE(run(service->log_out(*principal, tokens->refresh_token)));
  EXPECT_EQ(reason(authenticate(tokens->access_token)), "invalid_token");
  EXPECT_EQ(reason(run(service->refresh(tokens->refresh_token))), "invalid_token");
  EXPECT_EQ(reason(run(service->log_out(*principal, tokens->refresh_token))), "invalid_token");
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0], principal->session_id);
}

TEST_F(AccountSession, NobodyLogsAnotherUserOut) {
  add_user();
  add_user("eve@example.com");
  const auto ada = log_in();
  const auto eve = log_in("eve@example.com");
  const auto principal = authenticate(eve->access_token);
  EXPECT_EQ(reason(run(service->log_out(*principal, ada->refresh_token))), "invalid_token");
  EXPECT_EQ(reason(run(service->log_out(*principal, "garbage"))), "invalid_token");
  EXPECT_TRUE(authenticate(ada->access_token));
  const auto ada_session = authenticate(ada->access_token)->session_id;
  EXPECT_EQ(reason(run(service->end_session(*principal, ada_session))), "not_found");
  EXPECT_TRUE(authenticate(ada->access_token));
}

TEST_F(AccountSession, LogOutEverywhereEndsAllOfThem) {
  add_user();
  add_user("eve@example.com");
  const auto eve = log_in("eve@example.com");
  const auto first = log_in();
  const auto second = log_in();
  const auto principal = authenticate(first->access_token);
  ASSERT_TRUE(authenticate(second->access_token));
  ASSERT_TRUE(run(service->log_out_everywhere(*principal)));
  EXPECT_EQ(ended.size(), 2U);
  for (const auto& tokens : {first, second}) {
    EXPECT_EQ(reason(authenticate(tokens->access_token)), "invalid_token");
    EXPECT_EQ(reason(run(service->refresh(tokens->refresh_token))), "invalid_token");
  }
  EXPECT_TRUE(authenticate(eve->access_token));
}

TEST_F(AccountSession, ListsAndEndsTheCallersOwnSessions) {
  add_user();
  const auto first = log_in();
  clock.advance(seconds{1});
  const auto second = log_in();
  const auto principal = authenticate(first->access_token);
  const auto other = authenticate(second->access_token);
  const auto sessions = run(service->list_sessions(*principal));
  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(sessions[0].id, other->session_id);
  ASSERT_TRUE(run(service->end_session(*principal, other->session_id)));
  EXPECT_EQ(reason(run(service->end_session(*principal, other->session_id))), "not_found");
  EXPECT_EQ(reason(authenticate(second->access_token)), "invalid_token");
  EXPECT_TRUE(authenticate(first->access_token));
}

TEST_F(AccountSession, AsksTheStoreOnlyWhenTheCacheIsOld) {
  add_user();
  const auto tokens = log_in();
  ASSERT_TRUE(authenticate(tokens->access_token));
  const int reads = store.authority_reads();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(authenticate(tokens->access_token));
  EXPECT_EQ(store.authority_reads(), reads);
  clock.advance(seconds{2});
  ASSERT_TRUE(authenticate(tokens->access_token));
  EXPECT_EQ(store.authority_reads(), reads + 1);
}

TEST_F(AccountSession, ARoleSetByHandCountsWithinTwoSecondsAndOneSetHereAtOnce) {
  const User user = add_user();
  const auto tokens = log_in();
  EXPECT_FALSE(authenticate(tokens->access_token)->is_admin());
  ASSERT_TRUE(run(store.set_role(user.id, Role::admin, clock.now())));
  clock.advance(seconds{2});
  EXPECT_TRUE(authenticate(tokens->access_token)->is_admin());
  ASSERT_TRUE(run(service->set_role(email, Role::user)));
  EXPECT_FALSE(authenticate(tokens->access_token)->is_admin());
  EXPECT_EQ(changed, std::vector<UserId>{user.id});
}

TEST_F(AccountSession, DisablingEndsEverySessionAtOnce) {
  add_user();
  const auto tokens = log_in();
  ASSERT_TRUE(authenticate(tokens->access_token));
  ASSERT_TRUE(run(service->set_disabled(email, true)));
  EXPECT_EQ(reason(authenticate(tokens->access_token)), "invalid_token");
  EXPECT_EQ(reason(run(service->refresh(tokens->refresh_token))), "invalid_token");
  EXPECT_EQ(ended.size(), 1U);
  ASSERT_TRUE(run(service->set_disabled(email, false)));
  EXPECT_EQ(reason(authenticate(tokens->access_token)), "invalid_token");
  EXPECT_TRUE(log_in());
}

TEST_F(AccountSession, FindsTheCallersAccount) {
  const User user = add_user();
  EXPECT_EQ(run(service->find_user(user.id))->email, email);
  EXPECT_EQ(reason(run(service->find_user(UserId{}))), "not_found");
}

}  // namespace
}  // namespace taskgate::accounts
