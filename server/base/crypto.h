#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace taskgate {

using Sha256Digest = std::array<std::uint8_t, 32>;

// Call once at the start of the program, before any other function here. Throws std::runtime_error when the machine
// cannot supply randomness.
void initialize_crypto();

// Cryptographically secure random bytes.
void fill_random(std::span<std::uint8_t> bytes);
[[nodiscard]] std::string random_token(std::size_t bytes = 32);  // base64url, no padding

[[nodiscard]] Sha256Digest sha256(std::string_view data);
[[nodiscard]] Sha256Digest hmac_sha256(std::string_view key, std::string_view data);

// How much work Argon2id does.
struct Argon2Cost {
  std::uint32_t memory_kib = 19 * 1024;
  std::uint32_t passes = 2;
  bool operator==(const Argon2Cost&) const = default;
};

// Argon2id, version 1.3, one lane; takes tens of milliseconds. Throws std::bad_alloc when the memory cannot be had.
[[nodiscard]] std::string argon2id(std::string_view password, std::span<const std::uint8_t, 16> salt, Argon2Cost cost,
                                   std::size_t length = 32);

// Compares in time that depends on the lengths only.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

// RFC 4648. Decoding is strict: the exact alphabet, no padding for base64url, zero trailing bits, nothing else.
[[nodiscard]] std::string to_base64url(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);
[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);  // with padding
[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);  // lowercase only

}  // namespace taskgate
