#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "accounts/account_store.h"

namespace taskgate::accounts {

// The account store's contract in its plainest form, for tests: everything in memory under one lock. The conformance
// suite holds it to the same rules as the engines.
class MemoryAccountStore : public AccountStore {
 public:
  Awaitable<Result<User>> create_user(User user, std::optional<OneTimeToken> token,
                                      std::optional<OutgoingMail> mail) override {
    const std::lock_guard lock(mutex_);
    if (by_email(user.email) != nullptr) {
      co_return Error{ErrorCode::conflict, "email_taken", "This address has an account", {}, std::nullopt};
    }
    users_[user.id] = user;
    if (token) put(std::move(*token));
    if (mail) send(std::move(*mail));
    co_return user;
  }

  Awaitable<SignUpOutcome> sign_up(SignUp request, Time now) override {
    const std::lock_guard lock(mutex_);
    User* const known = by_email(request.user.email);
    const bool taken = known != nullptr && known->email_verified;
    send(taken ? request.already_registered : request.verification);
    if (taken) co_return SignUpOutcome::taken;
    if (known == nullptr) {
      users_[request.user.id] = request.user;
      put(std::move(request.token));
      co_return SignUpOutcome::created;
    }
    known->password_hash = request.user.password_hash;
    known->updated_at = now;
    (void)revoke_all(known->id, std::nullopt, now);
    drop_tokens(known->id);
    request.token.user_id = known->id;
    put(std::move(request.token));
    co_return SignUpOutcome::replaced;
  }

  Awaitable<bool> replace_token(OneTimeToken token, std::optional<OutgoingMail> mail, Time) override {
    const std::lock_guard lock(mutex_);
    const User* const user = by_email(token.email);
    if (user == nullptr || user->disabled) co_return false;
    if (token.purpose == TokenPurpose::verify_email && user->email_verified) co_return false;
    token.user_id = user->id;
    put(std::move(token));
    if (mail) send(std::move(*mail));
    co_return true;
  }

  Awaitable<std::optional<User>> find_user(UserId id) override {
    const std::lock_guard lock(mutex_);
    const auto found = users_.find(id);
    if (found == users_.end()) co_return std::nullopt;
    co_return found->second;
  }

  Awaitable<std::vector<User>> find_users(std::vector<UserId> ids) override {
    const std::lock_guard lock(mutex_);
    std::vector<User> found;
    for (const UserId& id : ids) {
      const auto user = users_.find(id);
      if (user != users_.end()) found.push_back(user->second);
    }
    co_return found;
  }

  Awaitable<std::optional<User>> find_user_by_email(std::string email) override {
    const std::lock_guard lock(mutex_);
    const User* const user = by_email(email);
    if (user == nullptr) co_return std::nullopt;
    co_return *user;
  }

  Awaitable<UserPage> list_users(std::string text, std::size_t limit, std::optional<std::string> cursor) override {
    const std::lock_guard lock(mutex_);
    const auto after = cursor ? parse_user_id(*cursor) : std::nullopt;
    const std::string wanted = lower(text);
    UserPage page;
    for (auto next = after ? users_.upper_bound(*after) : users_.begin(); next != users_.end(); ++next) {
      if (lower(next->second.email).find(wanted) == std::string::npos) continue;
      if (page.users.size() == limit) {
        page.next_cursor = to_string(page.users.back().id);
        break;
      }
      page.users.push_back(next->second);
    }
    co_return page;
  }

  Awaitable<Result<User>> verify_email(Sha256Digest token_hash, Time now) override {
    const std::lock_guard lock(mutex_);
    User* const user = owner_of(TokenPurpose::verify_email, token_hash, now);
    if (user == nullptr) co_return invalid_token(ErrorCode::bad_request);
    tokens_.erase(token_hash);
    user->email_verified = true;
    user->updated_at = now;
    co_return *user;
  }

