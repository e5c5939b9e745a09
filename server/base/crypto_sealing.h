#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate {

// Seals secrets that are stored, so that who reads the store or its backup reads none of them: XChaCha20-Poly1305 under
// one key, a new random nonce each time. Thread-safe.
class Sealer {
 public:
  // The key is derived from `secret`, which has at least 32 bytes of chance. Another secret opens nothing.
  explicit Sealer(std::string_view secret);

  // Gives text of the alphabet of base64url, about 4/3 of `plain` and 60 bytes more. `context` says what it is for (and
  // of which record): it is not kept, but the text opens with the same one only, so that nobody who can write to the
  // store can put it elsewhere.
  [[nodiscard]] std::string seal(std::string_view plain, std::string_view context) const;
  // Nothing when it was not sealed under this key and context, or was changed since.
  [[nodiscard]] std::optional<std::string> open(std::string_view sealed, std::string_view context) const;

 private:
  std::array<std::uint8_t, 32> key_;
};

}  // namespace taskgate
