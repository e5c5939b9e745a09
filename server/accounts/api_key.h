#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/ids.h"
#include "base/principal.h"

namespace taskgate::accounts {

// One API key of a user, as it is kept and listed. The key itself is shown once, when it is made; the store has its
// SHA-256 only.
struct ApiKey {
  ApiKeyId id;
  UserId user_id;
  std::string name;  // for its owner
  KeyScopes scopes;
  bool all_users = false;
  Time created_at;
  std::optional<Time> expires_at;
  std::optional<Time> last_used_at;  // to the minute
};

// What the store says about a key and its user at this moment.
struct ApiKeyAuthority {
  UserId user_id;
  std::string email;
  Role role = Role::user;
  bool disabled = false;
  std::optional<ApiKey> key;  // nothing: there is no such key
};

// The text of a new key: `tg_`, 256 random bits and a checksum of 24 bits, in base64url; 50 characters. By its
// beginning it is recognised where it leaked, and the checksum tells a mistyped key without asking the store.
[[nodiscard]] std::string make_api_key();
[[nodiscard]] bool looks_like_api_key(std::string_view text);
// What the store knows the key by; nothing for what make_api_key() cannot have made.
[[nodiscard]] std::optional<Sha256Digest> hash_of_api_key(std::string_view text);

// As on the wire: `jobs:read`, `jobs:write`, `worker`, `admin`.
[[nodiscard]] std::string_view to_string(KeyScope scope);
[[nodiscard]] std::optional<KeyScope> parse_key_scope(std::string_view text);
// In the order above.
[[nodiscard]] std::vector<KeyScope> list_scopes(KeyScopes scopes);

}  // namespace taskgate::accounts
