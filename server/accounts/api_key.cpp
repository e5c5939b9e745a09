#include "accounts/api_key.h"

#include <array>

namespace taskgate::accounts {

namespace {

constexpr std::string_view prefix = "tg_";
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t secret_characters = 43;
constexpr std::size_t checksum_bytes = 3;
constexpr std::size_t checksum_characters = 4;
constexpr std::size_t key_characters = prefix.size() + secret_characters + checksum_characters;

constexpr std::array scopes_in_order{KeyScope::jobs_read, KeyScope::jobs_write, KeyScope::worker, KeyScope::admin};

std::string checksum_of(std::string_view text) {
  const Sha256Digest digest = sha256(text);
  return to_base64url({reinterpret_cast<const char*>(digest.data()), checksum_bytes});
}

}  // namespace

std::string make_api_key() {
  std::string key = std::string(prefix) + random_token(secret_bytes);
  key += checksum_of(key);
  return key;
}

bool looks_like_api_key(std::string_view text) { return text.starts_with(prefix); }

std::optional<Sha256Digest> hash_of_api_key(std::string_view text) {
  if (text.size() != key_characters || !looks_like_api_key(text)) return std::nullopt;
  const auto secret = from_base64url(text.substr(prefix.size(), secret_characters));
  if (!secret || secret->size() != secret_bytes) return std::nullopt;
  const auto body = text.substr(0, key_characters - checksum_characters);
  if (checksum_of(body) != text.substr(body.size())) return std::nullopt;
  return sha256(text);
}

std::string_view to_string(KeyScope scope) {
  switch (scope) {
    case KeyScope::jobs_read:
      return "jobs:read";
    case KeyScope::jobs_write:
      return "jobs:write";
    case KeyScope::worker:
      return "worker";
    case KeyScope::admin:
      return "admin";
    case KeyScope::none:
      break;
  }
  return "none";
}

std::optional<KeyScope> parse_key_scope(std::string_view text) {
  for (const KeyScope scope : scopes_in_order) {
    if (to_string(scope) == text) return scope;
  }
  return std::nullopt;
}

std::vector<KeyScope> list_scopes(KeyScopes scopes) {
  std::vector<KeyScope> list;
  for (const KeyScope scope : scopes_in_order) {
    if (scopes.has(scope)) list.push_back(scope);
  }
  return list;
}

}  // namespace taskgate::accounts
