#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"

namespace taskgate {

enum class Role { user, admin };

[[nodiscard]] constexpr std::string_view to_string(Role role) { return role == Role::admin ? "admin" : "user"; }

// What an API key may be used for. Every route names the scope it asks of a key; `none`: keys are refused there.
enum class KeyScope : std::uint8_t { none = 0, jobs_read = 1, jobs_write = 2, worker = 4, admin = 8 };

// A set of scopes.
struct KeyScopes {
  std::uint8_t bits = 0;

  [[nodiscard]] constexpr bool has(KeyScope scope) const {
    return scope != KeyScope::none && (bits & static_cast<std::uint8_t>(scope)) != 0;
  }
  constexpr void add(KeyScope scope) { bits = static_cast<std::uint8_t>(bits | static_cast<std::uint8_t>(scope)); }
  bool operator==(const KeyScopes&) const = default;
};

// The API key that a caller came with.
struct KeyGrant {
  ApiKeyId id;
  KeyScopes scopes;
  bool all_users = false;  // a worker for everybody's jobs; only while the key's owner is an admin
};

// Who is asking, as established by the guard from valid credentials and checked against the store. Services take it as
// their first argument and decide what it may do.
struct Principal {
  UserId user_id;
  std::string email;
  Role role = Role::user;  // with an API key: admin only when the key has the scope admin, too
  SessionId session_id;
  Time expires_at{};                 // when the credentials end; an open connection must be checked again then
  std::optional<KeyGrant> key = {};  // set for a caller with an API key; `session_id` then says nothing

  [[nodiscard]] bool is_admin() const { return role == Role::admin; }
};

}  // namespace taskgate
