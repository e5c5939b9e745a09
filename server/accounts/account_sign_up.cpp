#include "accounts/account_service_implementation.h"
#include "accounts/email_address.h"
#include "accounts/password_work.h"
#include "base/log.h"

namespace taskgate::accounts {

Awaitable<Result<void>> AccountService::sign_up(std::string email, std::string password, ClientInfo client) {
  Implementation& my = *implementation_;
  std::vector<FieldError> invalid;
  const auto address = canonical_email(email);
  if (!address) invalid.push_back({"email", "Invalid email"});
  const auto normalized = normalize_password(password);
  if (!normalized) invalid.push_back({"password", "Password must be text of at most 256 characters"});
  if (normalized) {
    if (auto refusal = refuse_password_length(*normalized, my.policy))
      invalid.push_back({"password", std::move(*refusal)});
  }
  if (!invalid.empty()) co_return validation_failed(std::move(invalid));
  if (auto refusal = my.refuse_mail(*address, client)) co_return std::move(*refusal);

  // Hashed before anything is looked up: an address that exists takes as long as a new one.
  auto hash = co_await hash_new_in(my.hash_pool, std::move(password), *address, my.policy, "password");
  if (!hash) co_return hash.error();

  const Time now = my.clock.now();
  User user;
  user.id = my.ids.next_user_id(now);
  user.email = *address;
  user.password_hash = *hash;
  user.created_at = user.updated_at = now;
  const Implementation::MailedToken token = my.make_token(user.id, user.email, TokenPurpose::verify_email);
  SignUp request;
  request.token = token.stored;
  request.verification = my.make_mail(MailKind::verification, token);
  request.already_registered = my.make_mail(MailKind::already_registered, user.email);
  request.user = std::move(user);
  const UserId id = request.user.id;
  const SignUpOutcome outcome = co_await my.store.sign_up(std::move(request), now);
  if (outcome == SignUpOutcome::created) {
    log::info("signed up", {{"user", to_string(id)}, {"client", client.address}});
  }
  co_return Result<void>{};
}

Awaitable<Result<void>> AccountService::verify_email(std::string token, ClientInfo client) {
  Implementation& my = *implementation_;
  if (auto refusal = my.refuse_link(client)) co_return std::move(*refusal);
  const auto hash = Implementation::hash_of(token);
  if (!hash) co_return invalid_one_time_token();
  auto user = co_await my.store.verify_email(*hash, my.clock.now());
  if (!user) co_return user.error().reason == "invalid_token" ? invalid_one_time_token() : user.error();
  log::info("address verified", {{"user", to_string(user->id)}});
  co_return Result<void>{};
}

Awaitable<Result<void>> AccountService::resend_verification(std::string email, ClientInfo client) {
  Implementation& my = *implementation_;
  const auto address = canonical_email(email);
  if (!address) co_return validation_failed("email", "Invalid email");
  if (auto refusal = my.refuse_mail(*address, client)) co_return std::move(*refusal);
  co_await my.mail_token(*address, TokenPurpose::verify_email, MailKind::verification);
  co_return Result<void>{};
}

}  // namespace taskgate::accounts
