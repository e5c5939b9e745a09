#pragma once

#include <cstddef>
#include <string>

namespace taskgate::jobs {

// `text` when it fits, else its longest beginning of at most `bytes_max` bytes that does not cut a character in two.
[[nodiscard]] inline std::string utf8_prefix(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

}  // namespace taskgate::jobs
