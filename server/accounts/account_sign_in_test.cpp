#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <future>
#include <thread>

#include "accounts/account_fixture.h"
#include "base/jwt.h"
#include "base/password_hash.h"

namespace taskgate::accounts {
namespace {

using AccountSignIn = AccountFixture;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const ClientInfo attacker{"198.51.100.9", ""};

TEST_F(AccountSignIn, GivesTokensThatOtherServicesCanRead) {
  const User user = add_user();
  const auto tokens = log_in("ADA@example.com");
  ASSERT_TRUE(tokens);
  const auto claims = verify_jwt(tokens->access_token, defaults().jwt_secret, {"taskgate", "access"}, clock.now());
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->user_id, to_string(user.id));
  EXPECT_EQ(claims->email, email);
  EXPECT_EQ(claims->role, "user");
  EXPECT_EQ(claims->expires_at - claims->issued_at, 15 * 60);
  EXPECT_EQ(tokens->refresh_expires_in, hours{24 * 7});
  const auto principal = authenticate(tokens->access_token);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->user_id, user.id);
  EXPECT_EQ(principal->email, email);
  EXPECT_FALSE(principal->is_admin());
}

TEST_F(AccountSignIn, SaysTheSameForAnUnknownAddressAndAWrongPassword) {
  add_user();
  const auto unknown = log_in("nobody@example.com");
  const auto wrong = log_in(email, "wrong password");
  ASSERT_FALSE(unknown);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(unknown.error().code, ErrorCode::unauthenticated);
  EXPECT_EQ(unknown.error().reason, "invalid_credentials");
  EXPECT_EQ(unknown.error().reason, wrong.error().reason);
  EXPECT_EQ(unknown.error().message, wrong.error().message);
}

TEST_F(AccountSignIn, KeepsPlacesOfACrowdedHashPoolForThoseWhoHaveSignedInFromThere) {
  add_user();
  ASSERT_TRUE(log_in());
  WorkerPool crowded("hash", 1, 3, 1);
  AccountService busy(store, clock, ids, crowded, defaults());
  std::promise<void> started;
  std::promise<void> gate;
  auto opened = gate.get_future().share();
  ASSERT_TRUE(crowded.try_post([opened, &started] {
    started.set_value();
    opened.wait();
  }));
  started.get_future().wait();
  while (crowded.try_post([] {})) {
  }
  const std::size_t ordinary = crowded.waiting();
  EXPECT_EQ(reason(run(busy.log_in(email, password, attacker))), "overloaded");
  EXPECT_EQ(reason(run(busy.log_in("nobody@example.com", password, client))), "overloaded");
  auto owner = std::async(std::launch::async, [&] { return run(busy.log_in(email, password, client)); });
  while (crowded.waiting() <= ordinary && owner.wait_for(milliseconds{0}) != std::future_status::ready) {
    std::this_thread::yield();
  }
  gate.set_value();
  EXPECT_TRUE(owner.get());
}

TEST_F(AccountSignIn, RefusesAtTheSameMomentsWhateverKindOfHashThereIs) {
  auto options = defaults();
  options.refusal_pace = milliseconds{300};
  start(options);
  const User imported = add_user();
  // A hash of little work, as another program may have made it.
  const std::string fast = "$2b$04$abcdefghijklmnopqrstuuSQ3hHlYDKJ4O4Z3/ZHwHOrZEYRp.1lW";
  ASSERT_TRUE(is_bcrypt_hash(fast));
  const PasswordChange to_fast{imported.id, imported.password_hash, fast, std::nullopt};
  ASSERT_TRUE(run(store.change_password(to_fast, std::nullopt, clock.now())));
  const auto time_of = [this](const std::string& address) {
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(log_in_outcome(address, "wrong password"), "invalid_credentials");
    return std::chrono::steady_clock::now() - begun;
  };
  // A machine that is very busy may need a pace more; none may answer sooner.
  EXPECT_GE(time_of(email), milliseconds{300});
  EXPECT_GE(time_of("nobody@example.com"), milliseconds{300});
}

TEST_F(AccountSignIn, KnowsAPasswordInEitherSpellingOfItsAccents) {
  ASSERT_TRUE(run(service->create_user(email, "caf\xc3\xa9 sous la pluie", Role::user, true)));
  EXPECT_EQ(log_in_outcome(email, "cafe\xcc\x81 sous la pluie"), "ok");
  EXPECT_EQ(log_in_outcome(email, "cafe sous la pluie"), "invalid_credentials");
}

TEST_F(AccountSignIn, RefusesWhatCannotBeAPasswordOrAnAddress) {
  EXPECT_EQ(log_in_outcome("nobody", password), "validation_failed");
  EXPECT_EQ(log_in_outcome(email, ""), "validation_failed");
  EXPECT_EQ(log_in_outcome(email, std::string(2000, 'x')), "validation_failed");
}

