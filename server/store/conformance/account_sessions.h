#pragma once

#include "store/conformance/account_suite.h"
#include "store/conformance/parallel.h"

namespace taskgate::conformance {

class AccountSessions : public AccountSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AccountSessions);

TEST_P(AccountSessions, CarryTheAuthorityOfTheirUser) {
  const User user = create_user();
  const Session session = create_session(user);
  reopen();
  const auto authority = run(store().session_authority(session.id, now));
  ASSERT_TRUE(authority.has_value());
  EXPECT_EQ(authority->user_id, user.id);
  EXPECT_EQ(authority->email, user.email);
  EXPECT_EQ(authority->role, Role::user);
  EXPECT_FALSE(authority->disabled);
  EXPECT_EQ(authority->token_version, user.token_version);
  EXPECT_TRUE(authority->live);
  EXPECT_FALSE(run(store().session_authority(SessionId{}, now)).has_value());
}

TEST_P(AccountSessions, EndWhenTheyAreNotUsedOrTooOld) {
  const User user = create_user();
  const Session unused = create_session(user);
  Session used = create_session(user);
  now += idle - 1ms;
  EXPECT_TRUE(is_live(unused));
  EXPECT_EQ(rotate(used, 0)->session.idle_expires_at, now + idle);
  now += 1ms;
  EXPECT_FALSE(is_live(unused));
  EXPECT_EQ(rotate(unused, 0).error().reason, "invalid_token");
  EXPECT_TRUE(is_live(used));
  std::int64_t counter = 1;
  while (now + idle < used.absolute_expires_at) {
    now += idle - 1h;
    ASSERT_TRUE(rotate(used, counter++).has_value());
  }
  EXPECT_EQ(rotate(used, counter)->session.idle_expires_at, used.absolute_expires_at);
  now = used.absolute_expires_at;
  EXPECT_FALSE(is_live(used));
}

TEST_P(AccountSessions, RotateTheirCounter) {
  const User user = create_user();
  const Session session = create_session(user);
  now += 10min;
  const auto rotated = rotate(session, 0);
  ASSERT_TRUE(rotated.has_value());
  EXPECT_EQ(rotated->session.id, session.id);
  EXPECT_EQ(rotated->session.counter, 1);
  EXPECT_EQ(rotated->session.rotated_at, now);
  EXPECT_EQ(rotated->session.last_used_at, now);
  EXPECT_EQ(rotated->session.idle_expires_at, now + idle);
  EXPECT_EQ(rotated->session.absolute_expires_at, session.absolute_expires_at);
  EXPECT_EQ(rotated->user.email, user.email);
  EXPECT_FALSE(rotated->within_grace);
  reopen();
  EXPECT_EQ(rotate(session, 1)->session.counter, 2);
}

TEST_P(AccountSessions, KeepTheirCounterWhereRotationIsOff) {
  const Session session = create_session(create_user());
  for (int i = 0; i < 3; ++i) {
    now += 1h;
    const auto used = rotate(session, 0, false);
    ASSERT_TRUE(used.has_value());
    EXPECT_EQ(used->session.counter, 0);
    EXPECT_EQ(used->session.idle_expires_at, now + idle);
  }
}

TEST_P(AccountSessions, ForgiveThePreviousTokenWithinTheGrace) {
  const Session session = create_session(create_user());
  rotate(session, 0);
  const Time rotated_at = now;
  now += grace;
  const auto again = rotate(session, 0);
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->within_grace);
  EXPECT_EQ(again->session.counter, 1);
  EXPECT_EQ(again->session.rotated_at, rotated_at);
  EXPECT_EQ(again->session.idle_expires_at, rotated_at + idle);
  EXPECT_EQ(rotate(session, 1)->session.counter, 2);
}

TEST_P(AccountSessions, EndWhenATokenIsReusedAfterTheGrace) {
  const Session session = create_session(create_user());
  rotate(session, 0);
  now += grace + 1ms;
  const auto reused = rotate(session, 0);
  ASSERT_FALSE(reused.has_value());
  EXPECT_EQ(reused.error().code, ErrorCode::unauthenticated);
  EXPECT_EQ(reused.error().reason, "token_reused");
  EXPECT_FALSE(is_live(session));
  EXPECT_EQ(rotate(session, 1).error().reason, "invalid_token");
}

