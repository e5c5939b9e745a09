#pragma once

#include <string>
#include <string_view>

namespace taskgate::sqlite {

// The pattern for `LIKE ? ESCAPE '\'` that finds `text` anywhere, without case for ASCII letters.
[[nodiscard]] inline std::string like_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern += '%';
}

}  // namespace taskgate::sqlite
