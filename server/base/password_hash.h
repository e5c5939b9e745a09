#pragma once

#include <string>
#include <string_view>

namespace taskgate {

// Hashes a password for storage: Argon2id (m = 19 MiB, t = 2, p = 1) with a random salt, as a PHC string of about 97
// characters. Takes tens of milliseconds of processor time: call it in the hash pool. Throws std::bad_alloc when the
// memory cannot be had.
[[nodiscard]] std::string hash_password(std::string_view password);

// Whether `password` is the one that `hash` was made from. Reads Argon2id (m at most 256 MiB, t at most 10, p = 1) and
// bcrypt
// ($2a$, $2b$, $2y$ with a cost of at most 15; only the first 72 bytes count, as everywhere). A hash of any other kind,
// or one that asks for more work than that, is never verified and costs nothing. Costs and throws as hash_password.
[[nodiscard]] bool verify_password(std::string_view hash, std::string_view password);

// Whether `verify_password` would read this hash: the check at an import.
[[nodiscard]] bool is_supported_password_hash(std::string_view hash);
[[nodiscard]] bool is_bcrypt_hash(std::string_view hash);

// Whether a hash that was just verified should be replaced by a new one: not Argon2id, or with other parameters than
// today's.
[[nodiscard]] bool needs_rehash(std::string_view hash);

// A hash of a password that nobody knows, made once: verifying against it makes an unknown user cost what a known one
// does.
[[nodiscard]] const std::string& decoy_password_hash();

}  // namespace taskgate
