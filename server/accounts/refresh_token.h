#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace taskgate::accounts {

// What a refresh token says: which session, and how often it had been rotated when the token was made.
struct RefreshToken {
  SessionId session_id;
  std::int64_t counter = 0;
  bool operator==(const RefreshToken&) const = default;
};

// Makes and reads refresh tokens: version (1 byte) ‖ session id (16) ‖ counter (8) ‖ HMAC-SHA-256 (32), in base64url,
// 76 characters. Nothing secret is stored: the key is derived from the server's secret, and the store keeps the
// counter.
class RefreshTokenCodec {
 public:
  explicit RefreshTokenCodec(std::string_view server_secret);
  [[nodiscard]] std::string encode(const RefreshToken& token) const;
  // Nothing for anything this server has not made.
  [[nodiscard]] std::optional<RefreshToken> decode(std::string_view text) const;

 private:
  std::string key_;
};

}  // namespace taskgate::accounts
