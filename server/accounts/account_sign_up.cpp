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
  Implementation::MailedToken token = my.make_token(user.id, user.email, TokenPurpose::verify_email);
  std::optional<OneTimeToken> stored = token.stored;
  auto created = co_await my.store.create_user(std::move(user), std::move(stored));
  if (created) {
    log::info("signed up", {{"user", to_string(created->id)}, {"client", client.address}});
    my.mail.send_verification(*address, std::move(token.secret));
    co_return Result<void>{};
  }
  if (created.error().reason != "email_taken") co_return created.error();
  std::function<Awaitable<void>()> task = [&my, taken = *address, new_hash = *hash] {
    return my.answer_repeated_sign_up(taken, new_hash);
  };
  // Under overload the mail is not sent, and the answer stays the same: a refusal would tell that the address exists.
  if (!my.run_afterwards(std::move(task))) log::warning("mail of a repeated sign-up dropped: overload");
  co_return Result<void>{};
}

// An account that nobody has proven to own takes the password of the latest sign-up, whose link is the only valid one:
// who signs up somebody else's address in advance does not get in when its owner signs up and follows the link.
Awaitable<void> AccountService::Implementation::answer_repeated_sign_up(std::string email, std::string password_hash) {
  auto user = co_await store.find_user_by_email(email);
  if (!user) co_return;
  if (user->email_verified) {
    mail.send_already_registered(user->email);
    co_return;
  }
  const std::optional<SessionId> keep;
  auto changed =
      co_await store.change_password(user->id, user->password_hash, std::move(password_hash), keep, clock.now());
  if (!changed) co_return;  // another sign-up was faster; its link counts
  MailedToken token = make_token(user->id, user->email, TokenPurpose::verify_email);
  co_await store.replace_token(token.stored);
  mail.send_verification(user->email, std::move(token.secret));
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
  std::function<Awaitable<void>()> task = [&my, to = *address] { return my.mail_verification_again(to); };
  if (!my.run_afterwards(std::move(task))) co_return overloaded();
  co_return Result<void>{};
}

Awaitable<void> AccountService::Implementation::mail_verification_again(std::string email) {
  auto user = co_await store.find_user_by_email(std::move(email));
  if (!user || user->email_verified || user->disabled) co_return;
  MailedToken token = make_token(user->id, user->email, TokenPurpose::verify_email);
  co_await store.replace_token(token.stored);
  mail.send_verification(user->email, std::move(token.secret));
}

}  // namespace taskgate::accounts
