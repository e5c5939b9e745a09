// API keys: made, listed and deleted by their owners, checked on every request that comes with one.

#include <algorithm>

#include "accounts/account_service_implementation.h"
#include "base/log.h"
#include "base/printable.h"

namespace taskgate::accounts {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t keys_per_user_max = 100;
constexpr std::size_t name_characters_max = 64;
constexpr milliseconds expires_soonest{1'000};
constexpr milliseconds expires_latest = std::chrono::hours{24 * 3653};
constexpr milliseconds note_uses_every = std::chrono::minutes{1};
constexpr std::size_t noted_uses_max = 10'000;

Error sessions_only() {
  return {ErrorCode::forbidden, "insufficient_scope", "An API key may not handle API keys; sign in", {}, std::nullopt};
}

bool is_name(const std::string& name) {
  const auto characters =
      std::count_if(name.begin(), name.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return characters >= 1 && static_cast<std::size_t>(characters) <= name_characters_max && to_printable(name) == name;
}

Result<KeyScopes> read_scopes(const NewApiKey& wanted, const Principal& caller) {
  KeyScopes scopes;
  for (const std::string& name : wanted.scopes) {
    const auto scope = parse_key_scope(name);
    if (!scope) return validation_failed("scopes", "scopes may be jobs:read, jobs:write, worker and admin");
    if (*scope == KeyScope::admin && !caller.is_admin()) {
      return validation_failed("scopes", "Only administrators can make a key with the scope admin");
    }
    scopes.add(*scope);
  }
  if (scopes == KeyScopes{}) return validation_failed("scopes", "Name at least one scope");
  return scopes;
}

std::vector<FieldError> faults_of(const NewApiKey& wanted, const Principal& caller, KeyScopes scopes) {
  std::vector<FieldError> faults;
  if (!is_name(wanted.name)) faults.push_back({"name", "name must have 1 to 64 printable characters"});
  if (wanted.expires_in && (*wanted.expires_in < expires_soonest || *wanted.expires_in > expires_latest)) {
    faults.push_back({"expiresInMs", "expiresInMs must be between 1000 and 315619200000 (10 years)"});
  }
  if (wanted.all_users && !caller.is_admin()) {
    faults.push_back({"allUsers", "Only administrators can make a key for all users"});
  } else if (wanted.all_users && !scopes.has(KeyScope::worker)) {
    faults.push_back({"allUsers", "allUsers goes with the scope worker"});
  }
  return faults;
}

}  // namespace

Awaitable<Result<CreatedApiKey>> AccountService::create_api_key(Principal caller, NewApiKey wanted) {
  Implementation& my = *implementation_;
  if (caller.key) co_return sessions_only();
  const auto scopes = read_scopes(wanted, caller);
  auto faults = faults_of(wanted, caller, scopes ? *scopes : KeyScopes{static_cast<std::uint8_t>(KeyScope::worker)});
  if (!scopes) {
    const Error wrong = scopes.error();
    faults.insert(faults.end(), wrong.fields.begin(), wrong.fields.end());
  }
  if (!faults.empty()) co_return validation_failed(std::move(faults));

  const Time now = my.clock.now();
  CreatedApiKey created;
  created.secret = make_api_key();
  created.key.id = my.ids.next_api_key_id();
  created.key.user_id = caller.user_id;
  created.key.name = std::move(wanted.name);
  created.key.scopes = *scopes;
  created.key.all_users = wanted.all_users;
  created.key.created_at = now;
  if (wanted.expires_in) created.key.expires_at = now + *wanted.expires_in;
  auto stored = co_await my.store.create_api_key(created.key, sha256(created.secret), keys_per_user_max);
  if (!stored) co_return stored.error();
  log::info("API key made", {{"user", to_string(caller.user_id)}, {"key", to_string(created.key.id)}});
  co_return created;
}

Awaitable<std::vector<ApiKey>> AccountService::list_api_keys(Principal caller) {
  co_return co_await implementation_->store.list_api_keys(caller.user_id);
}

Awaitable<Result<void>> AccountService::delete_api_key(Principal caller, ApiKeyId id) {
  Implementation& my = *implementation_;
  if (caller.key) co_return sessions_only();
  const bool deleted = co_await my.store.delete_api_key(caller.user_id, id);
  if (!deleted) co_return not_found("API key");
  log::info("API key deleted", {{"user", to_string(caller.user_id)}, {"key", to_string(id)}});
  my.api_keys.drop_user(caller.user_id);
  api_key_ended(id);
  co_return Result<void>{};
}

Awaitable<Result<Principal>> AccountService::authenticate_api_key(std::string key) {
  Implementation& my = *implementation_;
  const auto hash = hash_of_api_key(key);
  if (!hash) co_return invalid_session_token();
  const Time now = my.clock.now();
  auto authority = my.api_keys.find(*hash, now);
  if (!authority) {
    const auto ticket = my.api_keys.ticket();
    auto read = co_await my.store.api_key_authority(*hash);
    authority = read ? std::move(*read) : ApiKeyAuthority{};
    my.api_keys.put(*hash, *authority, now, ticket);
  }
  const auto& found = authority->key;
  if (!found || authority->disabled || (found->expires_at && *found->expires_at <= now)) {
    co_return invalid_session_token();
  }
  auto noting = my.note_use(*found, now);
  co_await std::move(noting);

  const bool is_admin = authority->role == Role::admin;
  Principal principal;
  principal.user_id = authority->user_id;
  principal.email = std::move(authority->email);
  principal.role = is_admin && found->scopes.has(KeyScope::admin) ? Role::admin : Role::user;
  principal.expires_at = found->expires_at.value_or(Time::max());
  principal.key = KeyGrant{found->id, found->scopes, found->all_users && is_admin};
  co_return principal;
}

Awaitable<void> AccountService::Implementation::note_use(ApiKey key, Time now) {
  {
    const std::lock_guard lock(uses_mutex_);
    if (noted_uses_.size() >= noted_uses_max) noted_uses_.clear();
    auto& noted = noted_uses_[key.id];
    const Time latest = std::max(noted, key.last_used_at.value_or(Time{}));
    if (now >= latest && now - latest < note_uses_every) co_return;
    noted = now;
  }
  try {
    co_await store.touch_api_key(key.id, now);
  } catch (const StoreFailure& failure) {
    log::warning("use of an API key not noted", {{"error", failure.what()}});
  }
}

}  // namespace taskgate::accounts