  Awaitable<std::optional<User>> find_user_by_token(TokenPurpose purpose, Sha256Digest token_hash, Time now) override {
    const std::lock_guard lock(mutex_);
    const User* const user = owner_of(purpose, token_hash, now);
    if (user == nullptr) co_return std::nullopt;
    co_return *user;
  }

  Awaitable<Result<User>> reset_password(Sha256Digest token_hash, std::string password_hash,
                                         std::optional<OutgoingMail> mail, Time now) override {
    const std::lock_guard lock(mutex_);
    User* const user = owner_of(TokenPurpose::reset_password, token_hash, now);
    if (user == nullptr) co_return invalid_token(ErrorCode::bad_request);
    user->password_hash = std::move(password_hash);
    user->email_verified = true;
    ++user->token_version;
    user->updated_at = now;
    (void)revoke_all(user->id, std::nullopt, now);
    drop_tokens(user->id);
    if (mail) send(std::move(*mail));
    co_return *user;
  }

  Awaitable<Result<User>> change_password(PasswordChange change, std::optional<OutgoingMail> mail, Time now) override {
    const std::lock_guard lock(mutex_);
    const auto found = users_.find(change.user);
    if (found == users_.end()) co_return not_found("User");
    User& user = found->second;
    if (user.password_hash != change.expected_hash) {
      co_return Error{ErrorCode::conflict, "password_changed", "The password has been changed", {}, std::nullopt};
    }
    user.password_hash = std::move(change.password_hash);
    user.updated_at = now;
    (void)revoke_all(user.id, change.keep, now);
    drop_tokens(user.id);
    if (mail) send(std::move(*mail));
    co_return user;
  }

  Awaitable<void> upgrade_password_hash(UserId id, std::string expected_hash, std::string password_hash) override {
    const std::lock_guard lock(mutex_);
    const auto found = users_.find(id);
    if (found != users_.end() && found->second.password_hash == expected_hash) {
      found->second.password_hash = std::move(password_hash);
    }
    co_return;
  }

  Awaitable<Result<User>> set_role(UserId id, Role role, Time now) override {
    const std::lock_guard lock(mutex_);
    const auto found = users_.find(id);
    if (found == users_.end()) co_return not_found("User");
    found->second.role = role;
    found->second.updated_at = now;
    co_return found->second;
  }

  Awaitable<Result<User>> set_disabled(UserId id, bool disabled, Time now) override {
    const std::lock_guard lock(mutex_);
    const auto found = users_.find(id);
    if (found == users_.end()) co_return not_found("User");
    found->second.disabled = disabled;
    found->second.updated_at = now;
    if (disabled) {
      ++found->second.token_version;
      (void)revoke_all(id, std::nullopt, now);
      std::erase_if(keys_, [&](const auto& entry) { return entry.second.user_id == id; });
    }
    co_return found->second;
  }

  Awaitable<Result<void>> create_api_key(ApiKey key, Sha256Digest hash, std::size_t keys_max) override {
    const std::lock_guard lock(mutex_);
    const auto user = users_.find(key.user_id);
    if (user == users_.end() || user->second.disabled) co_return not_found("User");
    const auto owned = std::count_if(keys_.begin(), keys_.end(),
                                     [&](const auto& entry) { return entry.second.user_id == key.user_id; });
    if (static_cast<std::size_t>(owned) >= keys_max) {
      co_return Error{ErrorCode::conflict, "too_many_keys", "Too many keys", {}, std::nullopt};
    }
    keys_[hash] = std::move(key);
    co_return Result<void>{};
  }

  Awaitable<std::vector<ApiKey>> list_api_keys(UserId user) override {
    const std::lock_guard lock(mutex_);
    std::vector<ApiKey> keys;
    for (const auto& [hash, key] : keys_) {
      if (key.user_id == user) keys.push_back(key);
    }
    std::sort(keys.begin(), keys.end(), [](const ApiKey& a, const ApiKey& b) {
      return a.created_at != b.created_at ? a.created_at > b.created_at : a.id < b.id;
    });
    co_return keys;
  }

