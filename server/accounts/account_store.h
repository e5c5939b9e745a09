#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "accounts/api_key.h"
#include "accounts/outgoing_mail.h"
#include "accounts/session.h"
#include "accounts/user.h"
#include "base/async.h"
#include "base/crypto.h"
#include "base/result.h"
#include "base/signal.h"

namespace taskgate::accounts {

// What a one-time token is good for. A token of one purpose is unknown to every other.
enum class TokenPurpose { verify_email, reset_password };

// A one-time token as stored: only the SHA-256 of the secret that was mailed. It is bound to the user and to the
// address it went to.
struct OneTimeToken {
  UserId user_id;
  TokenPurpose purpose = TokenPurpose::verify_email;
  Sha256Digest hash{};
  std::string email;
  Time expires_at;
};

// A sign-up: what becomes of it depends on who has the address, and only the store can tell in the same step.
struct SignUp {
  User user;
  OneTimeToken token;  // verify_email
  OutgoingMail verification;
  OutgoingMail already_registered;
};

enum class SignUpOutcome {
  created,   // the user is new
  replaced,  // nobody had proven the address: its user has the password and the link of this sign-up now
  taken,     // the address has an owner, who is told
};

struct PasswordChange {
  UserId user;
  std::string expected_hash;
  std::string password_hash;
  std::optional<SessionId> keep;
};

// The answer to a rotation.
struct Rotation {
  Session session;  // after the rotation; `session.counter` is the current one
  User user;
  bool within_grace = false;  // the previous token came again within the grace; nothing was changed
};

struct UserPage {
  std::vector<User> users;
  std::optional<std::string> next_cursor;
};

// Where accounts are kept. Each method is one atomic verb: it happens whole or not at all, and is on disk when it
// returns. `now` is a parameter; no engine reads a clock. A broken engine throws StoreFailure. Callable from any
// coroutine on any loop, concurrently.
//
// A verb that takes a mail stores it in the same step as its change: after it has returned, and after a crash at any
// moment, either both are there or neither. The mail becomes a job of the JobStore on the same data, under the id it
// brings, at once or a little later, and at least once. (An engine without transactions over several documents keeps it
// within the user's document until then.)
class AccountStore {
 public:
  virtual ~AccountStore() = default;

  // A mail can be claimed as a job. Emitted when it is on disk, before the verb returns or later.
  Signal<> mail_ready;

  // Adds a user and, if given, its first one-time token and the mail about it. Errors: conflict, reason `email_taken`.
  virtual Awaitable<Result<User>> create_user(User user, std::optional<OneTimeToken> token,
                                              std::optional<OutgoingMail> mail) = 0;
  // The user is added with its token, and `verification` goes out. Where a user with that address has not proven it,
  // that one gets the new user's password hash, its sessions end, its one-time tokens go, the token becomes its own,
  // and `verification` goes out. Where the address is proven, only `already_registered` goes out. Each way stores one
  // mail, so that none takes a longer time that could be told.
  virtual Awaitable<SignUpOutcome> sign_up(SignUp request, Time now) = 0;
  virtual Awaitable<std::optional<User>> find_user(UserId id) = 0;
  // Those of the users that exist, in the order asked for.
  virtual Awaitable<std::vector<User>> find_users(std::vector<UserId> ids) = 0;
  virtual Awaitable<std::optional<User>> find_user_by_email(std::string email) = 0;
  // By ascending id, at most `limit`; `text` (may be empty) filters by a part of the address, without case.
  virtual Awaitable<UserPage> list_users(std::string text, std::size_t limit, std::optional<std::string> cursor) = 0;

