#include "net/utf8.h"

#include <cstring>

namespace taskgate::net {

bool Utf8Validator::feed(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    // Most text is ASCII: eight bytes at a time.
    while (pending_ == 0 && end - at >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof word);
      if ((word & 0x8080808080808080ULL) != 0) break;
      at += 8;
    }
    if (at == end) break;
    const auto byte = static_cast<std::uint8_t>(*at++);
    if (pending_ > 0) {
      if (byte < lowest_ || byte > highest_) return false;
      lowest_ = 0x80;
      highest_ = 0xBF;
      --pending_;
    } else if (byte >= 0x80) {
      if (byte < 0xC2 || byte > 0xF4) return false;
      pending_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
      if (byte == 0xE0) lowest_ = 0xA0;   // not an overlong form
      if (byte == 0xED) highest_ = 0x9F;  // not a surrogate
      if (byte == 0xF0) lowest_ = 0x90;   // not an overlong form
      if (byte == 0xF4) highest_ = 0x8F;  // not above U+10FFFF
    }
  }
  return true;
}

}  // namespace taskgate::net
