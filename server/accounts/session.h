#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/principal.h"

namespace taskgate::accounts {

// One sign-in on one device. Its refresh token carries `counter`; each rotation raises it by one, so a token tells by
// itself how old it is and nothing secret needs to be stored.
struct Session {
  SessionId id;
  UserId user_id;
  std::int64_t counter = 0;  // of the current refresh token
  Time rotated_at;           // when `counter` last rose
  Time created_at;
  Time last_used_at;
  Time idle_expires_at;      // moves with each rotation
  Time absolute_expires_at;  // never moves
  std::optional<Time> revoked_at;
  std::string user_agent;  // as sent at sign-in, at most 256 bytes
  std::string address;     // the client's IP at sign-in
};

// What the store says about a session at this moment: enough to check an access token and to know the caller's role.
struct SessionAuthority {
  UserId user_id;
  std::string email;
  Role role = Role::user;
  bool disabled = false;
  std::int64_t token_version = 0;
  bool live = false;  // not revoked, not expired
};

}  // namespace taskgate::accounts
