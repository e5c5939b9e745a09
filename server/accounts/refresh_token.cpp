#include "accounts/refresh_token.h"

#include <algorithm>

#include "base/crypto.h"

namespace taskgate::accounts {

namespace {

constexpr char token_version = 1;
constexpr std::size_t payload_bytes = 1 + 16 + 8;
constexpr std::size_t token_bytes = payload_bytes + 32;
constexpr std::size_t token_characters = token_bytes * 4 / 3;

std::string bytes_of(const Sha256Digest& digest) { return {digest.begin(), digest.end()}; }

}  // namespace

// A key of its own, so that an access token's signature can never pass as a refresh token's.
RefreshTokenCodec::RefreshTokenCodec(std::string_view server_secret)
    : key_(bytes_of(hmac_sha256(server_secret, "taskgate refresh token 1"))) {}

std::string RefreshTokenCodec::encode(const RefreshToken& token) const {
  std::string bytes(1, token_version);
  bytes.append(token.session_id.bytes.begin(), token.session_id.bytes.end());
  const auto counter = static_cast<std::uint64_t>(token.counter);
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>((counter >> shift) & 0xFFU));
  bytes += bytes_of(hmac_sha256(key_, bytes));
  return to_base64url(bytes);
}

std::optional<RefreshToken> RefreshTokenCodec::decode(std::string_view text) const {
  if (text.size() != token_characters) return std::nullopt;
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != token_bytes || bytes->front() != token_version) return std::nullopt;
  const std::string_view payload = std::string_view(*bytes).substr(0, payload_bytes);
  if (!equal_in_constant_time(bytes_of(hmac_sha256(key_, payload)), std::string_view(*bytes).substr(payload_bytes))) {
    return std::nullopt;
  }
  RefreshToken token;
  std::copy_n(payload.begin() + 1, 16, token.session_id.bytes.begin());
  std::uint64_t counter = 0;
  for (const char byte : payload.substr(17)) counter = (counter << 8) | static_cast<std::uint8_t>(byte);
  token.counter = static_cast<std::int64_t>(counter);
  return token;
}

}  // namespace taskgate::accounts
