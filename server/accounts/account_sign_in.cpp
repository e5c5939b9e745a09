#include <algorithm>

#include "accounts/account_service_implementation.h"
#include "accounts/answer_pace.h"
#include "accounts/email_address.h"
#include "accounts/password_work.h"
#include "base/log.h"
#include "base/password_hash.h"

namespace taskgate::accounts {

namespace {

constexpr std::size_t user_agent_bytes_max = 256;

// Cut between characters, not within one.
std::string cut(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0U) == 0x80U) --bytes_max;
  text.resize(bytes_max);
  return text;
}

Session new_session(SessionId id, const User& user, ClientInfo client, const AccountOptions& options, Time now) {
  Session session;
  session.id = id;
  session.user_id = user.id;
  session.rotated_at = session.created_at = session.last_used_at = now;
  session.absolute_expires_at = now + options.session_absolute;
  session.idle_expires_at = std::min(now + options.session_idle, session.absolute_expires_at);
  session.user_agent = cut(std::move(client.user_agent), user_agent_bytes_max);
  session.address = std::move(client.address);
  return session;
}

// Gives the hash that the account has after an outdated one was replaced; a busy pool leaves it for the next time.
Awaitable<std::string> upgrade_hash(AccountStore& store, WorkerPool& pool, User user, std::string password) {
  if (!needs_rehash(user.password_hash)) co_return user.password_hash;
  auto stronger = co_await rehash_in(pool, std::move(password));
  if (!stronger) co_return user.password_hash;
  co_await store.upgrade_password_hash(user.id, user.password_hash, *stronger);
  co_return *stronger;
}

// Whether a password that was right a moment ago still is: it may have been changed while it was being verified, and a
// session that is made after the change must not live.
Awaitable<bool> still_right(AccountStore& store, WorkerPool& pool, User before, std::string password) {
  auto now = co_await store.find_user(before.id);
  if (!now || now->disabled || now->token_version != before.token_version) co_return false;
  if (now->password_hash == before.password_hash) co_return true;
  auto right = co_await verify_in(pool, now->password_hash, std::move(password));
  co_return right&&* right;
}

// Places of the pool are kept for those who have signed in from where they are, so that a flood of guesses does not
// shut them out. Asked for only when it matters.
Awaitable<WorkerPool::Standing> standing_of(AccountStore& store, WorkerPool& pool, UserId user, std::string address,
                                            Time now) {
  if (!pool.crowded()) co_return WorkerPool::Standing::ordinary;
  const std::string network = network_of(address);
  const auto sessions = co_await store.list_sessions(user, now);
  const bool known = std::any_of(sessions.begin(), sessions.end(),
                                 [&network](const Session& each) { return network_of(each.address) == network; });
  co_return known ? WorkerPool::Standing::preferred : WorkerPool::Standing::ordinary;
}

}  // namespace

Awaitable<Result<Tokens>> AccountService::log_in(std::string email, std::string password, ClientInfo client) {
  Implementation& my = *implementation_;
  const auto begun = std::chrono::steady_clock::now();
  const auto address = canonical_email(email);
  if (!address) co_return validation_failed("email", "Invalid email");
  if (password.empty()) co_return validation_failed("password", "Password is required");
  if (!normalize_password(password))
    co_return validation_failed("password", "Password must be text of at most 256 characters");
  auto attempt = my.begin_attempt(*address, client);
  if (!attempt) co_return attempt.error();

  auto user = co_await my.store.find_user_by_email(*address);
  std::string hash = user ? user->password_hash : std::string();
  auto standing = WorkerPool::Standing::ordinary;
  if (user) standing = co_await standing_of(my.store, my.hash_pool, user->id, client.address, my.clock.now());
  auto right = co_await verify_in(my.hash_pool, std::move(hash), password, standing);
  if (!right) co_return right.error();
  if (!user || !*right) {
    if (*attempt) (*attempt)->failed(my.clock.now());
    co_await keep_pace(begun, my.options.refusal_pace);
    log::info("sign-in failed", {{"user", user ? to_string(user->id) : "unknown"}, {"client", client.address}});
    co_return invalid_credentials();
  }
  if (*attempt) (*attempt)->succeeded();
  if (user->disabled) {
    co_return Error{ErrorCode::forbidden, "account_disabled", "This account is disabled", {}, std::nullopt};
  }
  if (!user->email_verified) {
    co_return Error{
        ErrorCode::unauthenticated, "email_not_verified", "Please verify your email first", {}, std::nullopt};
  }

  user->password_hash = co_await upgrade_hash(my.store, my.hash_pool, *user, password);
  const Time now = my.clock.now();
  const Session session = new_session(my.ids.next_session_id(), *user, client, my.options, now);
  co_await my.store.create_session(session);
  const bool stands = co_await still_right(my.store, my.hash_pool, *user, std::move(password));
  if (!stands) {
    co_await my.store.revoke_session(session.id, now);
    co_return invalid_credentials();
  }
  log::info("signed in", {{"user", to_string(user->id)}, {"client", client.address}});
  co_return my.make_tokens(*user, session);
}

Awaitable<Result<Tokens>> AccountService::refresh(std::string refresh_token) {
  Implementation& my = *implementation_;
  const auto token = my.refresh_tokens.decode(refresh_token);
  if (!token) co_return invalid_session_token();
  auto rotation =
      co_await my.store.rotate_session(token->session_id, token->counter, my.options.session_idle,
                                       my.options.refresh_grace, my.options.refresh_rotation, my.clock.now());
  if (rotation) co_return my.make_tokens(rotation->user, rotation->session);
  if (rotation.error().reason == "token_reused") {
    log::warning("refresh token reused, session ended", {{"session", to_string(token->session_id)}});
    my.announce_end(token->session_id);
  }
  co_return rotation.error();
}

Awaitable<Result<void>> AccountService::log_out(Principal caller, std::string refresh_token) {
  Implementation& my = *implementation_;
  const auto token = my.refresh_tokens.decode(refresh_token);
  if (!token) co_return invalid_session_token();
  const Time now = my.clock.now();
  const auto authority = co_await my.store.session_authority(token->session_id, now);
  if (!authority || authority->user_id != caller.user_id) co_return invalid_session_token();
  const bool ended = co_await my.store.revoke_session(token->session_id, now);
  if (!ended) co_return invalid_session_token();
  my.announce_end(token->session_id);
  co_return Result<void>{};
}

Awaitable<Result<void>> AccountService::log_out_everywhere(Principal caller) {
  Implementation& my = *implementation_;
  const std::optional<SessionId> except;
  const auto ended = co_await my.store.revoke_sessions(caller.user_id, except, true, my.clock.now());
  for (const SessionId& id : ended) my.announce_end(id);
  my.announce_change(caller.user_id);
  co_return Result<void>{};
}

Awaitable<std::vector<Session>> AccountService::list_sessions(Principal caller) {
  co_return co_await implementation_->store.list_sessions(caller.user_id, implementation_->clock.now());
}

Awaitable<Result<void>> AccountService::end_session(Principal caller, SessionId id) {
  Implementation& my = *implementation_;
  const Time now = my.clock.now();
  const auto authority = co_await my.store.session_authority(id, now);
  if (!authority || authority->user_id != caller.user_id || !authority->live) co_return not_found("Session");
  const bool ended = co_await my.store.revoke_session(id, now);
  if (!ended) co_return not_found("Session");
  my.announce_end(id);
  co_return Result<void>{};
}

}  // namespace taskgate::accounts
