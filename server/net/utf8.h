#pragma once

#include <cstdint>
#include <string_view>

namespace taskgate::net {

// Checks UTF-8 (RFC 3629: shortest forms only, no surrogates, up to U+10FFFF) that arrives in pieces, without storing
// it.
class Utf8Validator {
 public:
  // False as soon as the bytes so far cannot be the beginning of valid text.
  [[nodiscard]] bool feed(std::string_view bytes);
  // Whether the text may end here: not inside a character.
  [[nodiscard]] bool complete() const { return pending_ == 0; }
  void reset() { *this = {}; }

 private:
  int pending_ = 0;  // continuation bytes still due
  // The bounds of the next continuation byte: narrower after some first bytes.
  std::uint8_t lowest_ = 0x80;
  std::uint8_t highest_ = 0xBF;
};

}  // namespace taskgate::net