  Awaitable<bool> delete_api_key(UserId user, ApiKeyId id) override {
    const std::lock_guard lock(mutex_);
    co_return std::erase_if(
        keys_, [&](const auto& entry) { return entry.second.user_id == user && entry.second.id == id; }) > 0;
  }

  Awaitable<std::optional<ApiKeyAuthority>> api_key_authority(Sha256Digest hash) override {
    const std::lock_guard lock(mutex_);
    ++authority_reads_;
    const auto key = keys_.find(hash);
    if (key == keys_.end()) co_return std::nullopt;
    const auto user = users_.find(key->second.user_id);
    if (user == users_.end()) co_return std::nullopt;
    co_return ApiKeyAuthority{user->second.id, user->second.email, user->second.role, user->second.disabled,
                              key->second};
  }

  Awaitable<void> touch_api_key(ApiKeyId id, Time now) override {
    const std::lock_guard lock(mutex_);
    for (auto& [hash, key] : keys_) {
      if (key.id == id) key.last_used_at = now;
    }
    co_return;
  }

  Awaitable<void> create_session(Session session) override {
    const std::lock_guard lock(mutex_);
    sessions_[session.id] = std::move(session);
    co_return;
  }

  Awaitable<std::optional<SessionAuthority>> session_authority(SessionId id, Time now) override {
    const std::lock_guard lock(mutex_);
    ++authority_reads_;
    const auto session = sessions_.find(id);
    if (session == sessions_.end()) co_return std::nullopt;
    const auto user = users_.find(session->second.user_id);
    if (user == users_.end()) co_return std::nullopt;
    SessionAuthority authority;
    authority.user_id = user->second.id;
    authority.email = user->second.email;
    authority.role = user->second.role;
    authority.disabled = user->second.disabled;
    authority.token_version = user->second.token_version;
    authority.live = is_live(session->second, now);
    co_return authority;
  }

  Awaitable<Result<Rotation>> rotate_session(SessionId id, std::int64_t counter, std::chrono::milliseconds idle,
                                             std::chrono::milliseconds grace, bool rotate, Time now) override {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || !is_live(found->second, now)) co_return invalid_token(ErrorCode::unauthenticated);
    Session& session = found->second;
    const auto user = users_.find(session.user_id);
    if (user == users_.end() || user->second.disabled || counter > session.counter || counter < 0) {
      co_return invalid_token(ErrorCode::unauthenticated);
    }
    if (counter == session.counter) {
      if (rotate) {
        ++session.counter;
        session.rotated_at = now;
      }
      session.last_used_at = now;
      session.idle_expires_at = std::min(now + idle, session.absolute_expires_at);
      co_return Rotation{session, user->second, false};
    }
    if (counter == session.counter - 1 && now - session.rotated_at <= grace) {
      co_return Rotation{session, user->second, true};
    }
    session.revoked_at = now;
    co_return Error{ErrorCode::unauthenticated, "token_reused", "This token was used before", {}, std::nullopt};
  }

