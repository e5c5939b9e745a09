#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::accounts {

// A password may be at most this long; longer ones are refused before any work is done on them.
inline constexpr std::size_t password_code_points_max = 256;
inline constexpr std::size_t password_bytes_max = 1024;

struct PasswordPolicy {
  std::size_t length_min = 8;  // code points
  int score_min = 2;           // of zxcvbn, 0 to 4
};

// The form that is hashed: NFC, so that the same password typed on another system signs in. Nothing when it is not
// UTF-8, has a NUL or is longer than the limits. Never cut.
[[nodiscard]] std::optional<std::string> normalize_password(std::string_view password);

// Why a new password (normalized) is refused, as a sentence for the person who chose it that says how to do better;
// nothing when it is fine. Composition does not matter, only length and how easily it is guessed; parts of `email` and
// the product's name count as common words. Takes up to a few milliseconds: call it in the hash pool.
[[nodiscard]] std::optional<std::string> refuse_password(const std::string& password, std::string_view email,
                                                         const PasswordPolicy& policy);

// The part of the above that costs nothing.
[[nodiscard]] std::optional<std::string> refuse_password_length(const std::string& password,
                                                                const PasswordPolicy& policy);

}  // namespace taskgate::accounts
