#pragma once

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/conformance/engine.h"

namespace taskgate::conformance {

using namespace std::chrono_literals;
using namespace taskgate::accounts;

// What the tests of accounts::AccountStore share: an engine, a standing clock and short ways to say things.
class AccountSuite : public ::testing::TestWithParam<AccountEngineMaker> {
 protected:
  AccountStore& store() { return engine_->store(); }
  void reopen() { engine_->reopen(); }
  std::vector<OutgoingMail> take_mails() { return engine_->take_mails(); }
  template <class T>
  static T run(Awaitable<T> task) {
    return run_to_completion(std::move(task));
  }

  User make_user(std::string email) {
    User user;
    user.id = ids_.next_user_id(now);
    user.email = std::move(email);
    user.password_hash = "$argon2id$first";
    user.created_at = now;
    user.updated_at = now;
    return user;
  }
  User create_user(std::string email = "ada@example.org") {
    return run(store().create_user(make_user(std::move(email)), std::nullopt, std::nullopt)).value();
  }
  User get_user(const UserId& id) { return run(store().find_user(id)).value(); }

  OneTimeToken make_token(const User& user, TokenPurpose purpose) {
    OneTimeToken token;
    token.user_id = user.id;
    token.purpose = purpose;
    token.hash.fill(0x5a);
    token.hash[0] = ++tokens_made_;
    token.email = user.email;
    token.expires_at = now + 30min;
    return token;
  }
  // Gives the user a token and its hash back.
  Sha256Digest give_token(const User& user, TokenPurpose purpose) {
    const OneTimeToken token = make_token(user, purpose);
    run(store().replace_token(token, std::nullopt, now));
    return token.hash;
  }
  OutgoingMail make_mail(MailKind kind, std::string to = "ada@example.org") {
    OutgoingMail mail;
    mail.id = ids_.next_job_id(now);
    mail.kind = kind;
    mail.to = std::move(to);
    mail.sealed = "sealed-" + to_string(mail.id);
    mail.useful_until = now + 30min;
    return mail;
  }
  bool token_works(TokenPurpose purpose, const Sha256Digest& hash) {
    return run(store().find_user_by_token(purpose, hash, now)).has_value();
  }

  Session create_session(const User& user) {
    Session session;
    session.id = ids_.next_session_id();
    session.user_id = user.id;
    session.rotated_at = now;
    session.created_at = now;
    session.last_used_at = now;
    session.idle_expires_at = now + idle;
    session.absolute_expires_at = now + absolute;
    session.user_agent = "Mozilla/5.0";
    session.address = "192.0.2.7";
    run(store().create_session(session));
    return session;
  }
  bool is_live(const Session& session) {
    const auto authority = run(store().session_authority(session.id, now));
    return authority && authority->live;
  }
  Awaitable<Result<Rotation>> rotation(const Session& session, std::int64_t counter, bool rotate = true) {
    return store().rotate_session(session.id, counter, idle, grace, rotate, now);
  }
  Result<Rotation> rotate(const Session& session, std::int64_t counter, bool raise = true) {
    return run(rotation(session, counter, raise));
  }

  static constexpr std::chrono::milliseconds idle = 7 * 24h;
  static constexpr std::chrono::milliseconds absolute = 30 * 24h;
  static constexpr std::chrono::milliseconds grace = 30s;

  Time now{1'767'225'600'000ms};

 private:
  std::unique_ptr<AccountEngine> engine_ = GetParam().make();
  IdGenerator ids_;
  std::uint8_t tokens_made_ = 0;
};

}  // namespace taskgate::conformance
