#include "store/sqlite/account_commands.h"

#include "store/sqlite/api_key_rows.h"
#include "store/sqlite/queued_mail.h"
#include "store/sqlite/session_rows.h"
#include "store/sqlite/user_rows.h"

namespace taskgate::sqlite {

using accounts::OneTimeToken;
using accounts::OutgoingMail;
using accounts::PasswordChange;
using accounts::SignUp;
using accounts::SignUpOutcome;
using accounts::TokenPurpose;
using accounts::User;

namespace {

// All that hangs on a user; the user comes last.
constexpr std::array<std::string_view, 4> removals_of_a_user = {
    "DELETE FROM one_time_tokens WHERE user_id = ?", "DELETE FROM sessions WHERE user_id = ?",
    "DELETE FROM api_keys WHERE user_id = ?", "DELETE FROM users WHERE id = ?"};

Error invalid_link() {
  return {ErrorCode::bad_request, "invalid_token", "The link is invalid or has expired", {}, std::nullopt};
}

// Takes the token out; nothing when it is not good.
std::optional<User> consume_token(Database& database, TokenPurpose purpose, const Sha256Digest& hash, Time now) {
  auto user = find_user_by_token(database, purpose, hash, now);
  if (user) drop_token(database, hash);
  return user;
}

// Stores the user with another password: every session but `keep` ends, the one-time tokens go.
void set_password(Database& database, User& user, const std::string& password_hash,
                  const std::optional<SessionId>& keep, Time now) {
  user.password_hash = password_hash;
  user.updated_at = now;
  store_user(database, user);
  revoke_sessions(database, user.id, keep, now);
  drop_tokens(database, user.id);
}

}  // namespace

Result<User> create_user(WriteContext& context, const User& user, const std::optional<OneTimeToken>& token,
                         const std::optional<OutgoingMail>& mail) {
  Database& database = context.database;
  if (find_user_by_email(database, user.email)) {
    return Error{ErrorCode::conflict, "email_taken", "There is already an account with this address", {}, std::nullopt};
  }
  insert_user(database, user);
  if (token) insert_token(database, *token);
  if (mail) queue_mail(context, *mail, user.created_at);
  return user;
}

SignUpOutcome sign_up(WriteContext& context, const SignUp& request, Time now) {
  Database& database = context.database;
  auto known = find_user_by_email(database, request.user.email);
  if (!known) {
    insert_user(database, request.user);
    insert_token(database, request.token);
    queue_mail(context, request.verification, now);
    return SignUpOutcome::created;
  }
  if (known->email_verified) {
    queue_mail(context, request.already_registered, now);
    return SignUpOutcome::taken;
  }
  set_password(database, *known, request.user.password_hash, std::nullopt, now);
  OneTimeToken token = request.token;
  token.user_id = known->id;
  insert_token(database, token);
  queue_mail(context, request.verification, now);
  return SignUpOutcome::replaced;
}

bool replace_token(WriteContext& context, OneTimeToken token, const std::optional<OutgoingMail>& mail, Time now) {
  Database& database = context.database;
  const auto user = find_user_by_email(database, token.email);
  const bool due = user && !user->disabled && !(token.purpose == TokenPurpose::verify_email && user->email_verified);
  // Nobody's token is good for nothing and is dropped by the next one.
  token.user_id = due ? user->id : UserId{};
  drop_tokens(database, token.user_id, token.purpose);
  insert_token(database, token);
  if (due && mail) queue_mail(context, *mail, now);
  return due;
}

Result<User> verify_email(Database& database, const Sha256Digest& hash, Time now) {
  auto user = consume_token(database, TokenPurpose::verify_email, hash, now);
  if (!user) return invalid_link();
  user->email_verified = true;
  user->updated_at = now;
  store_user(database, *user);
  return std::move(*user);
}

Result<User> reset_password(WriteContext& context, const Sha256Digest& hash, const std::string& password_hash,
                            const std::optional<OutgoingMail>& mail, Time now) {
  Database& database = context.database;
  auto user = consume_token(database, TokenPurpose::reset_password, hash, now);
  if (!user) return invalid_link();
  user->email_verified = true;
  ++user->token_version;
  set_password(database, *user, password_hash, std::nullopt, now);
  if (mail) queue_mail(context, *mail, now);
  return std::move(*user);
}

Result<User> change_password(WriteContext& context, const PasswordChange& change,
                             const std::optional<OutgoingMail>& mail, Time now) {
  auto user = find_user(context.database, change.user);
  if (!user) return not_found("User");
  if (user->password_hash != change.expected_hash) {
    return Error{ErrorCode::conflict, "password_changed", "The password was changed in the meantime", {}, std::nullopt};
  }
  set_password(context.database, *user, change.password_hash, change.keep, now);
  if (mail) queue_mail(context, *mail, now);
  return std::move(*user);
}

void upgrade_password_hash(Database& database, const PasswordChange& change) {
  database.statement("UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?")
      .execute(change.password_hash, change.user, change.expected_hash);
}

Result<User> set_role(Database& database, const UserId& id, Role role, Time now) {
  auto user = find_user(database, id);
  if (!user) return not_found("User");
  user->role = role;
  user->updated_at = now;
  store_user(database, *user);
  return std::move(*user);
}

Result<User> set_disabled(Database& database, const UserId& id, bool disabled, Time now) {
  auto user = find_user(database, id);
  if (!user) return not_found("User");
  user->disabled = disabled;
  user->updated_at = now;
  if (disabled) ++user->token_version;
  store_user(database, *user);
  if (disabled) {
    revoke_sessions(database, id, std::nullopt, now);
    delete_api_keys(database, id);
  }
  return std::move(*user);
}

std::size_t prune_unverified_users(Database& database, Time before, std::size_t limit) {
  std::vector<UserId> unverified;
  {
    Cursor row =
        database
            .statement(
                "SELECT id FROM users INDEXED BY users_unverified WHERE email_verified = 0 AND created_at < ?1 "
                "AND disabled = 0 AND role != 'admin' AND NOT EXISTS (SELECT 1 FROM one_time_tokens "
                "WHERE user_id = users.id AND expires_at >= ?1) ORDER BY created_at LIMIT ?2")
            .query(before, limit);
    while (row.next()) unverified.push_back(row.user_id(0));
  }
  for (const UserId& id : unverified) {
    for (const auto& sql : removals_of_a_user) database.statement(sql).execute(id);
  }
  return unverified.size();
}

void raise_token_version(Database& database, const UserId& user, Time now) {
  database.statement("UPDATE users SET token_version = token_version + 1, updated_at = ? WHERE id = ?")
      .execute(now, user);
}

}  // namespace taskgate::sqlite
