#include "accounts/account_service_implementation.h"
#include "accounts/email_address.h"
#include "accounts/password_work.h"
#include "base/log.h"

namespace taskgate::accounts {

Awaitable<Result<void>> AccountService::forgot_password(std::string email, ClientInfo client) {
  Implementation& my = *implementation_;
  const auto address = canonical_email(email);
  if (!address) co_return validation_failed("email", "Invalid email");
  if (auto refusal = my.refuse_mail(*address, client)) co_return std::move(*refusal);
  co_await my.mail_token(*address, TokenPurpose::reset_password, MailKind::password_reset);
  co_return Result<void>{};
}

Awaitable<Result<void>> AccountService::reset_password(std::string token, std::string password, ClientInfo client) {
  Implementation& my = *implementation_;
  if (auto refusal = my.refuse_link(client)) co_return std::move(*refusal);
  const auto token_hash = Implementation::hash_of(token);
  if (!token_hash) co_return invalid_one_time_token();
  // Looked at before the hash is made, so that guessing tokens costs the hash pool nothing; consumed only with the
  // change.
  const auto owner = co_await my.store.find_user_by_token(TokenPurpose::reset_password, *token_hash, my.clock.now());
  if (!owner) co_return invalid_one_time_token();
  auto hash = co_await hash_new_in(my.hash_pool, std::move(password), owner->email, my.policy, "password");
  if (!hash) co_return hash.error();
  const Time now = my.clock.now();
  const auto sessions = co_await my.store.list_sessions(owner->id, now);
  const std::optional<OutgoingMail> mail = my.make_mail(MailKind::password_changed, owner->email);
  auto user = co_await my.store.reset_password(*token_hash, std::move(*hash), mail, now);
  if (!user) co_return user.error().reason == "invalid_token" ? invalid_one_time_token() : user.error();
  log::info("password reset", {{"user", to_string(user->id)}});
  my.throttle.forgive(user->email);
  my.announce_ends(sessions, std::nullopt);
  my.announce_change(user->id);
  co_return Result<void>{};
}

Awaitable<Result<void>> AccountService::change_password(Principal caller, std::string old_password,
                                                        std::string new_password, ClientInfo client) {
  Implementation& my = *implementation_;
  const Error wrong_password{ErrorCode::bad_request,
                             "wrong_password",
                             "The old password is wrong",
                             {{"oldPassword", "The old password is wrong"}},
                             std::nullopt};
  auto user = co_await my.store.find_user(caller.user_id);
  if (!user) co_return invalid_session_token();
  if (old_password.size() > password_bytes_max) co_return wrong_password;
  auto attempt = my.begin_attempt(user->email, client);
  if (!attempt) co_return attempt.error();
  auto right = co_await verify_in(my.hash_pool, user->password_hash, std::move(old_password));
  if (!right) co_return right.error();
  if (!*right) {
    if (*attempt) (*attempt)->failed(my.clock.now());
    log::info("password change refused", {{"user", to_string(user->id)}, {"client", client.address}});
    co_return wrong_password;
  }
  if (*attempt) (*attempt)->succeeded();

  auto hash = co_await hash_new_in(my.hash_pool, std::move(new_password), user->email, my.policy, "newPassword");
  if (!hash) co_return hash.error();
  const Time now = my.clock.now();
  const std::optional<SessionId> keep = caller.session_id;
  const auto sessions = co_await my.store.list_sessions(user->id, now);
  PasswordChange change{user->id, user->password_hash, std::move(*hash), keep};
  const std::optional<OutgoingMail> mail = my.make_mail(MailKind::password_changed, user->email);
  auto changed = co_await my.store.change_password(std::move(change), mail, now);
  if (!changed) co_return changed.error().reason == "password_changed" ? wrong_password : changed.error();
  log::info("password changed", {{"user", to_string(user->id)}});
  // The caller's own session stands, and its sockets with it.
  my.announce_ends(sessions, keep);
  my.authorities.drop_user(user->id);
  co_return Result<void>{};
}

}  // namespace taskgate::accounts
