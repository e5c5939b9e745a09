#include "store/sqlite/sqlite_account_store.h"

#include <variant>

#include "store/sqlite/account_commands.h"
#include "store/sqlite/api_key_rows.h"
#include "store/sqlite/session_rows.h"
#include "store/sqlite/user_rows.h"

// Each verb names its work first and awaits it then: a lambda inside a co_await expression is miscompiled by g++ 12.
namespace taskgate::sqlite {

using accounts::User;

namespace {

constexpr CommandTraits account_change{};
using Done = std::monostate;

}  // namespace

// What a change gives that may have stored a mail, told when it is on disk.
template <class Work>
Awaitable<std::invoke_result_t<Work&, WriteContext&>> SqliteAccountStore::change_with_mail(Work work, bool with_mail) {
  // The running server would not know of the job.
  if (with_mail && !writer_.has_queue()) throw StoreFailure("mails can be sent by the running server only");
  auto change = writer_.execute(std::move(work), account_change);
  auto value = co_await std::move(change);
  if (with_mail) mail_ready();
  co_return value;
}

Awaitable<Result<User>> SqliteAccountStore::create_user(User user, std::optional<accounts::OneTimeToken> token,
                                                        std::optional<accounts::OutgoingMail> mail) {
  auto work = [&user, &token, &mail](WriteContext& context) { return sqlite::create_user(context, user, token, mail); };
  auto change = change_with_mail(work, mail.has_value());
  co_return co_await std::move(change);
}

Awaitable<accounts::SignUpOutcome> SqliteAccountStore::sign_up(accounts::SignUp request, Time now) {
  auto work = [&request, now](WriteContext& context) { return sqlite::sign_up(context, request, now); };
  auto change = change_with_mail(work, true);
  co_return co_await std::move(change);
}

Awaitable<bool> SqliteAccountStore::replace_token(accounts::OneTimeToken token,
                                                  std::optional<accounts::OutgoingMail> mail, Time now) {
  auto work = [&token, &mail, now](WriteContext& context) { return sqlite::replace_token(context, token, mail, now); };
  auto change = change_with_mail(work, mail.has_value());
  co_return co_await std::move(change);
}

Awaitable<std::optional<User>> SqliteAccountStore::find_user(UserId id) {
  auto read = [&id](Database& database) { return sqlite::find_user(database, id); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<std::vector<User>> SqliteAccountStore::find_users(std::vector<UserId> ids) {
  auto read = [&ids](Database& database) {
    std::vector<User> found;
    found.reserve(ids.size());
    for (const UserId& id : ids) {
      if (auto user = sqlite::find_user(database, id)) found.push_back(std::move(*user));
    }
    return found;
  };
  auto question = slow_readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<std::optional<User>> SqliteAccountStore::find_user_by_email(std::string email) {
  auto read = [&email](Database& database) { return sqlite::find_user_by_email(database, email); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<accounts::UserPage> SqliteAccountStore::list_users(std::string text, std::size_t limit,
                                                             std::optional<std::string> cursor) {
  auto read = [&text, limit, &cursor](Database& database) { return sqlite::list_users(database, text, limit, cursor); };
  auto question = slow_readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<Result<User>> SqliteAccountStore::verify_email(Sha256Digest token_hash, Time now) {
  auto work = [&token_hash, now](WriteContext& context) {
    return sqlite::verify_email(context.database, token_hash, now);
  };
  auto change = writer_.execute(work, account_change);
  co_return co_await std::move(change);
}

Awaitable<std::optional<User>> SqliteAccountStore::find_user_by_token(accounts::TokenPurpose purpose,
                                                                      Sha256Digest token_hash, Time now) {
  auto read = [purpose, &token_hash, now](Database& database) {
    return sqlite::find_user_by_token(database, purpose, token_hash, now);
  };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<Result<User>> SqliteAccountStore::reset_password(Sha256Digest token_hash, std::string password_hash,
                                                           std::optional<accounts::OutgoingMail> mail, Time now) {
  auto work = [&token_hash, &password_hash, &mail, now](WriteContext& context) {
    return sqlite::reset_password(context, token_hash, password_hash, mail, now);
  };
  auto change = change_with_mail(work, mail.has_value());
  co_return co_await std::move(change);
}

Awaitable<Result<User>> SqliteAccountStore::change_password(accounts::PasswordChange wanted,
                                                            std::optional<accounts::OutgoingMail> mail, Time now) {
  auto work = [&wanted, &mail, now](WriteContext& context) {
    return sqlite::change_password(context, wanted, mail, now);
  };
  auto change = change_with_mail(work, mail.has_value());
  co_return co_await std::move(change);
}

Awaitable<void> SqliteAccountStore::upgrade_password_hash(UserId id, std::string expected_hash,
                                                          std::string password_hash) {
  const accounts::PasswordChange wanted{id, std::move(expected_hash), std::move(password_hash), std::nullopt};
  auto work = [&wanted](WriteContext& context) {
    sqlite::upgrade_password_hash(context.database, wanted);
    return Done{};
  };
  auto change = writer_.execute(work, account_change);
  co_await std::move(change);
}

Awaitable<Result<User>> SqliteAccountStore::set_role(UserId id, Role role, Time now) {
  auto work = [&id, role, now](WriteContext& context) { return sqlite::set_role(context.database, id, role, now); };
  auto change = writer_.execute(work, account_change);
  co_return co_await std::move(change);
}

Awaitable<Result<User>> SqliteAccountStore::set_disabled(UserId id, bool disabled, Time now) {
  auto work = [&id, disabled, now](WriteContext& context) {
    return sqlite::set_disabled(context.database, id, disabled, now);
  };
  auto change = writer_.execute(work, account_change);
  co_return co_await std::move(change);
}

Awaitable<void> SqliteAccountStore::create_session(accounts::Session session) {
  auto work = [&session](WriteContext& context) {
    insert_session(context.database, session);
    return Done{};
  };
  auto change = writer_.execute(work, account_change);
  co_await std::move(change);
}

Awaitable<std::optional<accounts::SessionAuthority>> SqliteAccountStore::session_authority(SessionId id, Time now) {
  auto read = [&id, now](Database& database) { return find_authority(database, id, now); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<Result<accounts::Rotation>> SqliteAccountStore::rotate_session(SessionId id, std::int64_t counter,
                                                                         std::chrono::milliseconds idle,
                                                                         std::chrono::milliseconds grace, bool rotate,
                                                                         Time now) {
  const RotationRequest request{id, counter, idle, grace, rotate};
  auto work = [&request, now](WriteContext& context) { return sqlite::rotate_session(context.database, request, now); };
  auto change = writer_.execute(work, account_change);
  co_return co_await std::move(change);
}

Awaitable<bool> SqliteAccountStore::revoke_session(SessionId id, Time now) {
  auto work = [&id, now](WriteContext& context) { return sqlite::revoke_session(context.database, id, now); };
  auto change = writer_.execute(work, account_change);
  co_return co_await std::move(change);
}

Awaitable<std::vector<SessionId>> SqliteAccountStore::revoke_sessions(UserId user, std::optional<SessionId> except,
                                                                      bool raise_token_version, Time now) {
  auto work = [&user, &except, raise_token_version, now](WriteContext& context) {
    if (raise_token_version) sqlite::raise_token_version(context.database, user, now);
    return sqlite::revoke_sessions(context.database, user, except, now);
  };
  auto change = writer_.execute(work, account_change);
  co_return co_await std::move(change);
}

Awaitable<std::vector<accounts::Session>> SqliteAccountStore::list_sessions(UserId user, Time now) {
  auto read = [&user, now](Database& database) { return list_live_sessions(database, user, now); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<Result<void>> SqliteAccountStore::create_api_key(accounts::ApiKey key, Sha256Digest hash,
                                                           std::size_t keys_max) {
  auto work = [&key, &hash, keys_max](WriteContext& context) {
    return sqlite::create_api_key(context.database, key, hash, keys_max);
  };
  auto change = writer_.execute(work, account_change);
  co_return co_await std::move(change);
}

Awaitable<std::vector<accounts::ApiKey>> SqliteAccountStore::list_api_keys(UserId user) {
  auto read = [&user](Database& database) { return sqlite::list_api_keys(database, user); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<bool> SqliteAccountStore::delete_api_key(UserId user, ApiKeyId id) {
  auto work = [&user, &id](WriteContext& context) { return sqlite::delete_api_key(context.database, user, id); };
  auto change = writer_.execute(work, account_change);
  co_return co_await std::move(change);
}

Awaitable<std::optional<accounts::ApiKeyAuthority>> SqliteAccountStore::api_key_authority(Sha256Digest hash) {
  auto read = [&hash](Database& database) { return find_api_key_authority(database, hash); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<void> SqliteAccountStore::touch_api_key(ApiKeyId id, Time now) {
  auto work = [&id, now](WriteContext& context) {
    sqlite::touch_api_key(context.database, id, now);
    return Done{};
  };
  auto change = writer_.execute(work, account_change);
  co_await std::move(change);
}

Awaitable<std::size_t> SqliteAccountStore::prune_unverified(Time before, std::size_t limit) {
  auto work = [before, limit](WriteContext& context) {
    return prune_unverified_users(context.database, before, limit);
  };
  auto change = writer_.execute(work, account_change);
  co_return co_await std::move(change);
}

Awaitable<std::size_t> SqliteAccountStore::prune(Time before, std::size_t limit) {
  auto work = [before, limit](WriteContext& context) { return prune_accounts(context.database, before, limit); };
  auto change = writer_.execute(work, account_change);
  co_return co_await std::move(change);
}

}  // namespace taskgate::sqlite
