// What the operator does, from the command line or as admin.

#include <algorithm>

#include "accounts/account_service_implementation.h"
#include "accounts/email_address.h"
#include "accounts/password_work.h"
#include "base/log.h"

namespace taskgate::accounts {

namespace {

constexpr std::size_t list_max = 1000;

Awaitable<Result<User>> find_by_email(AccountStore& store, std::string email) {
  const auto address = canonical_email(email);
  if (!address) co_return not_found("User");
  auto user = co_await store.find_user_by_email(*address);
  if (!user) co_return not_found("User");
  co_return std::move(*user);
}

}  // namespace

Awaitable<Result<User>> AccountService::create_user(std::string email, std::string password, Role role, bool verified) {
  Implementation& my = *implementation_;
  const auto address = canonical_email(email);
  if (!address) co_return validation_failed("email", "Invalid email");
  auto hash = co_await hash_new_in(my.hash_pool, std::move(password), *address, my.policy, "password");
  if (!hash) co_return hash.error();
  const Time now = my.clock.now();
  User user;
  user.id = my.ids.next_user_id(now);
  user.email = *address;
  user.password_hash = std::move(*hash);
  user.role = role;
  user.email_verified = verified;
  user.created_at = user.updated_at = now;
  std::optional<OneTimeToken> token;
  std::optional<OutgoingMail> mail;
  if (!verified) {
    const auto mailed = my.make_token(user.id, user.email, TokenPurpose::verify_email);
    token = mailed.stored;
    mail = my.make_mail(MailKind::verification, mailed);
  }
  auto created = co_await my.store.create_user(std::move(user), std::move(token), std::move(mail));
  if (!created) co_return created.error();
  log::info("user created", {{"user", to_string(created->id)}, {"role", to_string(role)}});
  co_return std::move(*created);
}

Awaitable<UserPage> AccountService::list_users(std::string text, std::size_t limit, std::optional<std::string> cursor) {
  const std::size_t bounded = std::clamp<std::size_t>(limit, 1, list_max);
  co_return co_await implementation_->store.list_users(std::move(text), bounded, std::move(cursor));
}

Awaitable<Result<User>> AccountService::set_role(std::string email, Role role) {
  Implementation& my = *implementation_;
  auto user = co_await find_by_email(my.store, std::move(email));
  if (!user) co_return user.error();
  auto changed = co_await my.store.set_role(user->id, role, my.clock.now());
  if (!changed) co_return changed.error();
  log::info("role set", {{"user", to_string(user->id)}, {"role", to_string(role)}});
  my.announce_change(user->id);
  co_return std::move(*changed);
}

Awaitable<Result<User>> AccountService::set_disabled(std::string email, bool disabled) {
  Implementation& my = *implementation_;
  auto user = co_await find_by_email(my.store, std::move(email));
  if (!user) co_return user.error();
  const Time now = my.clock.now();
  const auto sessions = co_await my.store.list_sessions(user->id, now);
  auto changed = co_await my.store.set_disabled(user->id, disabled, now);
  if (!changed) co_return changed.error();
  log::info(disabled ? "user disabled" : "user enabled", {{"user", to_string(user->id)}});
  if (disabled) my.announce_ends(sessions, std::nullopt);
  my.announce_change(user->id);
  co_return std::move(*changed);
}

}  // namespace taskgate::accounts