TEST_P(AccountSessions, EndWhenAnOlderTokenComesAtAll) {
  const Session session = create_session(create_user());
  rotate(session, 0);
  rotate(session, 1);
  EXPECT_EQ(rotate(session, 0).error().reason, "token_reused");
  EXPECT_FALSE(is_live(session));
}

TEST_P(AccountSessions, RefuseATokenThatWasNeverIssued) {
  const Session session = create_session(create_user());
  EXPECT_EQ(rotate(session, 1).error().reason, "invalid_token");
  EXPECT_TRUE(is_live(session));
  Session unknown = session;
  unknown.id = SessionId{};
  EXPECT_EQ(rotate(unknown, 0).error().reason, "invalid_token");
}

TEST_P(AccountSessions, RotateOnceForManyAtTheSameTime) {
  const Session session = create_session(create_user());
  std::vector<Awaitable<Result<Rotation>>> rotations;
  for (int i = 0; i < 20; ++i) rotations.push_back(rotation(session, 0));
  int rotated = 0;
  for (const auto& each : run_in_parallel(std::move(rotations))) {
    ASSERT_TRUE(each.has_value());
    EXPECT_EQ(each->session.counter, 1);
    rotated += each->within_grace ? 0 : 1;
  }
  EXPECT_EQ(rotated, 1);
}

TEST_P(AccountSessions, AreRevokedOneByOne) {
  const User user = create_user();
  const Session one = create_session(user);
  const Session other = create_session(user);
  EXPECT_TRUE(run(store().revoke_session(one.id, now)));
  EXPECT_FALSE(run(store().revoke_session(one.id, now)));
  EXPECT_FALSE(run(store().revoke_session(SessionId{}, now)));
  reopen();
  EXPECT_FALSE(is_live(one));
  EXPECT_TRUE(is_live(other));
}

TEST_P(AccountSessions, AreRevokedAltogether) {
  const User user = create_user();
  const Session one = create_session(user);
  const Session two = create_session(user);
  const Session kept = create_session(user);
  const Session of_another = create_session(create_user("bob@example.org"));
  EXPECT_THAT(run(store().revoke_sessions(user.id, kept.id, false, now)),
              ::testing::UnorderedElementsAre(one.id, two.id));
  EXPECT_EQ(get_user(user.id).token_version, user.token_version);
  EXPECT_TRUE(is_live(kept));
  EXPECT_THAT(run(store().revoke_sessions(user.id, std::nullopt, true, now)), ::testing::ElementsAre(kept.id));
  EXPECT_EQ(get_user(user.id).token_version, user.token_version + 1);
  EXPECT_TRUE(is_live(of_another));
}

TEST_P(AccountSessions, AreListedWhileTheyLiveTheLatestUsedFirst) {
  const User user = create_user();
  const Session first = create_session(user);
  now += 1s;
  const Session second = create_session(user);
  now += 1s;
  const Session revoked = create_session(user);
  run(store().revoke_session(revoked.id, now));
  now += 1s;
  rotate(first, 0);
  const auto sessions = run(store().list_sessions(user.id, now));
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions[0].id, first.id);
  EXPECT_EQ(sessions[1].id, second.id);
  EXPECT_EQ(sessions[0].user_agent, "Mozilla/5.0");
  EXPECT_EQ(sessions[0].address, "192.0.2.7");
  EXPECT_EQ(sessions[0].created_at, first.created_at);
  EXPECT_TRUE(run(store().list_sessions(user.id, now + idle)).empty());
}

TEST_P(AccountSessions, AndTokensAreForgottenOnceTheyHaveEnded) {
  const User user = create_user();
  const Session revoked = create_session(user);
  const Session live = create_session(user);
  const auto verify = give_token(user, TokenPurpose::verify_email);
  run(store().revoke_session(revoked.id, now));
  EXPECT_EQ(run(store().prune(now, 100)), 0u);
  now += 20min;
  EXPECT_EQ(run(store().prune(now, 100)), 1u);
  EXPECT_FALSE(run(store().session_authority(revoked.id, now)).has_value());
  EXPECT_TRUE(is_live(live));
  EXPECT_TRUE(token_works(TokenPurpose::verify_email, verify));
  now += idle + 1ms;
  EXPECT_EQ(run(store().prune(now, 1)), 1u);
  EXPECT_EQ(run(store().prune(now, 1)), 1u);
  EXPECT_EQ(run(store().prune(now, 1)), 0u);
  EXPECT_TRUE(run(store().find_user(user.id)).has_value());
}

}  // namespace taskgate::conformance
