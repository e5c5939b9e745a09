#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/principal.h"

namespace taskgate::accounts {

// One account. `email` is in canonical form (see email_address.h) and unique.
struct User {
  UserId id;
  std::string email;
  std::string password_hash;  // PHC string (Argon2id), or a bcrypt hash of an imported user; never leaves the server
  Role role = Role::user;
  bool email_verified = false;
  bool disabled = false;
  // Raised whenever every access token of the user must die at once: password reset, log-out everywhere, disabling.
  std::int64_t token_version = 0;
  Time created_at;
  Time updated_at;
};

}  // namespace taskgate::accounts
