#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "accounts/account_store.h"
#include "accounts/api_key.h"
#include "base/async.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/principal.h"
#include "base/result.h"
#include "base/signal.h"
#include "base/worker_pool.h"

namespace taskgate::accounts {

// The rules' numbers, each with its default.
struct AccountOptions {
  std::string jwt_secret;   // at least 32 bytes in production
  std::string data_secret;  // seals the tokens of mails that wait to be sent (base/crypto_sealing.h)
  std::string issuer = "taskgate";
  std::chrono::milliseconds access_token_lifetime{std::chrono::minutes{15}};
  std::chrono::milliseconds session_idle{std::chrono::hours{24 * 7}};
  std::chrono::milliseconds session_absolute{std::chrono::hours{24 * 30}};
  std::chrono::milliseconds refresh_grace{30'000};
  bool refresh_rotation = true;
  std::chrono::milliseconds verification_lifetime{std::chrono::hours{24}};
  std::chrono::milliseconds reset_lifetime{std::chrono::minutes{30}};
  std::chrono::milliseconds authority_cache{2'000};  // how stale a cached role or session may be after a change by hand
  std::size_t password_length_min = 8;
  int password_min_score = 2;
  bool rate_limits = true;
  // Refused sign-ins are answered at whole multiples of this after they came in, so that the time tells nothing about
  // the account: a bcrypt hash of an imported one takes longer to check, or less long, than ours. 0: at once.
  std::chrono::milliseconds refusal_pace{250};
};

// Who is calling, as far as the network tells.
struct ClientInfo {
  std::string address;     // IP
  std::string user_agent;  // may be empty
};

struct Tokens {
  std::string access_token;
  std::string refresh_token;
  std::chrono::milliseconds refresh_expires_in{0};
  User user;
};

// What a client asks for; the service checks every field.
struct NewApiKey {
  std::string name;                                     // 1–64 printable characters
  std::vector<std::string> scopes;                      // at least one; `admin` for admins only
  std::optional<std::chrono::milliseconds> expires_in;  // 1 s to 10 years; nothing: it does not expire
  bool all_users = false;                               // for admins, with the scope `worker`
};

struct CreatedApiKey {
  ApiKey key;
  std::string secret;  // the key itself; nobody can show it again
};

// Everything about accounts. Thread-safe; every method may be called on any loop. Errors are those of api.md: see each
// method.
class AccountService {
 public:
  AccountService(AccountStore& store, const Clock& clock, IdGenerator& ids, WorkerPool& hash_pool,
                 AccountOptions options);
  ~AccountService();

  // Creates an unverified account and mails a link. The answer for an address that exists is the same; its owner gets
  // another mail. Errors: validation_failed (fields email, password), too_many_requests, unavailable (hash pool full).
  Awaitable<Result<void>> sign_up(std::string email, std::string password, ClientInfo client);
  // Errors: bad_request `invalid_token`, too_many_requests.
  Awaitable<Result<void>> verify_email(std::string token, ClientInfo client);
  // Same answer whether or not the address exists or is verified. Errors: validation_failed, too_many_requests.
  Awaitable<Result<void>> resend_verification(std::string email, ClientInfo client);
  // Errors: unauthenticated `invalid_credentials`; unauthenticated `email_not_verified` and forbidden
  // `account_disabled` only after a correct password; validation_failed; too_many_requests; unavailable.
  Awaitable<Result<Tokens>> log_in(std::string email, std::string password, ClientInfo client);
  // Errors: unauthenticated `invalid_token`, `token_reused`.
  Awaitable<Result<Tokens>> refresh(std::string refresh_token);
  // Ends the session of the refresh token, which must be the caller's own. Errors: unauthenticated `invalid_token`.
  Awaitable<Result<void>> log_out(Principal caller, std::string refresh_token);
  Awaitable<Result<void>> log_out_everywhere(Principal caller);
  // Same answer for unknown addresses. Errors: validation_failed, too_many_requests.
  Awaitable<Result<void>> forgot_password(std::string email, ClientInfo client);
  // Errors: bad_request `invalid_token`, validation_failed (password), too_many_requests, unavailable.
  Awaitable<Result<void>> reset_password(std::string token, std::string password, ClientInfo client);
  // Errors: bad_request `wrong_password` (field oldPassword), validation_failed (newPassword), too_many_requests,
  // unavailable.
  Awaitable<Result<void>> change_password(Principal caller, std::string old_password, std::string new_password,
                                          ClientInfo client);

  // Checks an access token's signature, times and type, then session, token_version, role and `disabled` against the
  // store (cached for at most `authority_cache`, dropped at once by changes made here). Errors: unauthenticated
  // `invalid_token`, `token_expired`.
  // An API key in its place is checked likewise; the caller then has `key`, and is an admin only by the key's scope.
  Awaitable<Result<Principal>> authenticate(std::string access_token);
  // The account of a caller. Errors: not_found.
  Awaitable<Result<User>> find_user(UserId id);
  // The addresses of those of the users that exist, in one question to the store.
  Awaitable<std::map<UserId, std::string>> find_emails(std::set<UserId> ids);
  Awaitable<std::vector<Session>> list_sessions(Principal caller);
  // Errors: not_found when it is not a live session of the caller.
  Awaitable<Result<void>> end_session(Principal caller, SessionId id);

  // API keys. Only a session may handle them: for a caller with a key all fail with forbidden `insufficient_scope`.
  // Errors: validation_failed (name, scopes, expiresInMs, allUsers); conflict `too_many_keys`.
  Awaitable<Result<CreatedApiKey>> create_api_key(Principal caller, NewApiKey wanted);
  Awaitable<std::vector<ApiKey>> list_api_keys(Principal caller);
  // Errors: not_found when it is not a key of the caller.
  Awaitable<Result<void>> delete_api_key(Principal caller, ApiKeyId id);

  // For the operator (command line, admin). create_user makes a verified account unless told otherwise.
  // Errors: validation_failed, conflict `email_taken`, not_found.
  Awaitable<Result<User>> create_user(std::string email, std::string password, Role role, bool verified);
  Awaitable<UserPage> list_users(std::string text, std::size_t limit, std::optional<std::string> cursor);
  Awaitable<Result<User>> set_role(std::string email, Role role);
  Awaitable<Result<User>> set_disabled(std::string email, bool disabled);

  // A session's tokens are dead: close its sockets.
  Signal<SessionId> session_ended;
  // A key was deleted: close its sockets.
  Signal<ApiKeyId> api_key_ended;
  // A user's role changed, or all sessions ended at once: look again.
  Signal<UserId> user_changed;

 private:
  Awaitable<Result<Principal>> authenticate_api_key(std::string key);

  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace taskgate::accounts