TEST_F(AccountSignIn, TellsADisabledUserOnlyAfterTheCorrectPassword) {
  add_user();
  ASSERT_TRUE(run(service->set_disabled(email, true)));
  EXPECT_EQ(log_in_outcome(email, "wrong password"), "invalid_credentials");
  const auto refused = log_in();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::forbidden);
  EXPECT_EQ(refused.error().reason, "account_disabled");
}

TEST_F(AccountSignIn, ReplacesAnImportedBcryptHashAtTheFirstSignIn) {
  User imported;
  imported.id = ids.next_user_id(clock.now());
  imported.email = email;
  imported.password_hash = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
  imported.email_verified = true;
  ASSERT_TRUE(run(store.create_user(imported, std::nullopt, std::nullopt)));
  EXPECT_EQ(log_in_outcome(email, "correct horsf"), "invalid_credentials");
  EXPECT_EQ(log_in_outcome(email, "correct horse"), "ok");
  EXPECT_TRUE(run(store.find_user(imported.id))->password_hash.starts_with("$argon2id$"));
  EXPECT_EQ(log_in_outcome(email, "correct horse"), "ok");
}

TEST_F(AccountSignIn, SlowsDownGuessingTheSameForAnUnknownAddress) {
  add_user();
  for (const std::string& address : {email, std::string("nobody@example.com")}) {
    for (int i = 0; i < 11; ++i)
      EXPECT_EQ(log_in_outcome(address, "wrong password", attacker), "invalid_credentials") << i;
    const auto refused = log_in(address, password, attacker);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::too_many_requests);
    EXPECT_EQ(refused.error().retry_after, seconds{1});
    clock.advance(seconds{1});
    EXPECT_EQ(log_in_outcome(address, "wrong password", attacker), "invalid_credentials");
    EXPECT_EQ(log_in(address, password, attacker).error().retry_after, seconds{2});
  }
}

TEST_F(AccountSignIn, ForgetsFailuresAtASuccess) {
  add_user();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(log_in_outcome(email, "wrong password"), "invalid_credentials");
    EXPECT_EQ(log_in_outcome(email, password), "ok");
  }
}

TEST_F(AccountSignIn, LetsTheOwnerInFromAKnownNetworkWhileAnAttackerGuesses) {
  add_user();
  ASSERT_EQ(log_in_outcome(email, password, client), "ok");
  for (int i = 0; i < 11; ++i) EXPECT_EQ(log_in_outcome(email, "wrong password", attacker), "invalid_credentials");
  EXPECT_EQ(log_in_outcome(email, password, attacker), "too_many_requests");
  EXPECT_EQ(log_in_outcome(email, password, client), "ok");
}

TEST_F(AccountSignIn, NeverLocksOutCorrectSignInsAtOnce) {
  add_user();
  boost::asio::io_context loop;
  int succeeded = 0;
  for (int i = 0; i < 20; ++i) {
    boost::asio::co_spawn(loop, service->log_in(email, password, client),
                          [&succeeded](std::exception_ptr failure, Result<Tokens> tokens) {
                            if (!failure && tokens) ++succeeded;
                          });
  }
  loop.run();
  EXPECT_EQ(succeeded, 20);
}

// The password changes between the check of the old one and the new session.
class ChangingStore final : public MemoryAccountStore {
 public:
  Awaitable<void> create_session(Session session) override {
    auto user = co_await find_user(session.user_id);
    const std::optional<SessionId> keep;
    PasswordChange change{user->id, user->password_hash, "$argon2id$another", keep};
    (void)co_await change_password(std::move(change), std::nullopt, session.created_at);
    created = session.id;
    co_await MemoryAccountStore::create_session(std::move(session));
  }
  SessionId created;
};

TEST(AccountSignInRace, ASessionMadeWithAPasswordThatHasJustChangedDoesNotLive) {
  ChangingStore store;
  ManualClock clock;
  IdGenerator ids;
  WorkerPool pool("hash", 1, 8);
  AccountOptions options;
  options.jwt_secret = "a-secret-of-at-least-thirty-two-bytes";
  AccountService service(store, clock, ids, pool, options);
  ASSERT_TRUE(run_to_completion(service.create_user("ada@example.com", "correct horse battery", Role::user, true)));
  const auto tokens = run_to_completion(service.log_in("ada@example.com", "correct horse battery", {"192.0.2.1", ""}));
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().reason, "invalid_credentials");
  EXPECT_FALSE(run_to_completion(store.session_authority(store.created, clock.now()))->live);
}

TEST_F(AccountSignIn, KeepsALongUserAgentWithinItsLimitAndInOnePiece) {
  const User user = add_user();
  std::string agent = "a";
  for (int i = 0; i < 200; ++i) agent += "\xc3\xa9";
  ASSERT_TRUE(log_in(email, password, {"192.0.2.1", agent}));
  const auto sessions = run(store.list_sessions(user.id, clock.now()));
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(sessions[0].user_agent, agent.substr(0, 255));
}

}  // namespace
}  // namespace taskgate::accounts
