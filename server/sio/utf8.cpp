#include <cstring>

#include "sio/engineio_packet.h"

namespace taskgate::sio {
namespace {

constexpr bool continues(unsigned char byte) { return (byte & 0xC0U) == 0x80U; }

// The length of the well-formed sequence at the start of `text` whose first byte is not ASCII; 0 when it is malformed.
std::size_t sequence_length(std::string_view text) {
  const auto at = [text](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char first = at(0);
  if (first >= 0xC2 && first <= 0xDF) return text.size() >= 2 && continues(at(1)) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (text.size() < 3 || !continues(at(1)) || !continues(at(2))) return 0;
    if (first == 0xE0 && at(1) < 0xA0) return 0;  // overlong
    if (first == 0xED && at(1) > 0x9F) return 0;  // surrogate
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (text.size() < 4 || !continues(at(1)) || !continues(at(2)) || !continues(at(3))) return 0;
    if (first == 0xF0 && at(1) < 0x90) return 0;  // overlong
    if (first == 0xF4 && at(1) > 0x8F) return 0;  // beyond U+10FFFF
    return 4;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    // Eight ASCII bytes at once: nearly everything is.
    std::uint64_t block = 0;
    if (text.size() >= sizeof block) {
      std::memcpy(&block, text.data(), sizeof block);
      if ((block & 0x8080808080808080ULL) == 0) {
        text.remove_prefix(sizeof block);
        continue;
      }
    }
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace taskgate::sio
