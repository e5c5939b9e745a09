#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace taskgate {

// What a token says. Names on the wire in camelCase, as in contract/openapi.yaml; other services that share the secret
// read them.
struct Claims {
  std::string user_id;             // userId
  std::string email;               // email
  std::string role;                // role
  std::int64_t token_version = 0;  // tokenVersion
  std::int64_t issued_at = 0;      // iat, seconds since 1970
  std::int64_t expires_at = 0;     // exp, seconds since 1970
  std::string subject;             // sub, the user's id again
  std::string session_id;          // sid
  std::string token_id;            // jti
  std::string type;                // typ: "access"; keeps kinds of tokens apart
  std::string issuer;              // iss
};

// What a token must say to be accepted.
struct ExpectedClaims {
  std::string_view issuer;
  std::string_view type;
};

// How far `iat` and `nbf` may lie in the future. `exp` has no leeway.
inline constexpr std::chrono::seconds jwt_leeway{30};

// A JSON Web Token (RFC 7519) signed with HMAC-SHA-256 (HS256). Costs a few microseconds.
[[nodiscard]] std::string sign_jwt(const Claims& claims, std::string_view secret);

// Checks the signature first, then everything else. Stricter than the RFC, because only tokens of our own are to pass:
// at most 4096 bytes; exactly three segments of canonical base64url; a header of `alg` = "HS256" and optionally `typ` =
// "JWT" and nothing else (so no `none`, no other algorithm, no kid, jku, jwk, x5u, crit); strict JSON; `iat` and `exp`
// (and `nbf`, if there is one) plain positive integers; all claims above present with their types; no `aud`. Errors:
// unauthenticated `token_expired` for a token that is right but for its `exp`; unauthenticated `invalid_token` for the
// rest.
[[nodiscard]] Result<Claims> verify_jwt(std::string_view token, std::string_view secret, const ExpectedClaims& expected,
                                        Time now);

}  // namespace taskgate