  Awaitable<bool> revoke_session(SessionId id, Time now) override {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || !is_live(found->second, now)) co_return false;
    found->second.revoked_at = now;
    co_return true;
  }

  Awaitable<std::vector<SessionId>> revoke_sessions(UserId user, std::optional<SessionId> except,
                                                    bool raise_token_version, Time now) override {
    const std::lock_guard lock(mutex_);
    const auto found = users_.find(user);
    if (raise_token_version && found != users_.end()) ++found->second.token_version;
    co_return revoke_all(user, except, now);
  }

  Awaitable<std::vector<Session>> list_sessions(UserId user, Time now) override {
    const std::lock_guard lock(mutex_);
    std::vector<Session> live;
    for (const auto& [id, session] : sessions_) {
      if (session.user_id == user && is_live(session, now)) live.push_back(session);
    }
    std::stable_sort(live.begin(), live.end(),
                     [](const Session& a, const Session& b) { return a.last_used_at > b.last_used_at; });
    co_return live;
  }

  Awaitable<std::size_t> prune_unverified(Time before, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    std::vector<UserId> removed;
    for (const auto& [id, user] : users_) {
      const bool invited = std::any_of(tokens_.begin(), tokens_.end(), [&](const auto& entry) {
        return entry.second.user_id == id && entry.second.expires_at >= before;
      });
      if (removed.size() == limit) break;
      if (user.email_verified || user.disabled || user.role == Role::admin || user.created_at >= before || invited)
        continue;
      removed.push_back(id);
    }
    for (const UserId& id : removed) {
      const auto is_theirs = [&id](const auto& entry) { return entry.second.user_id == id; };
      std::erase_if(tokens_, is_theirs);
      std::erase_if(sessions_, is_theirs);
      std::erase_if(keys_, is_theirs);
      users_.erase(id);
    }
    co_return removed.size();
  }

  Awaitable<std::size_t> prune(Time before, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    std::size_t removed = 0;
    const auto take = [&removed, limit](bool is_old) { return is_old && removed < limit && ++removed > 0; };
    std::erase_if(tokens_, [&](const auto& entry) { return take(entry.second.expires_at < before); });
    std::erase_if(
        keys_, [&](const auto& entry) { return take(entry.second.expires_at && *entry.second.expires_at < before); });
    std::erase_if(sessions_, [&](const auto& entry) { return take(ended_at(entry.second) < before); });
    co_return removed;
  }

  // The mails that went out, the oldest first.
  [[nodiscard]] std::vector<OutgoingMail> mails() const {
    const std::lock_guard lock(mutex_);
    return mails_;
  }

  // How often the authority of a session or a key was read, for tests of caches.
  [[nodiscard]] int authority_reads() const {
    const std::lock_guard lock(mutex_);
    return authority_reads_;
  }

 private:
  static Error invalid_token(ErrorCode code) { return {code, "invalid_token", "Invalid token", {}, std::nullopt}; }

  static Time ended_at(const Session& session) {
    const Time expiry = std::min(session.idle_expires_at, session.absolute_expires_at);
    return session.revoked_at ? std::min(*session.revoked_at, expiry) : expiry;
  }
  static bool is_live(const Session& session, Time now) { return !session.revoked_at && now < ended_at(session); }

  static std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
  }

  User* by_email(const std::string& email) {
    for (auto& [id, user] : users_) {
      if (user.email == email) return &user;
    }
    return nullptr;
  }

  void send(OutgoingMail mail) {
    mails_.push_back(std::move(mail));
    mail_ready();
  }

  void put(OneTimeToken token) {
    std::erase_if(tokens_, [&](const auto& entry) {
      return entry.second.user_id == token.user_id && entry.second.purpose == token.purpose;
    });
    const Sha256Digest hash = token.hash;
    tokens_[hash] = std::move(token);
  }

  void drop_tokens(const UserId& user) {
    std::erase_if(tokens_, [&](const auto& entry) { return entry.second.user_id == user; });
  }

  // The user a token would be accepted for.
  User* owner_of(TokenPurpose purpose, const Sha256Digest& hash, Time now) {
    const auto token = tokens_.find(hash);
    if (token == tokens_.end() || token->second.purpose != purpose || token->second.expires_at <= now) return nullptr;
    const auto user = users_.find(token->second.user_id);
    if (user == users_.end() || user->second.email != token->second.email) return nullptr;
    return &user->second;
  }

  std::vector<SessionId> revoke_all(const UserId& user, std::optional<SessionId> except, Time now) {
    std::vector<SessionId> revoked;
    for (auto& [id, session] : sessions_) {
      if (session.user_id != user || id == except || !is_live(session, now)) continue;
      session.revoked_at = now;
      revoked.push_back(id);
    }
    return revoked;
  }

  mutable std::mutex mutex_;
  std::map<UserId, User> users_;
  std::map<Sha256Digest, OneTimeToken> tokens_;
  std::map<SessionId, Session> sessions_;
  std::map<Sha256Digest, ApiKey> keys_;
  std::vector<OutgoingMail> mails_;
  int authority_reads_ = 0;
};

}  // namespace taskgate::accounts