  // For the user with the address of the token (its `user_id` is filled in here): keeps the token, drops every earlier
  // one of the same purpose, and the mail goes out. Nothing of it without such a user, when it is disabled, or when it
  // has verified its address and the token is for that; then false, after the same work on disk, so that the time does
  // not tell.
  virtual Awaitable<bool> replace_token(OneTimeToken token, std::optional<OutgoingMail> mail, Time now) = 0;
  // Consumes the token and marks the address verified. Errors: bad_request, reason `invalid_token`, when the token is
  // unknown, used, expired at `now`, of another purpose, or the user's address has changed since. Of parallel calls
  // exactly one succeeds.
  virtual Awaitable<Result<User>> verify_email(Sha256Digest token_hash, Time now) = 0;
  // Whose token it is, if it would be accepted at `now`; changes nothing. For checks before an expensive hash.
  virtual Awaitable<std::optional<User>> find_user_by_token(TokenPurpose purpose, Sha256Digest token_hash,
                                                            Time now) = 0;
  // Consumes the token, sets the hash, marks the address verified (it was proven), raises token_version, revokes every
  // session, drops every other one-time token of the user, and the mail goes out. Errors: as verify_email.
  virtual Awaitable<Result<User>> reset_password(Sha256Digest token_hash, std::string password_hash,
                                                 std::optional<OutgoingMail> mail, Time now) = 0;
  // Sets the hash if it still is `expected_hash`, revokes every session but `keep`, drops the user's one-time tokens,
  // and the mail goes out. Errors: conflict, reason `password_changed`, when the hash is another by now; not_found.
  virtual Awaitable<Result<User>> change_password(PasswordChange change, std::optional<OutgoingMail> mail,
                                                  Time now) = 0;
  // Replaces a hash by a stronger one of the same password, if it still is `expected_hash`; otherwise does nothing.
  virtual Awaitable<void> upgrade_password_hash(UserId id, std::string expected_hash, std::string password_hash) = 0;

  // Errors: not_found. Disabling also raises token_version, revokes every session and deletes every API key.
  virtual Awaitable<Result<User>> set_role(UserId id, Role role, Time now) = 0;
  virtual Awaitable<Result<User>> set_disabled(UserId id, bool disabled, Time now) = 0;

  virtual Awaitable<void> create_session(Session session) = 0;
  // What holds for the session and its user now; nothing when either does not exist. Reads what is committed, also by
  // other programs on the same database.
  virtual Awaitable<std::optional<SessionAuthority>> session_authority(SessionId id, Time now) = 0;
  // One conditional update, so that of parallel calls exactly one rotates:
  //  counter == current: the counter rises (unless `rotate` is false), idle expiry becomes now + idle (never past the
  //  absolute one); counter == current - 1 and now - rotated_at <= grace: nothing changes, `within_grace`; any other
  //  older counter: the session is revoked. Errors: unauthenticated, reason `token_reused`; unknown, revoked or expired
  //  session, a counter above the current one, a disabled user: unauthenticated, reason `invalid_token`.
  virtual Awaitable<Result<Rotation>> rotate_session(SessionId id, std::int64_t counter, std::chrono::milliseconds idle,
                                                     std::chrono::milliseconds grace, bool rotate, Time now) = 0;
  // False when there was no live session of that id.
  virtual Awaitable<bool> revoke_session(SessionId id, Time now) = 0;
  // Ids of the sessions that this call ended. With `raise_token_version`, every access token of the user dies too.
  virtual Awaitable<std::vector<SessionId>> revoke_sessions(UserId user, std::optional<SessionId> except,
                                                            bool raise_token_version, Time now) = 0;
  // Live ones, the most recently used first.
  virtual Awaitable<std::vector<Session>> list_sessions(UserId user, Time now) = 0;

  // Keeps a new key under the hash of its text. Errors: not_found without the user, or when it is disabled; conflict,
  // reason `too_many_keys`, when the user has `keys_max` already.
  virtual Awaitable<Result<void>> create_api_key(ApiKey key, Sha256Digest hash, std::size_t keys_max) = 0;
  // The newest first; expired ones, too, until they are pruned.
  virtual Awaitable<std::vector<ApiKey>> list_api_keys(UserId user) = 0;
  // False when the user has no such key.
  virtual Awaitable<bool> delete_api_key(UserId user, ApiKeyId id) = 0;
  // The key of that hash, whether or not it has expired, and what holds for its user now. Reads what is committed, also
  // by other programs on the same database.
  virtual Awaitable<std::optional<ApiKeyAuthority>> api_key_authority(Sha256Digest hash) = 0;
  // Remembers when the key was last used; nothing happens when it is gone.
  virtual Awaitable<void> touch_api_key(ApiKeyId id, Time now) = 0;

  // Removes users who never verified their address, were created before `before`, and have no one-time token left that
  // ended after it; at most `limit`. Admins and disabled users stay. The number removed.
  virtual Awaitable<std::size_t> prune_unverified(Time before, std::size_t limit) = 0;
  // Forgets tokens and API keys that expired and sessions that ended before `before`; at most `limit` rows. The number
  // removed.
  virtual Awaitable<std::size_t> prune(Time before, std::size_t limit) = 0;
};

}  // namespace taskgate::accounts
