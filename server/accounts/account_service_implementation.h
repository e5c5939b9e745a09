#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "accounts/account_errors.h"
#include "accounts/account_service.h"
#include "accounts/authority_cache.h"
#include "accounts/login_throttle.h"
#include "accounts/password_policy.h"
#include "accounts/refresh_token.h"
#include "base/crypto_sealing.h"
#include "base/rate_limiter.h"

namespace taskgate::accounts {

// What the parts of the account service share (account_sign_up.cpp, account_sign_in.cpp, account_passwords.cpp,
// account_operation.cpp); private to them.
class AccountService::Implementation {
 public:
  Implementation(AccountService& face, AccountStore& store_to_use, const Clock& clock_to_use, IdGenerator& ids_to_use,
                 WorkerPool& pool, AccountOptions chosen);

  // A new one-time token; the secret goes into the mail, its hash into the store.
  struct MailedToken {
    std::string secret;
    OneTimeToken stored;
  };
  [[nodiscard]] MailedToken make_token(const UserId& user, const std::string& email, TokenPurpose purpose) const;
  // The mail that brings the token, which is sealed for it.
  [[nodiscard]] OutgoingMail make_mail(MailKind kind, const MailedToken& token) const;
  // A mail that brings news.
  [[nodiscard]] OutgoingMail make_mail(MailKind kind, const std::string& email) const;
  // The hash of a one-time token as it came in; nothing when it cannot be one of ours.
  [[nodiscard]] static std::optional<Sha256Digest> hash_of(const std::string& secret);

  [[nodiscard]] Tokens make_tokens(const User& user, const Session& session) const;

  // Too many requests, or nothing. Every request that makes a mail passes here: the limits count the address whether or
  // not it has an account, so they tell nothing.
  [[nodiscard]] std::optional<Error> refuse_mail(const std::string& email, const ClientInfo& client);
  // Too many uses of mailed links from one network, or nothing: a token cannot be guessed, but trying costs reads.
  [[nodiscard]] std::optional<Error> refuse_link(const ClientInfo& client);
  // Nothing inside when limits are off.
  [[nodiscard]] Result<std::optional<LoginThrottle::Attempt>> begin_attempt(const std::string& email,
                                                                            const ClientInfo& client);

  // Mails a token to the address, if it is one that the store has a use for.
  [[nodiscard]] Awaitable<void> mail_token(std::string email, TokenPurpose purpose, MailKind kind);

  // Makes an end or a change known: drops what is cached, then tells the receivers.
  void announce_end(const SessionId& id);
  void announce_ends(const std::vector<Session>& sessions, std::optional<SessionId> except);
  void announce_change(const UserId& id);

  // Stores that the key was used, at most once a minute. A store that cannot take it now refuses nobody for that.
  [[nodiscard]] Awaitable<void> note_use(ApiKey key, Time now);

  AccountService& service;
  AccountStore& store;
  const Clock& clock;
  IdGenerator& ids;
  WorkerPool& hash_pool;
  const AccountOptions options;
  const PasswordPolicy policy;
  const RefreshTokenCodec refresh_tokens;
  const Sealer sealer;
  AuthorityCache authorities;
  ApiKeyCache api_keys;
  LoginThrottle throttle;

 private:
  RateLimiter mails_by_address_;
  RateLimiter mails_by_client_;
  RateLimiter links_by_client_;
  std::mutex uses_mutex_;
  std::unordered_map<ApiKeyId, Time> noted_uses_;
};

}  // namespace taskgate::accounts
