#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"

namespace taskgate {

enum class Role { user, admin };

[[nodiscard]] constexpr std::string_view to_string(Role role) { return role == Role::admin ? "admin" : "user"; }

// Who is asking, as established by the guard from valid credentials and checked against the store. Services take it as
// their first argument and decide what it may do.
struct Principal {
  UserId user_id;
  std::string email;
  Role role = Role::user;
  SessionId session_id;
  Time expires_at{};  // when the credentials end; an open connection must be checked again then

  [[nodiscard]] bool is_admin() const { return role == Role::admin; }
};

}  // namespace taskgate
